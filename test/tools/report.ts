import type { GroupReport } from "./groups.ts";
import type { ToolName } from "./list.ts";

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
  /** Whether a missing tool or a skipped test is a failure. */
  readonly strict: boolean;
}

/**
 * The end of the test command: a table of times, what was skipped or missing, what failed, and the count alone on the
 * last line. A failed part counts as one failure; so does, when `strict`, each missing tool and each skipped test.
 */
export function closingLines({ parts, tests, strict }: Report): { lines: string[]; failed: number } {
  const missing = parts.flatMap((part) => part.missing);
  const reasons = [
    ...parts.filter((part) => part.failed).map(({ name }) => `${name} failed`),
    ...(tests.failed > 0 ? [`${tests.failed} tests failed`] : []),
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
      ...section("time", timeRows(parts, tests)),
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

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)];
}
