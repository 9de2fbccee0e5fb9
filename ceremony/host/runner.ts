import { type Advance, advance, dropped, type Play, pageKey, type StepDraft, screen } from "../flow/play.ts";
import type { AbortReason, Ask, HelperAnswer, SittingFacts, StepInput } from "../flow/turn.ts";
import { fits, type Size } from "../screen/frame.ts";
import type { Line } from "../screen/span.ts";
import type { RefusalId } from "../steps/ceremonies.ts";

/** What a desk sees: a key, the time, a changed size, or that it is over. */
export type Seen =
  | Extract<StepInput, { kind: "key" }>
  | { readonly kind: "tick"; readonly at: number }
  | { readonly kind: "resize" }
  | { readonly kind: "gone"; readonly reason: AbortReason };

/** Screen and keyboard. */
export interface Desk {
  size(): Size;
  draw(rows: readonly Line[]): void;
  clear(): void;
  next(): Promise<Seen>;
  /** Throws away every key that was typed so far, read or not. How many of them were more than an Enter too many. */
  drop(): number;
}

/** What the steps need from outside besides people. */
export interface Helpers {
  /** Resolves when every event is where a kill cannot reach it; false if that is no longer possible. */
  record(drafts: readonly StepDraft[]): Promise<boolean>;
  answer(ask: Ask): Promise<HelperAnswer>;
}

export type Ending =
  | { readonly kind: "room"; readonly step: string; readonly facts: SittingFacts }
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly id: RefusalId; readonly step: string }
  | { readonly kind: "ended"; readonly reason: AbortReason; readonly step: string };

/**
 * Plays the steps of one process until the next belongs to another, or the ceremony ends. Every event is recorded before
 * the screen that follows from it is drawn: what people have seen happen is in the transcript.
 */
export async function runSteps(first: Advance, desk: Desk, helpers: Helpers): Promise<Ending> {
  let now = first;
  let drawn: Drawn | undefined;
  for (;;) {
    const { outcome, ask } = now;
    const step = now.play.step.id;
    const { over } = now.play;
    if (now.drafts.length > 0 && !(await helpers.record(now.drafts)))
      return { kind: "ended", reason: "output_lost", step };
    if (outcome?.kind === "room") return { kind: "room", step: outcome.step, facts: now.play.facts };
    if (outcome?.kind === "ended" && over !== undefined) return { kind: "refused", id: over, step };
    if (outcome?.kind === "ended") return { kind: "ended", reason: "asked", step };
    if (outcome?.kind === "done") return { kind: "done" };

    drawn = draw(now.play, desk, drawn);
    const { play, size } = drawn;
    if (ask !== undefined) {
      now = advance(play, { kind: "answer", answer: await helpers.answer(ask) });
      continue;
    }
    const seen = await desk.next();
    if (seen.kind === "gone" && over !== undefined) return { kind: "refused", id: over, step };
    if (seen.kind === "gone") return { kind: "ended", reason: seen.reason, step };
    if (seen.kind === "resize") {
      // A terminal that is made smaller moves rows of the last screen into its scrollback, and mixes up the rest.
      desk.clear();
      drawn = { ...drawn, size: NEVER };
      now = { play, drafts: [] };
      // Nobody sees what a key would answer on a screen that is too small.
    } else if (seen.kind === "key" && !(fits(size) && fits(desk.size()))) now = { play, drafts: [] };
    else now = advance(play, seen);
  }
}

/** No screen has this size: whatever is drawn next is drawn anew. */
const NEVER: Size = { columns: 0, rows: 0 };

interface Drawn {
  readonly play: Play;
  readonly page: string;
  readonly size: Size;
}

/** Draws what has changed. What was typed before a page was drawn is dropped, and said if it was more than Enter. */
function draw(play: Play, desk: Desk, before: Drawn | undefined): Drawn {
  const size = desk.size();
  const page = `${fits(size)} ${pageKey(play)}`;
  const lost = page === before?.page ? 0 : desk.drop();
  const now = lost > 0 && before !== undefined ? dropped(play) : play;
  if (before?.play !== now || before.size.columns !== size.columns || before.size.rows !== size.rows)
    desk.draw(screen(now, size));
  return { play: now, page, size };
}
