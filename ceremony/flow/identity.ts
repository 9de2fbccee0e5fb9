import { pgpWords } from "../../core/pgpwords.ts";
import { COPIED_MAX, HASH_ROWS } from "../limits.ts";
import { line, span } from "../screen/span.ts";
import { editLine, fieldLine, hashRow, hashTable, sameWords } from "./field.ts";
import type { StepLogic, StepTurn, View } from "./turn.ts";

/** 32 bytes in hex, a row at a time. */
const DIGITS_PER_ROW = 64 / HASH_ROWS;

interface State {
  readonly page: "hash" | "part1" | "part2";
  /** The row that each officer types; different ones. */
  readonly rows: readonly number[];
  readonly typed: string;
}

export const identityStep: StepLogic<State> = {
  begin: (scene) => ({
    state: { page: "hash", rows: [], typed: "" },
    notes: [{ what: "program", actor: "machine", data: { ...scene.facts.program } }],
    ask: { kind: "pick", below: HASH_ROWS, count: 2 },
  }),

  reduce(state, input, scene): StepTurn<State> {
    if (input.kind === "answer" && input.answer.kind === "pick")
      return { state: { ...state, rows: input.answer.numbers.map((number) => number + 1) } };
    if (input.kind !== "key") return { state };
    const [first, second] = state.rows;
    if (first === undefined || second === undefined) return { state };
    if (state.page === "hash") return { state: input.key.kind === "enter" ? { ...state, page: "part1" } : state };
    // Only a rehearsal may look at the hash again: in production the copy is printed, from a source of its own.
    if (input.key.kind === "tab" && scene.facts.config.mode === "rehearsal")
      return { state: { ...state, page: "hash", typed: "" } };
    const edited = editLine(state.typed, input.key, COPIED_MAX);
    if (!edited.entered) return { state: { ...state, typed: edited.text } };
    const words = state.page === "part1";
    const row = words ? first : second;
    const bytes = hashRow(scene.facts.program.hash, row);
    const right = words
      ? sameWords(edited.text, pgpWords(bytes))
      : edited.text.replaceAll(" ", "").toLowerCase() === bytes;
    if (!right)
      return { state: { ...state, typed: "" }, refused: { id: "identity_mismatch", detail: `Not row ${row}.` } };
    const form = words ? "words" : "hex";
    const note = {
      what: "compared",
      actor: words ? ("officer1" as const) : ("officer2" as const),
      data: { form, row },
    };
    if (words) return { state: { ...state, page: "part2", typed: "" }, notes: [note] };
    return { state, notes: [note], go: "next" };
  },

  view(state, scene): View {
    const rehearsal = scene.facts.config.mode === "rehearsal";
    if (state.page === "hash") {
      const source =
        scene.facts.program.form === "executable"
          ? "Printed copies come from SHA256SUMS of the builders, never from this screen."
          : `From a checkout: 'ceremony hash' prints it.${rehearsal ? " A rehearsal may copy this screen." : ""}`;
      return {
        page: "hash",
        lines: [...hashTable(scene.facts.program.hash, "program-hash"), [], line(source)],
        keys: "Enter hide it and go on   Ctrl-E exception note   Ctrl-C end the ceremony",
      };
    }
    const words = state.page === "part1";
    const row = words ? state.rows[0] : state.rows[1];
    return {
      page: state.page,
      lines: [
        line(
          "Row ",
          span(`${row}`, "strong", "asked-row"),
          words ? ", the four words:" : `, the ${DIGITS_PER_ROW} hex digits:`,
        ),
        [],
        line("row ", span(`${row}`, "plain", "asked-row"), ...fieldLine(":", state.typed)),
      ],
      keys: `Enter done${rehearsal ? "   Tab look at the hash again (rehearsal)" : ""}   Ctrl-C end the ceremony`,
    };
  },
};
