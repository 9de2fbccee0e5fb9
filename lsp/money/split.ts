import { type Amounts, FEE_MIN, FEE_RATE } from "../service/amounts.ts";
import { asMsat, ceilToSat, type Msat } from "../service/money.ts";

/** What a swap's deposits are worth: the two halves of its channel and the LSP's fee. */
export interface Split {
  /** The customer's half, pushed to it when the channel opens. */
  readonly user: Msat;
  /** The LSP's half: as much again, of its own coins. */
  readonly lsp: Msat;
  readonly fee: Msat;
  /** `user + lsp`. */
  readonly capacity: Msat;
}

/** Why deposits make no channel. `below` may become enough with one more; `above` is refunded whole. */
export type NoSplit = "below" | "above";

/**
 * Divides the sum of a swap's deposits (docs/contract.md, fees): the fee is the greater of 2,000 sat and 0.4 %, rounded up
 * to whole satoshis; the rest is the customer's half, and the LSP adds as much.
 *
 * @param total whole satoshis, in msat
 */
export function splitDeposits(total: Msat, { min, max }: Amounts): Split | NoSplit {
  if (total < min) return "below";
  // The original advertised a maximum and took more; here what GetCfg says is what holds.
  if (total > max) return "above";
  const { numerator, denominator } = FEE_RATE;
  const percentage = ceilToSat(total * numerator, denominator);
  const fee = percentage < FEE_MIN ? FEE_MIN : percentage;
  const user = asMsat(total - fee);
  return { user, lsp: user, fee, capacity: asMsat(2n * user) };
}
