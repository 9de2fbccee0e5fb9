import { relative } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { groupOf, ROOT } from "./sources.ts";

/** What became of the tests, and how long the files of each group took together. */
export interface GroupReport {
  readonly passed: number;
  readonly failed: number;
  /** `file: test: reason` of each test that did not run. */
  readonly skipped: readonly string[];
  readonly groupMs: ReadonlyMap<string, number>;
}

/** Two at a time: the smallest machine this is for has two cores, and the ceremony's own tests measure time. */
const CONCURRENCY = 2;

/** Runs test files, each in a process of its own, and prints node's own report, failures in full at its end. */
export async function runGroups(files: readonly string[]): Promise<GroupReport> {
  const skipped: string[] = [];
  const groupMs = new Map<string, number>();
  let passed = 0;
  let failed = 0;
  if (files.length === 0) {
    return { passed, failed, skipped, groupMs };
  }
  const stream = run({ files: [...files], concurrency: CONCURRENCY, cwd: ROOT });
  stream.on("test:pass", ({ name, skip, file }) => {
    if (skip !== undefined) {
      skipped.push(`${relative(ROOT, file ?? "")}: ${name}${typeof skip === "string" ? `: ${skip}` : ""}`);
    }
  });
  stream.on("test:summary", ({ file, counts, duration_ms: ms, success }) => {
    if (file !== undefined) {
      const group = groupOf(file);
      groupMs.set(group, (groupMs.get(group) ?? 0) + ms);
      return;
    }
    passed = counts.passed;
    failed = counts.tests - counts.passed - counts.skipped - counts.todo;
    // A run can fail without a failed test: a file that could not be loaded, a hook that threw.
    failed = success ? failed : Math.max(failed, 1);
  });
  for await (const chunk of stream.compose(new spec())) {
    process.stdout.write(chunk as Buffer);
  }
  return { passed, failed, skipped, groupMs };
}
