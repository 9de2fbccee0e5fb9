import { WORDS_BLANK_MS } from "../limits.ts";
import type { ScreenBody } from "../screen/frame.ts";
import { line, span } from "../screen/span.ts";

/** Whether a secret on the screen is covered, and since when it is not: undefined until the first tick or key after it. */
export interface Cover {
  readonly hidden: boolean;
  readonly since: number | undefined;
}

export const UNCOVERED: Cover = { hidden: false, since: undefined };
export const COVERED: Cover = { hidden: true, since: undefined };

/** Somebody is there: the time begins anew. */
export const seenAt = (at: number): Cover => ({ hidden: false, since: at });

/** The same value until the secret has stood there for `WORDS_BLANK_MS` without a key; then it is covered. */
export function coverTick(cover: Cover, at: number): Cover {
  if (cover.hidden) return cover;
  if (cover.since === undefined) return seenAt(at);
  return at - cover.since < WORDS_BLANK_MS ? cover : COVERED;
}

/** What stands on the screen meanwhile: what is covered, and how it comes back. */
export function coveredBody(what: string): ScreenBody {
  return {
    lines: [line(span(`${what}: hidden`, "strong"))],
    keys: "any key shows them again   Ctrl-C end the ceremony",
  };
}
