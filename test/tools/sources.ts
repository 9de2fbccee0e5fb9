import { globSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** The folder that holds package.json. */
export const ROOT = join(import.meta.dirname, "..", "..");

/** Absolute paths of the TypeScript files under a folder of the project, sorted. */
export function sourceFiles(folder: string): string[] {
  return globSync(`${folder}/**/*.ts`, { cwd: ROOT })
    .map((file) => join(ROOT, file))
    .sort();
}

/** The test files of each folder of `test/` that holds any: a new folder is a new group without being listed. */
export function testGroups(): Map<string, string[]> {
  const files = sourceFiles("test/*").filter((file) => file.endsWith(".test.ts"));
  return Map.groupBy(files, groupOf);
}

export function groupOf(file: string): string {
  return basename(dirname(file));
}
