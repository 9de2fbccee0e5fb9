import { run } from "node:test";
import { spec } from "node:test/reporters";
import { ROOT } from "./sources.ts";
import { bound, SLOWNESS_VARIABLE, slowness } from "./speed.ts";
import { type GroupReport, openTally } from "./tally.ts";

/** Two at a time: the smallest machine this is for has two cores. */
const CONCURRENCY = 2;

/** A test that waits for what never comes must not hold the whole run. The longest plays a ceremony in a machine. */
const LONGEST_TEST_MS = 400_000;

/**
 * Runs test files, each in a process of its own, and prints node's own report, failures in full at its end. Each file is
 * told how slow the machine was when the first of them started.
 */
export async function runGroups(files: readonly string[]): Promise<GroupReport> {
  const tally = openTally();
  process.env[SLOWNESS_VARIABLE] = String(slowness());
  if (files.length === 0) return tally.report();
  const stream = run({ files: [...files], concurrency: CONCURRENCY, cwd: ROOT, timeout: bound(LONGEST_TEST_MS) });
  stream.on("test:enqueue", tally.enqueued);
  stream.on("test:pass", tally.ended);
  stream.on("test:fail", tally.ended);
  stream.on("test:summary", tally.counted);
  for await (const chunk of stream.compose(new spec())) {
    process.stdout.write(chunk as Buffer);
  }
  return tally.report();
}
