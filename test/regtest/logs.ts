import { basename, join } from "node:path";
import { afterEach } from "node:test";
import { ROOT } from "../tools/sources.ts";
import type { Regtest } from "./regtest.ts";

/**
 * For a suite: when one of its tests fails, the last lines of everything that ran go to standard error, and the logs as a
 * whole into the ignored folder `.cache/logs`, since the regtest's own folder goes with it.
 */
export function logsOnFailure(regtest: () => Regtest | undefined): void {
  afterEach((context) => {
    // A hook's context is that of its test; the types say that it may be the suite's, which has no verdict yet.
    if (!("passed" in context) || context.passed) return;
    const found = regtest();
    if (found === undefined) return;
    const folder = join(ROOT, ".cache", "logs", basename(found.folder));
    found.saveLogs(folder);
    process.stderr.write(`${found.tails()}\nall of it: ${folder}\n`);
  });
}
