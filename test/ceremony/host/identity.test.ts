import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ceremonyHash, hashSources, PROGRAM_SOURCES } from "../../../ceremony/host/identity.ts";
import { importsOf } from "../../project/source.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** The line that docs/build.md gives to people. */
function documentedLine(): string {
  const line = /^find .*sha256sum$/m.exec(readFileSync(join(ROOT, "docs/build.md"), "utf8"))?.[0];
  assert(line !== undefined, "docs/build.md has no line that starts with find and ends with sha256sum");
  return line;
}

test("the documented shell line gives the hash of a checkout, in any locale", () => {
  const expected = ceremonyHash();
  assert(expected.ok);
  assert.equal(expected.value.form, "checkout");
  for (const locale of ["C", "C.UTF-8"]) {
    const env = { ...process.env, LANG: locale };
    const printed = execFileSync("sh", ["-c", documentedLine()], { cwd: ROOT, encoding: "utf8", env });
    assert.equal(printed, `${expected.value.hash}  -\n`);
  }
});

test("the hash of a checkout covers every module that the program is made of", () => {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path) || !path.endsWith(".ts")) return;
    reached.add(path);
    for (const name of importsOf({ path, text: readFileSync(join(ROOT, path), "utf8") })) visit(name);
  };
  visit("ceremony/main.ts");
  assert(reached.size > 50);
  const isCovered = (path: string): boolean =>
    PROGRAM_SOURCES.some((source) => path === source || path.startsWith(`${source}/`));
  assert.deepEqual(
    [...reached].filter((path) => !isCovered(path)),
    [],
  );
});

test("one changed byte, a file more, a file less and another name each change the hash", (t) => {
  const root = mkdtempSync(join(tmpdir(), "identity-"));
  t.after(() => rmSync(root, { recursive: true }));
  cpSync(join(ROOT, "VERSION"), join(root, "VERSION"));
  writeFileSync(join(root, "package-lock.json"), "{}");
  mkdirSync(join(root, "ceremony/seed"), { recursive: true });
  mkdirSync(join(root, "core"), { recursive: true });
  writeFileSync(join(root, "core/payload.ts"), "");
  const seen = new Set<string>();
  const note = () => {
    const hash = hashSources(root, PROGRAM_SOURCES);
    assert(hash.ok);
    assert(!seen.has(hash.value));
    seen.add(hash.value);
  };
  const source = (name: string) => join(root, "ceremony", name);
  note();
  writeFileSync(source("seed/a.ts"), "a");
  note();
  writeFileSync(source("seed/a.ts"), "b");
  note();
  rmSync(source("seed/a.ts"));
  writeFileSync(source("seed.ts"), "b");
  note();
  // Bytewise: upper case, then "-" and "." before "/"; a locale would order these otherwise.
  for (const name of ["Z.ts", "seed-a.ts", "seed/a.ts", "a.ts"]) writeFileSync(source(name), name);
  note();
  const printed = execFileSync("sh", ["-c", documentedLine()], { cwd: root, encoding: "utf8" });
  const hash = hashSources(root, PROGRAM_SOURCES);
  assert(hash.ok);
  assert.equal(printed, `${hash.value}  -\n`);
});

test("a missing file, and a name that a shell would split, are errors and no hash", (t) => {
  const root = mkdtempSync(join(tmpdir(), "identity-"));
  t.after(() => rmSync(root, { recursive: true }));
  assert(!hashSources(root, PROGRAM_SOURCES).ok);
  mkdirSync(join(root, "ceremony"));
  writeFileSync(join(root, "ceremony/a b.ts"), "");
  assert(!hashSources(root, ["ceremony"]).ok);
});
