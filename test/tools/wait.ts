import { setTimeout as sleep } from "node:timers/promises";
import { bound } from "./speed.ts";

/** What no test's thing takes longer than on an idle machine, where the caller does not say how long. */
const LONGEST_MS = 20_000;
const PAUSE_MS = 10;

interface Waiting {
  /** How long it takes at most on a machine with two idle cores; the bound grows from that. */
  readonly ms?: number;
  readonly pauseMs?: number;
  /** What to tell of when it does not come: the end of a log, the last answer. */
  readonly tell?: () => string;
}

/**
 * Looks again and again until something holds, for what says nothing when it happens.
 *
 * @throws Error that names `what` and what `tell` tells, when the bound has gone by.
 */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { ms = LONGEST_MS, pauseMs = PAUSE_MS, tell }: Waiting = {},
): Promise<void> {
  const atMost = bound(ms);
  for (const latest = performance.now() + atMost; !(await holds()); await sleep(pauseMs)) {
    if (performance.now() > latest) {
      throw new Error(`${what}: not within ${atMost} ms${tell === undefined ? "" : `\n${tell()}`}`);
    }
  }
}

/**
 * What a promise comes to, unless the bound goes by first.
 *
 * @throws Error that names `what`, when the bound has gone by; what the promise throws, as it is.
 */
export async function within<T>(what: string, promise: Promise<T>, ms: number = LONGEST_MS): Promise<T> {
  const atMost = bound(ms);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what}: not within ${atMost} ms`)), atMost);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
