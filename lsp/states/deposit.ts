import type { Machine, StateOf } from "./machine.ts";

/**
 * An output that pays the address of a swap. The first six names are the original's. What a transaction in a block has
 * done can come undone until it is six deep, so the moves that a block makes also go back.
 */
export const DEPOSIT = {
  table: "deposits",
  states: {
    unspent: "seen, leased, and free to be used or refunded",
    unspent_dust: "too small to be refunded at today's rate; tried again with each block",
    unspent_chan_reserve: "an input of the opening under way",
    spent_chan_swapped: "spent by the funding transaction of the channel",
    spent_refund: "spent by a transaction that pays the refund address",
    spent_elsewhere: "spent by a transaction that no row of ours explains: an alarm names it",
    orphan: "no longer in the chain, nor can it come back: its inputs were spent otherwise",
  },
  begins: {
    unspent: { by: "deposit", when: "lnd lists an output to an address of a swap" },
    unspent_dust: { by: "deposit", when: "the same, and its refund would be under the dust limit" },
  },
  moves: {
    unspent: {
      unspent_dust: { by: "refund", when: "at today's rate nothing would be left" },
      unspent_chan_reserve: { by: "open", when: "the attempt that spends it is written" },
      spent_refund: { by: "refund", when: "the refund is in a block" },
      spent_elsewhere: { by: "deposit", when: "a foreign transaction in a block spends it" },
      orphan: { by: "deposit", when: "six blocks long its transaction could not be published anew" },
    },
    unspent_dust: {
      unspent: { by: "refund", when: "at today's rate enough is left, alone or with others of its swap" },
      spent_refund: { by: "refund", when: "the refund is in a block" },
      spent_elsewhere: { by: "deposit", when: "a foreign transaction in a block spends it" },
      orphan: { by: "deposit", when: "six blocks long its transaction could not be published anew" },
    },
    unspent_chan_reserve: {
      unspent: { by: "open", when: "the attempt is over, or its funding was replaced by a refund" },
      spent_chan_swapped: { by: "open", when: "the funding transaction is in a block" },
      spent_refund: { by: "refund", when: "the refund that replaces the funding is in a block" },
      spent_elsewhere: { by: "deposit", when: "a foreign transaction in a block spends it" },
      orphan: { by: "deposit", when: "six blocks long its transaction could not be published anew" },
    },
    spent_chan_swapped: {
      unspent_chan_reserve: { by: "deposit", when: "the funding's block left the chain" },
    },
    spent_refund: {
      unspent: { by: "deposit", when: "the refund's block left the chain" },
      unspent_chan_reserve: { by: "deposit", when: "the same, and the refund had replaced a funding" },
    },
    spent_elsewhere: {
      unspent: { by: "deposit", when: "the foreign transaction's block left the chain" },
    },
    orphan: {
      unspent: { by: "deposit", when: "its transaction is in a block or in the mempool again" },
      unspent_dust: { by: "deposit", when: "the same, and its refund would be under the dust limit" },
    },
  },
} as const satisfies Machine<
  | "unspent"
  | "unspent_dust"
  | "unspent_chan_reserve"
  | "spent_chan_swapped"
  | "spent_refund"
  | "spent_elsewhere"
  | "orphan"
>;

export type DepositStatus = StateOf<typeof DEPOSIT>;
