import { relative } from "node:path";
import type { EventData } from "node:test";
import { groupOf, ROOT } from "./sources.ts";

/** A test and the time it took itself: for a suite or a test with subtests that is what its hooks and its own code took. */
export interface TimedTest {
  /** `file: suite: test` */
  readonly name: string;
  readonly ms: number;
}

/** What became of the tests, and how long the files of each group took together. */
export interface GroupReport {
  readonly passed: number;
  readonly failed: number;
  /** `file: suite: test: reason` of each test that failed or was cancelled, and of each suite whose hook failed. */
  readonly failures: readonly string[];
  /** `file: suite: test: reason` of each test that did not run. */
  readonly skipped: readonly string[];
  readonly groupMs: ReadonlyMap<string, number>;
  /** Of all tests and suites, the slowest first. */
  readonly slowest: readonly TimedTest[];
}

interface Tally {
  /** A test or suite that is known of, before any of those that it holds. */
  enqueued(test: EventData.TestEnqueue): void;
  /** A test or suite that ended, passed or not. */
  ended(test: EventData.TestPass | EventData.TestFail): void;
  /** The counts of a file, or, without one, of the run. */
  counted(summary: EventData.TestSummary): void;
  report(): GroupReport;
}

/** How node names a test that did not come to an end of its own: its file, its suite or its time ended first. */
const CANCELLED = ["cancelledByParent", "testTimeoutFailure", "testAborted"];

/** Takes down what node's test runner reports. The runner ends subtests before the test that holds them. */
export function openTally(): Tally {
  const failures: string[] = [];
  const skipped: string[] = [];
  const timed: TimedTest[] = [];
  const groupMs = new Map<string, number>();
  const heldMs = new Map<string, number>();
  const names = new Map<string, string>();
  let passed = 0;
  let failed = 0;
  return {
    enqueued({ file, name, testId, parentId }) {
      names.set(idOf(file, testId), `${names.get(idOf(file, parentId)) ?? relative(ROOT, file ?? "")}: ${name}`);
    },
    ended(test) {
      const own = idOf(test.file, test.testId);
      const name = test.name === test.file ? relative(ROOT, test.file) : (names.get(own) ?? test.name);
      const { skip, details } = test;
      if (skip !== undefined) skipped.push(typeof skip === "string" ? `${name}: ${skip}` : name);
      const failure = "error" in details ? failureOf(details.error) : undefined;
      if (failure !== undefined) failures.push(`${name}: ${failure}`);
      const holder = idOf(test.file, test.parentId);
      heldMs.set(holder, (heldMs.get(holder) ?? 0) + details.duration_ms);
      // Subtests that run side by side take longer together than the test that holds them.
      timed.push({ name, ms: Math.max(0, details.duration_ms - (heldMs.get(own) ?? 0)) });
      heldMs.delete(own);
    },
    counted({ file, counts, duration_ms: ms, success }) {
      if (file !== undefined) {
        const group = groupOf(file);
        groupMs.set(group, (groupMs.get(group) ?? 0) + ms);
        return;
      }
      passed = counts.passed;
      failed = counts.tests - counts.passed - counts.skipped - counts.todo;
      // A run can fail without a failed test: a file that could not be loaded, a hook that threw.
      failed = success ? failed : Math.max(failed, 1);
    },
    report() {
      const slowest = timed.toSorted((one, other) => other.ms - one.ms);
      return { passed, failed, failures, skipped, groupMs, slowest };
    },
  };
}

/** An id of a test is its own within its file. */
const idOf = (file: string | undefined, id: number | undefined): string => `${id} ${file}`;

/** The first line of why a test failed; none for one that only holds tests that failed. */
function failureOf(error: unknown): string | undefined {
  const { failureType, cause, message } = error as Error & { failureType?: string };
  if (failureType === "subtestsFailed") return undefined;
  const why = cause instanceof Error ? cause.message : (cause ?? message);
  const [first = ""] = String(why).split("\n");
  return CANCELLED.includes(failureType ?? "") ? `cancelled: ${first}` : first;
}
