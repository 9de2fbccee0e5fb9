import type { AccountKey } from "./addresses.ts";
import {
  ADDRESSES_AHEAD,
  ADDRESSES_BEHIND,
  ADDRESSES_PER_DAY,
  NONCE_WINDOW_MS,
  RATE_PER_SECOND,
  REFUSALS_PER_SECOND,
  SIGNATURES_PER_DAY,
} from "./limits.ts";
import type { Profile } from "./subject.ts";

/** What the operator decides. */
export interface PolicyConfig {
  /** Which directions are signed. `request` makes this key a client of another LSP: off by default. */
  readonly profiles: readonly Profile[];
  readonly nonceWindowMs: number;
  /** For each client that has none of its own in `clients`. */
  readonly budget: Budget;
  readonly clients: Readonly<Record<string, Budget>>;
  /** Of addresses. Off without the ceremony's `accounts.json`. */
  readonly meaning: Meaning | undefined;
  /** What a GetCfg success may say. Undefined: no success is signed; "any": a rehearsal that was told nothing. */
  readonly advertised: Advertised | "any" | undefined;
}

export interface Budget {
  /** Requests a second; a second's worth may come at once. */
  readonly perSecond: number;
  /** Signatures a UTC day. */
  readonly perDay: number;
  /** Refusals a second that get a record each; more are counted and become one. */
  readonly refusalsPerSecond: number;
  /** Pauses the client when this share of a minute's decisions are refusals, 0 to 1. Never without it. */
  readonly pauseAbove?: number;
}

/** What an answer may say of addresses. */
export interface Meaning {
  /** `readAccountKey` of accounts.json. */
  readonly accountKey: AccountKey;
  readonly addressesAhead: number;
  readonly addressesBehind: number;
  /** How far the highest index may move in a UTC day. */
  readonly addressesPerDay: number;
  /** The first index that is still to come, for a wallet that was in use before its signer. */
  readonly addressesFrom?: number;
}

/** What GetCfg says, word for word. Amounts in millisatoshi. */
export interface Advertised {
  /** In this order. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly swapIntoLnMinMsat: bigint;
  readonly swapIntoLnMaxMsat: bigint;
  readonly swapFromLnMinMsat: bigint;
  readonly swapFromLnMaxMsat: bigint;
  readonly feeRate: { readonly numerator: bigint; readonly denominator: bigint };
  readonly minFeeMsat: bigint;
}

export const DEFAULT_BUDGET: Budget = {
  perSecond: RATE_PER_SECOND,
  perDay: SIGNATURES_PER_DAY,
  refusalsPerSecond: REFUSALS_PER_SECOND,
};

export const DEFAULT_POLICY: PolicyConfig = {
  profiles: ["response"],
  nonceWindowMs: NONCE_WINDOW_MS,
  budget: DEFAULT_BUDGET,
  clients: {},
  meaning: undefined,
  advertised: "any",
};

/** Meaning with the default windows. */
export function meaningOf(accountKey: AccountKey): Meaning {
  return {
    accountKey,
    addressesAhead: ADDRESSES_AHEAD,
    addressesBehind: ADDRESSES_BEHIND,
    addressesPerDay: ADDRESSES_PER_DAY,
  };
}
