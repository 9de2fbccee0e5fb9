import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/** The options of this process' command line; undefined if there is anything else on it. */
export function readOptions<T extends ParseArgsOptionsConfig>(options: T) {
  try {
    return parseArgs({ options }).values;
  } catch {
    return undefined;
  }
}
