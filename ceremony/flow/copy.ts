import { COPIED_MAX } from "../limits.ts";
import type { ScreenBody } from "../screen/frame.ts";
import { line, span } from "../screen/span.ts";
import type { RefusalId } from "../steps/ceremonies.ts";
import { editLine, fieldLine, sameWords } from "./field.ts";
import type { StepInput, StepTurn } from "./turn.ts";

/** A page that shows words, and one on which two of them, drawn at random, are typed from paper. */
export interface Copy<P extends string> {
  readonly shown: P;
  readonly asked: P;
  readonly page: P;
  /** The two positions, from 0. */
  readonly picks: readonly number[];
  readonly typed: string;
}

function start<P extends string>(shown: P, asked: P): Copy<P> {
  return { shown, asked, page: shown, picks: [], typed: "" };
}

/** `copied` holds the two positions, counted from 1, once both words were right. */
function reduce<P extends string>(
  state: Copy<P>,
  input: StepInput,
  words: readonly string[],
  refusal: RefusalId,
): StepTurn<Copy<P>> & { readonly copied?: readonly number[] } {
  if (input.kind === "answer" && input.answer.kind === "pick")
    return { state: { ...state, picks: [...input.answer.numbers].sort((a, b) => a - b) } };
  if (input.kind !== "key" || state.picks.length < 2) return { state };
  if (state.page === state.shown)
    return { state: input.key.kind === "enter" ? { ...state, page: state.asked } : state };
  if (input.key.kind === "tab") return { state: { ...state, page: state.shown, typed: "" } };
  const edited = editLine(state.typed, input.key, COPIED_MAX);
  if (!edited.entered) return { state: { ...state, typed: edited.text } };
  const wanted = state.picks.map((pick) => words[pick] ?? "");
  if (!sameWords(edited.text, wanted)) return { state: { ...state, typed: "" }, refused: { id: refusal } };
  return { state: { ...state, typed: "" }, copied: state.picks.map((pick) => pick + 1) };
}

function view<P extends string>(state: Copy<P>, what: string): ScreenBody {
  // Rows of four words, as the table of a hash shows them: people find a word by row and place.
  const places = state.picks.map((pick) => `row ${Math.floor(pick / 4) + 1}, word ${(pick % 4) + 1}`).join("  and  ");
  return {
    lines: [
      line("From the paper, two words: ", span(places, "strong", "asked-words")),
      [],
      fieldLine("the two words:", state.typed),
    ],
    keys: `Enter done   Tab show the ${what} again   Ctrl-C end the ceremony`,
  };
}

export const CopyCheck = { start, reduce, view } as const;
