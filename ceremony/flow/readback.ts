import { COUNT_MAX } from "../limits.ts";
import { letterOf } from "../screen/keys.ts";
import { line, span, wrap } from "../screen/span.ts";
import { wordIndexes } from "../seed/phrase.ts";
import { type DiceEntry, emptyEntry, entryLines, idled, interrupted, reopened, typeWord } from "./entry.ts";
import { SECRET_FAULTS } from "./secretfield.ts";
import { given, type StepLogic, type StepScene, type StepTurn, type View } from "./turn.ts";

interface State {
  readonly page: "type" | "wrong";
  readonly plate: number;
  readonly attempts: number;
  readonly entry: DiceEntry;
  readonly wrong: readonly number[];
}

const fresh = (plate: number): State => ({ page: "type", plate, attempts: 1, entry: emptyEntry(), wrong: [] });

export const readback: StepLogic<State> = {
  begin: () => ({ state: fresh(1) }),

  reduce(state, input, scene): StepTurn<State> {
    if (input.kind === "tick") {
      const entry = idled(state.entry, input.at);
      return { state: entry === state.entry ? state : { ...state, entry } };
    }
    if (input.kind === "interrupted") return { state: { ...state, entry: interrupted(state.entry) } };
    if (input.kind !== "key") return { state };
    if (state.page === "wrong") {
      if (letterOf(input.key) === "W")
        return {
          state,
          notes: [{ what: "again", actor: "officer2", data: {} }],
          facts: { wrongWords: state.wrong },
          go: "back",
        };
      if (input.key.kind !== "enter") return { state };
      const entry = state.entry.open.length > 0 ? state.entry : reopened(state.entry, state.wrong);
      return { state: { ...state, page: "type", entry, wrong: [] } };
    }
    // A cell that is empty, or no word, cannot be typed: without this nobody would come back to the words.
    const [open] = state.entry.open;
    if (input.key.kind === "escape" && open !== undefined)
      return { state: { ...state, page: "wrong", wrong: [open + 1] } };
    const step = typeWord(state.entry, input.key);
    const next = { ...state, entry: step.entry };
    if (step.kind === "more") return { state: next, ...(state.entry.mode === "void" ? { ignored: true } : {}) };
    if (step.kind === "void")
      return {
        state: { ...next, attempts: more(state.attempts) },
        refused: { id: "readback_void", position: step.position, detail: SECRET_FAULTS[step.fault] },
      };
    if (step.kind === "unknown")
      return {
        state: { ...next, attempts: more(state.attempts) },
        refused: { id: "readback_unknown_word", position: step.position, detail: `Word ${step.position}:` },
      };
    return compared(next, scene);
  },

  view(state, scene): View {
    const { plates } = scene.facts.config;
    const plate = line("plate ", span(`${state.plate} of ${plates}`, "strong"));
    if (state.page === "wrong")
      return {
        page: "wrong",
        part: state.plate,
        lines: [
          plate,
          [],
          line("wrong positions:"),
          ...wrap(state.wrong.join(", "), POSITIONS_COLUMNS).map((part) => line("  ", span(part, "strong"))),
          [],
          line("If it was typed wrong: Enter, and type those words again from the plate."),
          line("If the plate is wrong: W shows all words again to officer 1, which is recorded."),
        ],
        keys: "Enter type those again   W show the words again   Ctrl-C end the ceremony",
      };
    return {
      page: "type",
      part: state.plate,
      lines: [plate, [], ...entryLines(state.entry)],
      keys: "Enter or space: next word   Backspace   Esc plate is wrong   Ctrl-C end it",
    };
  },
};

/** All 24 positions are two rows. */
const POSITIONS_COLUMNS = 60;
/** So many positions fit on the message's line; the page has all of them. */
const NAMED_MAX = 6;

const named = (positions: readonly number[]): string =>
  positions.length > NAMED_MAX ? `${positions.length} words:` : `Word ${positions.join(", ")}:`;
const more = (attempts: number): number => Math.min(attempts + 1, COUNT_MAX);

/** All 24 are typed: which positions differ, and never what should stand there. */
function compared(state: State, scene: StepScene): StepTurn<State> {
  const wanted = wordIndexes(given(scene.secrets.enciphered, "words"));
  const wrong: number[] = [];
  state.entry.indexes.forEach((index, position) => {
    if (index !== wanted[position]) wrong.push(position + 1);
  });
  wanted.fill(0);
  if (wrong.length > 0)
    return {
      state: { ...state, page: "wrong", wrong, attempts: more(state.attempts) },
      refused: { id: "readback_wrong_word", position: wrong[0] ?? 0, detail: named(wrong) },
    };
  state.entry.indexes.fill(0);
  const notes = [{ what: "plate", actor: "officer2" as const, data: { plate: state.plate, attempts: state.attempts } }];
  if (state.plate < scene.facts.config.plates) return { state: fresh(state.plate + 1), notes };
  return { state, notes, go: "next" };
}
