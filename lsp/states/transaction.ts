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
    replaced: "another one of ours that spends the same outputs is the one that is published",
    conflicted: "a transaction in a block spends what it, or its parent, spends",
    abandoned: "it must never be published: its channel is not known to lnd",
  },
  begins: {
    written: {
      by: ["open", "refund"],
      when: "its inputs are leased, and no other transaction of ours that is live spends them",
    },
  },
  moves: {
    written: {
      published: { by: ["open", "refund"], when: "PublishTransaction said ok" },
      confirmed: { by: "deposit", when: "a block has it" },
      replaced: { by: ["open", "refund"], when: "a newer one is written, or lnd refuses it and an older one stands" },
      conflicted: { by: "deposit", when: "a block has another spend of an input of it or of its parent" },
      abandoned: { by: "open", when: "it is the funding of an attempt that is over" },
    },
    published: {
      confirmed: { by: "deposit", when: "a block has it" },
      replaced: { by: ["open", "refund"], when: "a newer one that spends the same outputs is written" },
      conflicted: { by: "deposit", when: "a block has another spend of an input of it or of its parent" },
    },
    confirmed: {
      published: { by: "deposit", when: "its block left the chain" },
      settled: { by: "deposit", when: "six deep" },
    },
    settled: {
      published: { by: "deposit", when: "its block left the chain all the same" },
    },
    replaced: {
      published: { by: ["open", "refund"], when: "lnd refuses the newer one, which becomes replaced in its stead" },
      confirmed: { by: "deposit", when: "a block has this one, and not the newer one" },
      conflicted: { by: "deposit", when: "a block has the newer one" },
    },
    conflicted: {
      published: { by: "deposit", when: "the other one's block left the chain" },
      replaced: { by: "deposit", when: "the same, and the other one is ours: that one is published again" },
      confirmed: { by: "deposit", when: "a reorganisation put this one in place of the other" },
      abandoned: {
        by: "refund",
        when: "it is a funding, the other one is six deep, and lnd is told to forget the channel",
      },
    },
    abandoned: {
      confirmed: { by: "deposit", when: "a block has it all the same: an alarm names it" },
    },
  },
} as const satisfies Machine<
  "written" | "published" | "confirmed" | "settled" | "replaced" | "conflicted" | "abandoned"
>;

/** States in which it is the one that is published: an output has one live spender at most. */
export const LIVE = ["written", "published", "confirmed", "settled"] as const satisfies readonly TransactionStatus[];

export type TransactionStatus = StateOf<typeof TRANSACTION>;
