import type { Machine, StateOf } from "./machine.ts";

/**
 * A transaction of the LSP's own: a funding, the child that raises its fee, a refund, a split of coins. It is written with
 * its raw bytes before it leaves. Of several that spend the same output one counts in the end; the block decides.
 */
export const TRANSACTION = {
  table: "transactions",
  states: {
    written: "stored; it may or may not have left",
    published: "lnd has taken it; published anew with each block",
    confirmed: "in a block",
    settled: "six deep",
    replaced: "a newer one of ours spends the same outputs and took its place in the mempool",
    conflicted: "another transaction in a block spends an output that it spends",
    abandoned: "it must never be published: its channel is not known to lnd",
  },
  begins: {
    written: { by: "open", when: "its inputs are leased or are deposits of its swap" },
  },
  moves: {
    written: {
      published: { by: "open", when: "PublishTransaction said ok" },
      confirmed: { by: "deposit", when: "a block has it" },
      replaced: { by: "refund", when: "a newer one with a higher fee was published" },
      conflicted: { by: "deposit", when: "a block has another spend of one of its inputs" },
      abandoned: { by: "open", when: "it is the funding of an attempt that is over" },
    },
    published: {
      confirmed: { by: "deposit", when: "a block has it" },
      replaced: { by: "refund", when: "a newer one with a higher fee was published" },
      conflicted: { by: "deposit", when: "a block has another spend of one of its inputs" },
    },
    confirmed: {
      published: { by: "deposit", when: "its block left the chain" },
      settled: { by: "deposit", when: "six deep" },
    },
    settled: {
      published: { by: "deposit", when: "its block left the chain all the same" },
    },
    replaced: {
      published: { by: "refund", when: "lnd refused the newer one" },
      confirmed: { by: "deposit", when: "a block has this one, and not the newer one" },
      conflicted: { by: "deposit", when: "a block has the newer one" },
    },
    conflicted: {
      published: { by: "deposit", when: "the other one's block left the chain" },
      confirmed: { by: "deposit", when: "a reorganisation put this one in place of the other" },
      abandoned: {
        by: "refund",
        when: "it is a funding, the other one is six deep, and lnd is told to forget the channel",
      },
    },
    abandoned: {
      conflicted: { by: "deposit", when: "a block has another spend of one of its inputs" },
    },
  },
} as const satisfies Machine<
  "written" | "published" | "confirmed" | "settled" | "replaced" | "conflicted" | "abandoned"
>;

/** States in which it is the one that is published: an output has one live spender at most. */
export const LIVE = ["written", "published", "confirmed", "settled"] as const satisfies readonly TransactionStatus[];

export type TransactionStatus = StateOf<typeof TRANSACTION>;
