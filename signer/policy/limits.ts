// Every limit of the policy with its reason. The code reads them from here, and so does the test of docs/policy.md.

/** A frame of this length could be the inner hash of a double SHA-256 (docs/policy.md#what-a-signature-over-a-frame-is-worth-elsewhere). */
export const HASH_LENGTH = 32;

/** A signed nonce this far from the signer's clock, either way: two machines with NTP, and a queue between them. */
export const NONCE_WINDOW_MS = 60_000;

/** Requests of one client, a second: above what one signer can do, so that only a configuration makes it a limit. */
export const RATE_PER_SECOND = 50_000;
/** Signatures of one client, a UTC day: a day at 1,000 a second. */
export const SIGNATURES_PER_DAY = 86_400_000;
/** Refusals of one client that get a record of their own, a second: 100 records are 4 GB of log a day, not 2 TB. */
export const REFUSALS_PER_SECOND = 100;
/** Refusals over the rate become one record in this time. */
export const SUMMED_EVERY_MS = 1000;
/** A share of refusals is judged over this time, and only of at least so many decisions: one slip is no share. */
export const SHARE_WINDOW_MS = 60_000;
export const SHARE_DECISIONS_MIN = 100;

/**
 * Addresses above the highest signed: an LSP holds a hundred of lnd's in stock, and others ask lnd too. Each index that
 * nobody was given is one that a restore from the seed has to look past.
 */
export const ADDRESSES_AHEAD = 200;
/** The widest that a configuration may have it: a step through the whole window then takes 80 ms. */
export const ADDRESSES_AHEAD_MAX = 2_000;
/** How far the highest index moves in a UTC day: swaps of a day, paid or not. */
export const ADDRESSES_PER_DAY = 10_000;
/** Addresses below the highest: a day's steps, so that after a day of false ones lnd's next address still passes. */
export const ADDRESSES_BEHIND = 10_000;

/** The least deposit that an answer may ask for where GetCfg's is not configured: 0.1 BTC, the most that a swap takes. */
export const FUND_MONEY_MSAT = 10_000_000_000n;
