import { type NoSplit, type Split, splitDeposits } from "../money/split.ts";
import { asMsat, type Msat } from "../service/money.ts";
import type { DepositView, NodeView, Obstacle, OpeningView, SwapRules, SwapView } from "./view.ts";

/** Blocks after which a transaction counts as final here: a reorganisation of more has not been seen since 2013. */
export const SETTLED_BLOCKS = 6;
/** Blocks before an output of a coinbase may be spent (consensus: COINBASE_MATURITY). */
export const COINBASE_BLOCKS = 100;
/** How long lnd may take from `psbt_finalize` to a pending channel that `PendingChannels` shows: 0.4 s was measured. */
export const NEGOTIATING_MS = 60_000;
/** Blocks of refused publishing after which the coins are given back in place of the channel: a day. */
export const RETREAT_BLOCKS = 144;
/** Deposits that one transaction spends at most: 1,445 vB, far below what nodes relay; what is more goes back. */
export const DEPOSITS_MAX = 20;

/** What is done next with a swap. Each is one step, written before its call leaves. */
export type Act =
  | { readonly kind: "rest" }
  | { readonly kind: "wait"; readonly why: Obstacle | "deposits" | "peer" | "channel" | "confirmations" | "held" }
  | { readonly kind: "fund"; readonly split: Split; readonly deposits: readonly bigint[] }
  | { readonly kind: "unfund" }
  | { readonly kind: "expire"; readonly why: "time" | "above" }
  | { readonly kind: "claim"; readonly split: Split; readonly deposits: readonly bigint[] }
  /** Found by a process that did not make its last step: what left before is cancelled, and it is over. */
  | { readonly kind: "give_up"; readonly why: "interrupted" | "not_pending" | "deposit_gone" | "time" }
  /** `negotiating`, and lnd shows the channel: its backup, then the point of no return. */
  | { readonly kind: "commit" }
  | { readonly kind: "publish" }
  | { readonly kind: "confirm" }
  | { readonly kind: "repair" }
  | { readonly kind: "succeed" }
  | { readonly kind: "settle" }
  | { readonly kind: "refund"; readonly deposits: readonly bigint[] }
  | { readonly kind: "republish" }
  | { readonly kind: "retreat" }
  | { readonly kind: "abandon" };

const REST: Act = { kind: "rest" };

/** Deposits that the swap may still use or give back. */
function free({ deposits }: SwapView): DepositView[] {
  return deposits.filter(({ status }) => status === "unspent" || status === "unspent_dust");
}

/** Deep enough to be spent by a channel; a coinbase's output later. */
function isUsable(deposit: DepositView, rules: SwapRules): boolean {
  const deep = deposit.coinbase ? Math.max(COINBASE_BLOCKS, rules.confirmations) : rules.confirmations;
  return deposit.status === "unspent" && deposit.confirmations >= deep;
}

/** The deposits of an opening: the largest that are deep enough, at most so many, and what they are worth. */
export function fundable(swap: SwapView, rules: SwapRules): { deposits: readonly bigint[]; split: Split | NoSplit } {
  const usable = swap.deposits
    .filter((deposit) => isUsable(deposit, rules))
    .sort((a, b) => Number(b.amount - a.amount) || Number(a.id - b.id))
    .slice(0, DEPOSITS_MAX);
  const total: Msat = asMsat(usable.reduce((sum, { amount }) => sum + amount, 0n));
  return { deposits: usable.map(({ id }) => id), split: splitDeposits(total, rules.amounts) };
}

/**
 * The next act for one swap, from what the database has and what lnd says. Pure, total, and the only place where it is
 * decided: whatever crashed, whoever comes next decides the same from the same.
 *
 * @param now Unix milliseconds
 */
export function decide(swap: SwapView, node: NodeView, rules: SwapRules, now: number): Act {
  if (swap.held !== undefined) return { kind: "wait", why: "held" };
  switch (swap.status) {
    case "waiting_fund_chain":
    case "waiting_peer":
      return beforeOpening(swap, node, rules, now);
    case "in_psbt_thread":
      return swap.opening === undefined ? REST : duringOpening(swap, swap.opening, node, now);
    case "waiting_chan":
    case "succeeded":
      return afterPublishing(swap, node, rules);
    case "expired":
      return afterwards(swap, node, rules);
  }
}

