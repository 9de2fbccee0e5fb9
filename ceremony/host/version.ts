import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Put there by the bundler from the file VERSION (deploy/release/bundle.ts); in a checkout there is no such name. */
declare const BUNDLED_VERSION: string | undefined;

/** The version as VERSION has it, the one place where it is written. Throws if a checkout has lost that file. */
export function ceremonyVersion(): string {
  if (typeof BUNDLED_VERSION === "string") return BUNDLED_VERSION;
  return readFileSync(join(import.meta.dirname, "../../VERSION"), "utf8").trim();
}
