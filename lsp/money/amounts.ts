import { CHAN_CAP_MSAT_MAX, CHAN_CAP_MSAT_MIN } from "../limits.ts";
import { asMsat, ceilToSat, type Msat } from "./msat.ts";

// What a swap costs, docs/contract.md#fees-and-amounts: constants of the original, and one amount that follows from the configuration.

/** 0.4 %, reduced, as the original sends it. */
export const FEE_RATE = { numerator: 1n, denominator: 250n } as const;
/** 2,000 sat. */
export const FEE_MIN: Msat = asMsat(2_000_000n);
/** 0.1 BTC. */
export const SWAP_MAX: Msat = asMsat(10_000_000_000n);

/** Amounts that GetCfg tells. */
export interface Amounts {
  readonly min: Msat;
  readonly max: Msat;
}

/**
 * Amounts for a configured least channel capacity; undefined for one that makes no sense: below what lnd opens, or so
 * large that the least deposit is above the greatest.
 */
export function amountsFor(capacity: bigint): Amounts | undefined {
  if (capacity < CHAN_CAP_MSAT_MIN || capacity > CHAN_CAP_MSAT_MAX) return undefined;
  return { min: minimumDeposit(capacity), max: SWAP_MAX };
}

/**
 * The least deposit that leaves the user's half of the channel after the fee, in whole satoshis. With H = capacity / 2
 * and the rate n/d: P = H / (1 - n/d) where the percentage is above the least fee, H + the least fee where it is not.
 * Exact: numerators over the common denominator 2 (d - n).
 */
function minimumDeposit(capacity: bigint): Msat {
  const { numerator, denominator } = FEE_RATE;
  const common = 2n * (denominator - numerator);
  const withRate = capacity * denominator;
  const withLeast = capacity * (denominator - numerator) + FEE_MIN * common;
  return ceilToSat(withRate > withLeast ? withRate : withLeast, common);
}