function beforeOpening(swap: SwapView, node: NodeView, rules: SwapRules, now: number): Act {
  const { deposits, split } = fundable(swap, rules);
  // GetCfg's maximum holds: the whole of it goes back, rather than a channel that the customer did not order.
  if (split === "above") return { kind: "expire", why: "above" };
  if (now >= swap.expiresAt) return { kind: "expire", why: "time" };
  if (split === "below") return swap.status === "waiting_peer" ? { kind: "unfund" } : { kind: "wait", why: "deposits" };
  if (swap.status === "waiting_fund_chain") return { kind: "fund", split, deposits };
  if (node.obstacle !== undefined) return { kind: "wait", why: node.obstacle };
  return node.peer === undefined ? { kind: "wait", why: "peer" } : { kind: "claim", split, deposits };
}

/** An attempt that another process began, or this one before it was restarted: the table of what was found. */
function duringOpening(swap: SwapView, opening: OpeningView, { channel }: NodeView, now: number): Act {
  const stands = opening.spends.every((id) =>
    swap.deposits.some((deposit) => deposit.id === id && deposit.status === "unspent_chan_reserve"),
  );
  switch (opening.status) {
    case "claimed":
    case "funded":
    case "signed":
      // No psbt_finalize has left: nobody can have the channel.
      return { kind: "give_up", why: "interrupted" };
    case "negotiating":
      if (channel !== "none") return stands ? { kind: "commit" } : { kind: "give_up", why: "deposit_gone" };
      if (now - opening.since < NEGOTIATING_MS) return { kind: "wait", why: "channel" };
      return { kind: "give_up", why: "not_pending" };
    default:
      return REST;
  }
}

function afterPublishing(swap: SwapView, node: NodeView, rules: SwapRules): Act {
  const { opening } = swap;
  if (opening === undefined) return afterwards(swap, node, rules);
  const next = ofFunding(swap, opening, node, rules);
  // What came beside the channel (late, a second one) is given back without waiting for the channel's end.
  return next.kind === "rest" ? afterwards(swap, node, rules) : next;
}

function ofFunding(swap: SwapView, opening: OpeningView, { channel, height }: NodeView, rules: SwapRules): Act {
  const retreat = swap.transactions.find(
    ({ kind, spends }) => kind === "refund" && spends.some((id) => opening.spends.includes(id)),
  );
  if (retreat !== undefined && retreat.confirmations >= SETTLED_BLOCKS) {
    return opening.status === "retreated" ? REST : { kind: "abandon" };
  }
  switch (opening.status) {
    case "publishing": {
      if (opening.confirmations > 0) return { kind: "confirm" };
      if (retreat !== undefined) return { kind: "republish" };
      const refused = opening.refusedSince !== undefined && height - opening.refusedSince >= RETREAT_BLOCKS;
      return refused ? { kind: "retreat" } : { kind: "publish" };
    }
    case "confirmed": {
      const deep = opening.confirmations >= rules.channelConfirmations;
      if (!deep) return { kind: "wait", why: "confirmations" };
      if (channel === "none" || channel === "pending" || !channel.active) return { kind: "wait", why: "channel" };
      return channel.edge ? { kind: "succeed" } : { kind: "repair" };
    }
    case "opened":
      if (channel !== "none" && channel !== "pending" && !channel.edge) return { kind: "repair" };
      return opening.confirmations >= SETTLED_BLOCKS ? { kind: "settle" } : REST;
    default:
      return REST;
  }
}

/** Refunds: for ever, whatever became of the swap. */
function afterwards(swap: SwapView, node: NodeView, rules: SwapRules): Act {
  if (rules.refundsPaused) return REST;
  const live = swap.transactions.filter(
    ({ kind, status }) => kind === "refund" && (status === "written" || status === "published"),
  );
  if (live.length > 0) return { kind: "republish" };
  // Unconfirmed ones too would be replaceable by their sender under our transaction: one block is asked for.
  const back = free(swap)
    .filter(({ confirmations, coinbase }) => confirmations >= (coinbase ? COINBASE_BLOCKS : 1))
    .slice(0, DEPOSITS_MAX)
    .map(({ id }) => id);
  return back.length > 0 && node.satPerKw > 0n ? { kind: "refund", deposits: back } : REST;
}
