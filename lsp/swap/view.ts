import type { CoinKind } from "../money/sizes.ts";
import type { Amounts } from "../service/amounts.ts";
import type { Msat } from "../service/money.ts";
import type { DepositStatus } from "../states/deposit.ts";
import type { OpeningStatus } from "../states/opening.ts";
import type { SwapStatus } from "../states/swap.ts";
import type { TransactionStatus } from "../states/transaction.ts";

/** One swap as the database has it: all that is decided about it is decided from this and from what lnd says. */
export interface SwapView {
  readonly status: SwapStatus;
  /** Unix milliseconds. */
  readonly expiresAt: number;
  /** Why the operator, or a rule, has stopped all work on it. */
  readonly held: string | undefined;
  readonly approved: boolean;
  readonly deposits: readonly DepositView[];
  /** The attempt under way, or the one whose channel stands. */
  readonly opening: OpeningView | undefined;
  /** Transactions of ours that are not at their end. */
  readonly transactions: readonly TransactionView[];
}

export interface DepositView {
  readonly id: bigint;
  readonly amount: Msat;
  readonly status: DepositStatus;
  /** 0 while no block has it. */
  readonly confirmations: number;
  readonly coinbase: boolean;
}

export interface OpeningView {
  readonly status: OpeningStatus;
  /** Unix milliseconds of its last step. */
  readonly since: number;
  /** Of the deposits that its funding spends. */
  readonly spends: readonly bigint[];
  /** Unix milliseconds of the last `shim_cancel`. */
  readonly cancelledAt: number | undefined;
  /** Blocks on the funding; 0 while none has it. */
  readonly confirmations: number;
  /** Since when each publishing was refused: a height. */
  readonly refusedSince: number | undefined;
}

export interface TransactionView {
  readonly id: bigint;
  readonly kind: "funding" | "fee_child" | "refund" | "split";
  readonly status: TransactionStatus;
  readonly spends: readonly bigint[];
  readonly confirmations: number;
  /** Satoshis per 1,000 weight units that it pays. */
  readonly satPerKw: bigint;
}

/** What lnd said in this pass, of the things that the swap's state makes a question. */
export interface NodeView {
  readonly height: number;
  /** Feature bits of the customer's node; undefined: not connected. */
  readonly peer: ReadonlySet<number> | undefined;
  /** The channel of the opening: pending, open with its activity and edge, or not known to lnd. */
  readonly channel: "none" | "pending" | { readonly active: boolean; readonly edge: boolean };
  /** Satoshis per 1,000 weight units, clamped. */
  readonly satPerKw: bigint;
  /** Whether the LSP's coins, its reserve and its exposure allow the opening now; undefined: yes. */
  readonly obstacle: Obstacle | undefined;
}

/** Why an opening of a funded swap waits. */
export type Obstacle = "paused" | "no_liquidity" | "no_coins" | "fee_too_high" | "exposure" | "approval" | "peer_busy";

export interface SwapRules {
  readonly amounts: Amounts;
  /** Blocks on a deposit before it is used. */
  readonly confirmations: number;
  /** Blocks on the funding before the swap has succeeded. */
  readonly channelConfirmations: number;
  readonly refundsPaused: boolean;
}

/** An input of a refund: a deposit, or a coin of the LSP where it pays the fee. */
export type RefundCoin = CoinKind;
