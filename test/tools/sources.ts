import { globSync } from "node:fs";
import { join } from "node:path";

/** The folder that holds package.json. */
export const ROOT = join(import.meta.dirname, "..", "..");

/** Absolute paths of the TypeScript files under a folder of the project, sorted. */
export function sourceFiles(folder: string): string[] {
  return globSync(`${folder}/**/*.ts`, { cwd: ROOT })
    .map((file) => join(ROOT, file))
    .sort();
}
