// Every limit of the policy with its reason. The code reads them from here, and so does the test of docs/policy.md.

/** A frame, flag and length included. A GetCfg answer with ten nodes is 1 KiB; this keeps a judgement under 1 ms. */
export const FRAME_MAX = 65_536;
/** What a gzip payload may become. The same as uncompressed, so that compression is no way around the limit. */
export const INFLATED_MAX = 65_536;
/** A frame of this length could be the inner hash of a double SHA-256 (`spec/lnd-aezeed.md` 3.3). */
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

/** Addresses above the highest seen: lnd hands out two for a swap and some to others who ask it. */
export const ADDRESSES_AHEAD = 1000;
/** Addresses below the highest seen that are still signed: answers overtake each other, but not by this many. */
export const ADDRESSES_BEHIND = 1000;
