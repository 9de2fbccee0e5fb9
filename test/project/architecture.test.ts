import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { needs } from "../tools/need.ts";
import { ROOT } from "../tools/sources.ts";
import { circleIn, ROOMS, roomOfFile } from "./rooms.ts";
import { ARCHITECTURE_RULES, NETWORK_MODULES } from "./rules.ts";
import { importsOf, type SourceFile } from "./source.ts";

describe("rules of the architecture", needs("git"), () => {
  const files = projectFiles();

  test("git lists the source files", () => {
    assert.ok(files.some(({ path }) => path === "ceremony/main.ts"));
  });

  for (const { name, on, broken, examples } of ARCHITECTURE_RULES) {
    test(name, () => {
      const found = files
        .filter(({ path }) => on(path))
        .flatMap((file) => broken(file).map((what) => `${file.path}: ${what}`));
      assert.deepEqual(found, []);
    });

    test(`seen when broken: ${name}`, () => {
      for (const file of examples) {
        assert.ok(on(file.path), file.path);
        assert.notDeepEqual(broken(file), [], file.text);
      }
    });
  }
});

test("prose, strings and types are not taken for code", () => {
  const innocent = [
    "// Date.now() would be a clock, and process.exit an end",
    "/* import { connect } from 'node:net' */",
    'const words = "randomBytes setTimeout( performance";',
    "const at = new Date(unix * 1000);",
    'import { createHash } from "node:crypto";',
    'import type { Result } from "../../core/result.ts";',
  ].join("\n");
  for (const { name, on, broken } of ARCHITECTURE_RULES) {
    const file = { path: "ceremony/seed/innocent.ts", text: innocent };
    assert.deepEqual(on(file.path) ? broken(file) : [], [], name);
  }
});

test("the table of rooms has no circle, and names only rooms that it has", () => {
  assert.equal(circleIn(ROOMS), undefined);
  for (const [room, { may }] of Object.entries(ROOMS)) {
    assert.deepEqual(
      may.filter((other) => !(other in ROOMS)),
      [],
      room,
    );
  }
  const broken = { ...ROOMS, "lsp/store": { may: ["lsp/service"] } };
  assert.deepEqual(circleIn(broken)?.at(0), circleIn(broken)?.at(-1));
});

test("nothing imports the LSP but the LSP, and no room of it its own program", () => {
  for (const [room, { may }] of Object.entries(ROOMS)) {
    if (!room.startsWith("lsp/")) assert.ok(!may.some((other) => other.startsWith("lsp/")), room);
    if (room !== "lsp/main.ts") assert.ok(!may.includes("lsp/app"), room);
  }
});

test("what the ceremony is made of opens no connection, whatever room it is in", () => {
  const found = reachedFrom("ceremony/main.ts").filter((path) =>
    importsOf(readSource(path)).some((name) => NETWORK_MODULES.test(name)),
  );
  assert.deepEqual(found, []);
  assert.ok(reachedFrom("signer/main.ts").some((path) => importsOf(readSource(path)).includes("node:net")));
});

test("the README's map names every room that has a file", () => {
  const map = /## Map\n([\s\S]*?)\n## /.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1] ?? "";
  const named = [...map.matchAll(/`([\w/.]+?)\/?`/g)].map(([, name]) => name);
  const rooms = new Set(
    projectFiles()
      .map(({ path }) => roomOfFile(path))
      .filter((room) => room !== undefined && !room.endsWith(".ts") && room !== "proto/gen"),
  );
  assert.deepEqual(
    [...rooms].filter((room) => !named.includes(room)),
    [],
  );
});

test("an exported name means one thing in the whole tree", () => {
  const places = new Map<string, string[]>();
  for (const { path, text } of projectFiles().filter(
    ({ path }) => path.endsWith(".ts") && !path.startsWith("proto/gen/"),
  ))
    for (const name of exportsOf(text)) places.set(name, [...(places.get(name) ?? []), path]);
  const twice = [...places]
    .filter(([, paths]) => new Set(paths).size > 1)
    .map(([name, paths]) => `${name}: ${paths.join(", ")}`);
  assert.deepEqual(twice, []);
});

test("an export is seen in each of its forms", () => {
  const text = [
    "export const a = 1;",
    "export async function b(): Promise<void> {}",
    "export interface C {}",
    "export type D = C;",
    "export class E {}",
    "export const { f, g: h } = a;",
    "// export const i = 1;",
    "  export const j = 1;",
  ].join("\n");
  assert.deepEqual(exportsOf(text), ["a", "b", "C", "D", "E"]);
});

/** Names that a file declares and exports. Another's name passed on is no second meaning. */
function exportsOf(text: string): string[] {
  return [
    ...text.matchAll(/^export (?:declare )?(?:async )?(?:function\*?|const|let|class|interface|type) (\w+)/gm),
  ].map(([, name = ""]) => name);
}

function readSource(path: string): SourceFile {
  return { path, text: readFileSync(join(ROOT, path), "utf8") };
}

/** All files of the project that a program loads, by their imports. */
function reachedFrom(entry: string): string[] {
  const reached = new Set([entry]);
  for (const path of reached)
    for (const name of importsOf(readSource(path)))
      if (name.endsWith(".ts") && !name.endsWith(".d.ts") && existsSync(join(ROOT, name))) reached.add(name);
  return [...reached];
}

test("Biome, with this project's settings, refuses what no rule here has to look for", () => {
  const examples = {
    noExplicitAny: "export const a = (b: any): unknown => b;",
    noEnum: "export enum A { B }",
    noDefaultExport: "export default function a(): void {}",
    noConsole: 'console.log("a");',
    noNonNullAssertion: "export const a = (b: string[]): string => b[0]!;",
    noParameterProperties: "export class A { constructor(readonly b: string) {} }",
    useImportType: 'import { A } from "./a.ts";\nexport type B = A;',
    useNodejsImportProtocol: 'import { readFileSync } from "fs";\nreadFileSync("a");',
  };
  const folder = mkdtempSync(join(tmpdir(), "lint-"));
  try {
    for (const [rule, text] of Object.entries(examples)) {
      writeFileSync(join(folder, `${rule}.ts`), text);
    }
    const settings = [`--config-path=${join(ROOT, "biome.json")}`, "--vcs-enabled=false", "--reporter=json"];
    const biome = join(ROOT, "node_modules", ".bin", "biome");
    const { stdout } = spawnSync(biome, ["lint", ...settings, folder], { encoding: "utf8" });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
    const errors = diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ category, location }) => `${basename(location.path, ".ts")} ${basename(category)}`);
    for (const rule of Object.keys(examples)) {
      assert.ok(errors.includes(`${rule} ${rule}`), rule);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** What Biome says of one place, as far as it is read here. */
interface Diagnostic {
  readonly severity: string;
  readonly category: string;
  readonly location: { readonly path: string };
}

/** What is in the repository or would be with the next commit. */
function projectFiles(): SourceFile[] {
  const listed = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return listed.stdout
    .split("\0")
    .filter((path) => path !== "" && existsSync(join(ROOT, path)))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}
