import type { Plan } from "./methods.ts";

const NOTHING: Plan = { kind: "say", outcome: "success", reply: new Uint8Array(0) };

/** Declared and not implemented: the answer is `ctx` alone, as the original's is (`spec/btc-lsp.md` 1.6, 5). */
export function planSwapFromLn(): Plan {
  return NOTHING;
}
