import { openRecent } from "./recent.ts";

/** Requests a second, and how many may come at once after a pause. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** So many a day, all of them at once if they are wanted so. */
export function daily(count: number): Rate {
  return { perSecond: count / 86_400, burst: count };
}

/** Token buckets, one for each key. */
export interface Buckets {
  /** Takes one token of the key's; false: it has none left. `now` in milliseconds of a clock that never goes back. */
  take(key: string, now: number): boolean;
  /** Gives one back that was taken. */
  give(key: string): void;
  readonly size: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * Keeps at most `entries` buckets. One that is forgotten comes back full: it takes `entries` / 2 other keys to have one
 * forgotten, and an attacker with that many would not need to evict his own bucket.
 */
export function openBuckets({ perSecond, burst }: Rate, entries: number): Buckets {
  const buckets = openRecent<Bucket>(entries);
  return {
    take(key, now) {
      const bucket = buckets.get(key);
      if (bucket === undefined) {
        buckets.set(key, { tokens: burst - 1, atMs: now });
        return burst >= 1;
      }
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.atMs) * perSecond) / 1000);
      bucket.atMs = now;
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
    give(key) {
      const bucket = buckets.get(key);
      if (bucket !== undefined) bucket.tokens = Math.min(burst, bucket.tokens + 1);
    },
    get size() {
      return buckets.size;
    },
  };
}
