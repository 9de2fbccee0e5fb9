import { ENTROPY_CHECKS } from "./entropy.ts";
import { HARDWARE_CHECKS } from "./hardware.ts";
import { KERNEL_CHECKS } from "./kernel.ts";
import { NETWORK_CHECKS } from "./network.ts";
import { PROGRAM_CHECKS } from "./program.ts";
import type { CheckResult } from "./result.ts";
import { STORAGE_CHECKS } from "./storage.ts";
import type { MachineCheck, MachineView } from "./view.ts";

/**
 * Every check of the machine, in the order of the screen: every row of docs/checks.md. The screen, the transcript,
 * `docs/checks.md` and the tests that turn each one red all come from this table.
 */
export const MACHINE_CHECKS: readonly MachineCheck[] = [
  ...PROGRAM_CHECKS,
  ...NETWORK_CHECKS,
  ...HARDWARE_CHECKS,
  ...STORAGE_CHECKS,
  ...KERNEL_CHECKS,
  ...ENTROPY_CHECKS,
];

/** Runs all of them. Pure over the view. */
export function machineChecks(view: MachineView): CheckResult[] {
  return MACHINE_CHECKS.map((check) => ({ id: check.id, ...check.evaluate(view) }));
}
