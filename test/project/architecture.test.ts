import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { needs } from "../tools/need.ts";
import { ROOT } from "../tools/sources.ts";
import { RULES } from "./rules.ts";
import type { SourceFile } from "./source.ts";

describe("rules of the architecture", needs("git"), () => {
  const files = projectFiles();

  test("there are files to judge", () => {
    assert.ok(files.some(({ path }) => path === "ceremony/main.ts"));
  });

  for (const { name, on, broken, examples } of RULES) {
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
    'import type { Result } from "../result.ts";',
  ].join("\n");
  for (const { name, on, broken } of RULES) {
    const file = { path: "ceremony/seed/innocent.ts", text: innocent };
    assert.deepEqual(on(file.path) ? broken(file) : [], [], name);
  }
});

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
