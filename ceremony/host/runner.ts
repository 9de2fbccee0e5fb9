import { type Advance, advance, type Draft, type Play, screen } from "../flow/play.ts";
import type { AbortReason, Answer, Ask, Facts } from "../flow/turn.ts";
import type { RefusalId } from "../refusals.ts";
import type { Size } from "../screen/frame.ts";
import type { Key } from "../screen/keys.ts";
import type { Line } from "../screen/span.ts";
import type { StepId } from "../script.ts";

/** What a desk sees: a key, the time, a changed size, or that it is over. */
export type Seen =
  | { readonly kind: "key"; readonly key: Key; readonly at: number; readonly sameRead: boolean }
  | { readonly kind: "tick"; readonly at: number }
  | { readonly kind: "resize" }
  | { readonly kind: "gone"; readonly reason: AbortReason };

/** Screen and keyboard. */
export interface Desk {
  size(): Size;
  draw(rows: readonly Line[]): void;
  clear(): void;
  next(): Promise<Seen>;
}

/** What the steps need from outside besides people. */
export interface Helpers {
  /** Resolves when every event is where a kill cannot reach it; false if that is no longer possible. */
  record(drafts: readonly Draft[]): Promise<boolean>;
  answer(ask: Ask): Promise<Answer>;
}

export type Ending =
  | { readonly kind: "room"; readonly step: StepId; readonly facts: Facts }
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly id: RefusalId; readonly step: StepId }
  | { readonly kind: "ended"; readonly reason: AbortReason; readonly step: StepId };

/**
 * Plays the steps of one process until the next belongs to another, or the ceremony ends. Every event is recorded before
 * the screen that follows from it is drawn: what people have seen happen is in the transcript.
 */
export async function run(first: Advance, desk: Desk, helpers: Helpers): Promise<Ending> {
  let now = first;
  let drawn: { readonly play: Play; readonly columns: number; readonly rows: number } | undefined;
  for (;;) {
    const { play, outcome, ask } = now;
    const step = play.step.id;
    if (now.drafts.length > 0 && !(await helpers.record(now.drafts)))
      return { kind: "ended", reason: "output_lost", step };
    if (outcome?.kind === "room") return { kind: "room", step: outcome.step, facts: play.facts };
    if (outcome?.kind === "ended") return { kind: "ended", reason: "asked", step };
    if (outcome?.kind === "done") return { kind: "done" };

    const size = desk.size();
    if (drawn?.play !== play || drawn.columns !== size.columns || drawn.rows !== size.rows) {
      desk.draw(screen(play, size));
      drawn = { play, ...size };
    }
    if (outcome?.kind === "refused") {
      await acknowledged(desk, play);
      return { kind: "refused", id: outcome.id, step };
    }
    if (ask !== undefined) {
      now = advance(play, { kind: "answer", answer: await helpers.answer(ask) });
      continue;
    }
    const seen = await desk.next();
    if (seen.kind === "gone") return { kind: "ended", reason: seen.reason, step };
    if (seen.kind === "resize") {
      // A terminal that is made smaller moves rows of the last screen into its scrollback, and mixes up the rest.
      desk.clear();
      drawn = undefined;
      now = { play, drafts: [] };
    } else now = advance(play, seen);
  }
}

/** The last refusal stays on the screen until someone has pressed a key, or there is nobody. */
async function acknowledged(desk: Desk, play: Play): Promise<void> {
  for (;;) {
    const seen = await desk.next();
    if (seen.kind === "key" || seen.kind === "gone") return;
    if (seen.kind !== "resize") continue;
    desk.clear();
    desk.draw(screen(play, desk.size()));
  }
}
