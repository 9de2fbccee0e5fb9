import { readFileSync } from "node:fs";
import { join } from "node:path";

/** As the file VERSION has it, the one place where it is written. */
export function packageVersion(): string {
  return readFileSync(join(import.meta.dirname, "../VERSION"), "utf8").trim();
}
