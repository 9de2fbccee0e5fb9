import type { Mode } from "../table/config.ts";
import { KNOWN_ANSWERS } from "./known.ts";
import type { CheckResult } from "./result.ts";
import { MACHINE_CHECKS } from "./table.ts";

/** What a self-test means for the ceremony. */
export interface SelfTestVerdict {
  /** Whether the ceremony goes on. */
  readonly proceed: boolean;
  /** Ids of the checks that failed or did not report. */
  readonly failed: readonly string[];
  /** Those of them that a rehearsal goes on without, each to be recorded as waived. */
  readonly waived: readonly string[];
}

/** Modes that run on an ordinary computer. Only the checks of the machine are waived there. */
const WAIVING: readonly Mode[] = ["rehearsal"];

/**
 * Judges all results of a self-test. In production any failure ends the ceremony. A rehearsal waives what it says about
 * the machine, never a known answer: arithmetic that errs is no machine to practise on.
 *
 * A check without a result failed: forgetting to run one must not pass for its passing.
 */
export function verdict(results: readonly CheckResult[], mode: Mode): SelfTestVerdict {
  const reported = new Set(results.map((result) => result.id));
  const missing = [...MACHINE_CHECKS, ...KNOWN_ANSWERS].map((check) => check.id).filter((id) => !reported.has(id));
  const red = results.filter((result) => result.outcome === "fail").map((result) => result.id);
  const machine = new Set(MACHINE_CHECKS.map((check) => check.id));
  const waived = WAIVING.includes(mode) ? red.filter((id) => machine.has(id)) : [];
  const failed = [...red, ...missing];
  return { proceed: failed.length === waived.length, failed, waived };
}
