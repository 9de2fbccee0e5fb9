import type { Machine, StateOf } from "./machine.ts";

/**
 * A swap of on-chain coins into a channel. The names are the original's, without the name of their table; what an attempt
 * to open the channel goes through is in `opening.ts`.
 */
export const SWAP = {
  table: "swaps",
  states: {
    waiting_fund_chain: "the address waits for deposits that are enough and deep enough",
    waiting_peer: "funded; the customer's node has to be connected",
    in_psbt_thread: "an opening of it is under way, and nothing has left that cannot be taken back",
    waiting_chan: "the funding transaction has left or is about to; the channel has to become usable",
    succeeded: "the channel is active and known to the network",
    expired: "no channel any more: what was paid in goes back",
  },
  begins: {
    waiting_fund_chain: { by: "create", when: "the request was in order and the pool had an address" },
  },
  moves: {
    waiting_fund_chain: {
      waiting_peer: { by: "deposit", when: "its confirmed deposits reach the minimum and not more than the maximum" },
      expired: { by: "expire", when: "its time is over, or its deposits are above the maximum" },
    },
    waiting_peer: {
      waiting_fund_chain: { by: "deposit", when: "a reorganisation or a replacement took deposits away" },
      in_psbt_thread: { by: "open", when: "claimed: the peer is connected, coins are leased, the attempt is written" },
      expired: { by: "expire", when: "its time is over, or its deposits are above the maximum" },
    },
    in_psbt_thread: {
      waiting_peer: { by: "open", when: "the attempt is over before its point of no return" },
      waiting_chan: { by: "open", when: "the attempt is publishing" },
      expired: { by: "expire", when: "its time is over and the attempt is over before its point of no return" },
    },
    waiting_chan: {
      succeeded: { by: "open", when: "deep enough, active, and its edge is in lnd's graph" },
      expired: { by: "refund", when: "a transaction that gives the deposits back is six deep in place of the funding" },
    },
    succeeded: {},
    expired: {},
  },
} as const satisfies Machine<
  "waiting_fund_chain" | "waiting_peer" | "in_psbt_thread" | "waiting_chan" | "succeeded" | "expired"
>;

export type SwapStatus = StateOf<typeof SWAP>;
