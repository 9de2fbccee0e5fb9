import { globSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** The folder that holds package.json. */
export const ROOT = join(import.meta.dirname, "..", "..");

/** Absolute paths of the TypeScript files under a folder of the project, sorted. */
export function sourceFiles(folder: string): string[] {
  return globSync(`${folder}/**/*.ts`, { cwd: ROOT })
    .map((file) => join(ROOT, file))
    .sort();
}

/** The test files of each folder below `test/` that holds any: a new folder is a new group without being listed. */
export function testGroups(): Map<string, string[]> {
  const files = sourceFiles("test").filter((file) => file.endsWith(".test.ts"));
  return Map.groupBy(files, groupOf);
}

/** The group of a test file: its folder below `test/`, which has the name of the folder that it tests: `lsp/store`. */
export function groupOf(file: string): string {
  return relative(join(ROOT, "test"), dirname(file));
}
