import type { Machine, StateOf } from "./machine.ts";

/**
 * One attempt to open the channel of a swap. Each state is written before the call that it permits leaves, so that a
 * process that finds the row knows the most that can have happened.
 */
export const OPENING = {
  table: "openings",
  states: {
    claimed: "pending id, inputs, change and rate are written; OpenChannel may have left",
    funded: "the peer has accepted; the PSBT with txid and output is written; psbt_verify may have left",
    signed: "every signature was checked here; the raw transaction is written",
    negotiating: "psbt_finalize may have left: the peer may have a channel that is pending",
    publishing: "lnd shows the pending channel, its backup is stored: the point of no return",
    confirmed: "the funding transaction is in a block",
    opened: "deep enough, active, and its edge is in lnd's graph",
    settled: "the funding is six deep, and the channel was open",
    over: "ended before its point of no return; its transaction is never published",
    retreated: "a refund is six deep in place of the funding, and lnd has abandoned the channel",
  },
  begins: {
    claimed: { by: "open", when: "the swap waits for its peer, the peer is connected, and coins are leased" },
  },
  moves: {
    claimed: {
      funded: { by: "open", when: "psbt_fund came, and the PSBT was made" },
      over: { by: "open", when: "refused, timed out, or found by another process; shim_cancel has been sent" },
    },
    funded: {
      signed: { by: "open", when: "psbt_verify and FinalizePsbt passed, and each signature and the txid are right" },
      over: { by: "open", when: "an error, or found by another process; shim_cancel has been sent" },
    },
    signed: {
      negotiating: { by: "open", when: "psbt_finalize is about to be sent" },
      over: { by: "open", when: "an error, or found by another process; shim_cancel has been sent" },
    },
    negotiating: {
      publishing: {
        by: "open",
        when: "PendingChannels has our outpoint, peer, capacity and push; the backup is stored",
      },
      over: { by: "open", when: "after 60 s lnd does not have the channel, or a deposit is gone" },
    },
    publishing: {
      confirmed: { by: "open", when: "a block has the funding transaction" },
      retreated: { by: "refund", when: "a refund of its deposits is six deep" },
    },
    confirmed: {
      publishing: { by: "deposit", when: "the funding's block left the chain" },
      opened: { by: "open", when: "deep enough, active, and its edge is in lnd's graph" },
      settled: { by: "open", when: "six deep, after the channel was open once" },
    },
    opened: {
      publishing: { by: "deposit", when: "the funding's block left the chain" },
      settled: { by: "open", when: "the funding is six deep" },
    },
    settled: {
      publishing: { by: "deposit", when: "the funding's block left the chain, six deep or not" },
    },
    over: {},
    retreated: {},
  },
} as const satisfies Machine<
  | "claimed"
  | "funded"
  | "signed"
  | "negotiating"
  | "publishing"
  | "confirmed"
  | "opened"
  | "settled"
  | "over"
  | "retreated"
>;

export type OpeningStatus = StateOf<typeof OPENING>;
