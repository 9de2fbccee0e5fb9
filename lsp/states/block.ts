import type { Machine, StateOf } from "./machine.ts";

/** A block that the LSP has followed. A height has one that is confirmed. */
export const BLOCK = {
  table: "blocks",
  states: {
    confirmed: "in the chain that lnd follows",
    orphan: "no longer in it",
  },
  begins: {
    confirmed: { by: "deposit", when: "lnd has it at its height, and it follows the one before" },
  },
  moves: {
    confirmed: { orphan: { by: "deposit", when: "lnd has another block at its height, or none" } },
    orphan: { confirmed: { by: "deposit", when: "a second reorganisation brought it back" } },
  },
} as const satisfies Machine<"confirmed" | "orphan">;

export type BlockStatus = StateOf<typeof BLOCK>;
