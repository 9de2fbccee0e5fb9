import { CLOCK_JUMP_MS, CLOCK_SETTLED_MS } from "../limits.ts";

/** Milliseconds since 1970, or undefined while the clock is not believed. */
export type BelievedClock = () => number | undefined;

/**
 * A clock that is not believed for a while after it has jumped ahead: what is reserved or removed by it could not be taken
 * back when it returns. Five seconds of a clock one year ahead made every answer of that year a past one. Set back, it is
 * believed at once.
 *
 * @param wall milliseconds since 1970
 * @param monotonic milliseconds that never jump; undefined: nothing to compare with, and every clock is believed
 */
export function openClock(wall: () => number, monotonic: (() => number) | undefined): BelievedClock {
  if (monotonic === undefined) return wall;
  let offset: number | undefined;
  let jumpedAt: number | undefined;
  return () => {
    const [now, elapsed] = [wall(), monotonic()];
    offset ??= now - elapsed;
    if (now - elapsed - offset > CLOCK_JUMP_MS) {
      jumpedAt ??= elapsed;
      if (elapsed - jumpedAt < CLOCK_SETTLED_MS) return undefined;
    }
    jumpedAt = undefined;
    offset = now - elapsed;
    return now;
  };
}
