import { KNOWN_ANSWERS, knownAnswer } from "./known.ts";
import type { CheckResult } from "./result.ts";
import { MACHINE_CHECKS } from "./table.ts";
import type { MachineView } from "./view.ts";

/** Titles of all checks by id, in the order in which they run: what the screen shows beside a result. */
export const CHECK_TITLES: ReadonlyMap<string, string> = new Map(
  [...MACHINE_CHECKS, ...KNOWN_ANSWERS].map((check) => [check.id, check.title]),
);

/**
 * The whole self-test: first the machine, which takes milliseconds, then the known answers, which take about a second
 * and on a slow machine many.
 *
 * @param seen called with each result as it comes, so that a screen can grow line by line
 */
export function runSelfTest(view: MachineView, seen: (result: CheckResult) => void = () => {}): CheckResult[] {
  const results: CheckResult[] = [];
  const report = (result: CheckResult): void => {
    results.push(result);
    seen(result);
  };
  for (const check of MACHINE_CHECKS) report({ id: check.id, ...check.evaluate(view) });
  for (const known of KNOWN_ANSWERS) report(knownAnswer(known));
  return results;
}
