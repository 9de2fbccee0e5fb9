import type { Plan } from "./methods.ts";

const NOTHING: Plan = { kind: "say", outcome: "success", reply: new Uint8Array(0) };

/** Declared and not implemented: the answer is `ctx` alone, as the original's is (docs/contract.md#swapfromln). */
export function planSwapFromLn(): Plan {
  return NOTHING;
}
