import type { ToolName } from "./list.ts";
import type { GroupReport } from "./tally.ts";

/** One part of the test command that is not a group of tests. */
export interface PartReport {
  readonly name: string;
  readonly ms: number;
  readonly failed: boolean;
  /** Tools that are still missing after the part. */
  readonly missing: readonly ToolName[];
}

export interface Report {
  readonly parts: readonly PartReport[];
  readonly tests: GroupReport;
  /** How many times slower the machine was than the one the bounds are written for, when the tests started. */
  readonly slowness: number;
  /** Whether a missing tool or a skipped test is a failure. */
  readonly strict: boolean;
}

/** As many as one looks at when the whole run takes too long. */
const SLOWEST_SHOWN = 10;

/**
 * The end of the test command: a table of times, the slowest tests, what was skipped or missing, what failed, each test
 * with its file, and the count alone on the last line. A failed part counts as one failure; so does, when `strict`, each missing tool and each skipped test.
 */
export function closingLines({ parts, tests, slowness, strict }: Report): { lines: string[]; failed: number } {
  const missing = parts.flatMap((part) => part.missing);
  const reasons = [
    ...parts.filter((part) => part.failed).map(({ name }) => `${name} failed`),
    ...(tests.failed > 0 ? [`${tests.failed} tests failed`] : []),
    ...tests.failures,
    ...(strict ? missing.map((name) => `with CI=true every tool is needed, ${name} is missing`) : []),
    ...(strict && tests.skipped.length > 0
      ? [`with CI=true no test may be skipped, ${tests.skipped.length} were`]
      : []),
  ];
  const failed =
    tests.failed + parts.filter((part) => part.failed).length + (strict ? missing.length + tests.skipped.length : 0);
  const skipped = tests.skipped.length > 0 ? `, ${tests.skipped.length} skipped` : "";
  return {
    failed,
    lines: [
      ...section(`time, on a machine ${slowness} times slower than an idle one with two cores`, timeRows(parts, tests)),
      ...section("slowest tests, each without its subtests", slowestRows(tests)),
      ...section("missing tools", missing),
      ...section("skipped", tests.skipped),
      ...section("failed", reasons),
      "",
      `${tests.passed} passed, ${failed} failed${skipped}`,
    ],
  };
}

/** Groups run two at a time, so their times are those of their files added up, not of the clock on the wall. */
function timeRows(parts: readonly PartReport[], { groupMs }: GroupReport): string[] {
  const rows = [
    ...parts.map(({ name, ms }) => [name, ms] as const),
    ...[...groupMs].map(([name, ms]) => [`test/${name}`, ms] as const),
  ];
  return rows.map(([name, ms]) => `${name.padEnd(20)}${(ms / 1000).toFixed(1).padStart(7)} s`);
}

function slowestRows({ slowest }: GroupReport): string[] {
  return slowest.slice(0, SLOWEST_SHOWN).map(({ name, ms }) => `${(ms / 1000).toFixed(1).padStart(7)} s  ${name}`);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)];
}
