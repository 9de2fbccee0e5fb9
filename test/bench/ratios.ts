/** What a ratio is to reach, and what it was when it was committed. */
export interface Goal {
  readonly what: string;
  readonly wanted?: { readonly at: "least" | "most"; readonly bound: number };
  /** On a machine of two cores. Undefined: not a ratio, or never committed. */
  readonly committed?: number;
  readonly digits?: number;
}

/** Runs on a machine that others share differ by less than this; what falls further is named. */
const FALL_MAX = 0.15;

const WIDTH = 52;

/** One line: the figure, whether the goal is met, and whether it is worse than the committed one by more than 15 %. */
export function goalLine({ what, wanted, committed, digits = 2 }: Goal, figure: number): string {
  const parts = [what.padEnd(WIDTH), figure.toFixed(digits).padStart(7)];
  if (wanted !== undefined) {
    const met = wanted.at === "least" ? figure >= wanted.bound : figure <= wanted.bound;
    parts.push(`at ${wanted.at} ${wanted.bound.toFixed(digits)}  ${met ? "met" : "MISSED"}`);
  }
  if (committed !== undefined && worseBy(figure, committed, wanted?.at ?? "least") > FALL_MAX)
    parts.push(`WORSE than the committed ${committed.toFixed(digits)} by more than 15 %`);
  return parts.join("  ").trimEnd();
}

function worseBy(figure: number, committed: number, at: "least" | "most"): number {
  return at === "least" ? 1 - figure / committed : figure / committed - 1;
}
