import type { CheckResult } from "../check/result.ts";
import { CHECK_TITLES } from "../check/selftest.ts";
import { verdict } from "../check/verdict.ts";
import { letterOf } from "../screen/keys.ts";
import { type Line, line, span } from "../screen/span.ts";
import { fieldLine } from "./field.ts";
import type { Note, StepLogic, StepTurn, View } from "./turn.ts";

/** What a cell of the font test can be, and the letter that people type for it. */
const BLOCKS = [
  { letter: "F", glyph: "██" },
  { letter: "U", glyph: "▀▀" },
  { letter: "L", glyph: "▄▄" },
  { letter: "N", glyph: "  " },
] as const;
const PATTERN = 6;
/** Rows of checks on one screen: the body less what is read aloud and the count. */
const PER_SCREEN = 15;
/** Columns of a check's title and of what it saw; the transcript has all of it. */
const TITLE = 44;
const VALUE = 26;
/** Columns of what all checks come to. */
const SUM = 66;

type State =
  | {
      readonly page: "checks";
      readonly results: readonly CheckResult[];
      readonly screen: number;
      /** Production ends here: the failed checks alone stay on the screen. */
      readonly over: boolean;
    }
  | {
      readonly page: "font1" | "font2";
      readonly pattern: readonly number[];
      readonly typed: string;
      readonly blocks: boolean;
    };

const askPattern = { kind: "pick", below: BLOCKS.length, count: PATTERN, repeat: true } as const;

export const selftest: StepLogic<State> = {
  begin: () => ({ state: { page: "checks", results: [], screen: 0, over: false }, ask: { kind: "selftest" } }),

  reduce(state, input, scene): StepTurn<State> {
    if (input.kind === "answer" && input.answer.kind === "selftest")
      return {
        state: { page: "checks", results: input.answer.results, screen: 0, over: false },
        notes: input.answer.results.map(
          ({ id, outcome, value }): Note => ({ what: "checked", actor: "machine", data: { id, outcome, value } }),
        ),
      };
    if (input.kind === "answer" && input.answer.kind === "pick" && state.page !== "checks")
      return { state: { ...state, pattern: input.answer.numbers } };
    if (input.kind !== "key") return { state };
    if (state.page === "checks") {
      if (letterOf(input.key) === "B") return { state: { ...state, screen: Math.max(0, state.screen - 1) } };
      if (input.key.kind !== "enter" || state.results.length === 0) return { state };
      const screen = state.screen + 1;
      if (screen * PER_SCREEN < state.results.length) return { state: { ...state, screen } };
      const { proceed, waived } = verdict(state.results, scene.facts.config.mode);
      if (!proceed) return { state: { ...state, screen: 0, over: true }, refused: { id: "selftest_failed" } };
      // Recorded now and not before: it is somebody's act, and this key is it.
      const notes = waived.map((id): Note => ({ what: "waived", actor: "leader", data: { id } }));
      return { state: { page: "font1", pattern: [], typed: "", blocks: true }, notes, ask: askPattern };
    }
    if (state.pattern.length === 0) return { state };
    if (input.key.kind === "backspace") return { state: { ...state, typed: state.typed.slice(0, -1) } };
    if (input.key.kind === "enter" && state.typed === "") return { state };
    if (input.key.kind !== "enter") {
      const letter = letterOf(input.key) ?? "";
      const known = letter === "X" || BLOCKS.some((block) => block.letter === letter);
      return { state: known && state.typed.length < PATTERN ? { ...state, typed: state.typed + letter } : state };
    }
    const absent = state.typed === "X";
    const wanted = state.pattern.map((cell) => BLOCKS[cell]?.letter).join("");
    if (!absent && state.typed !== wanted) return { state: { ...state, typed: "" }, refused: { id: "font_mismatch" } };
    const blocks = state.blocks && !absent;
    const actor = state.page === "font1" ? "operator" : "witness";
    const notes: Note[] = [{ what: "font", actor, data: { blocks: !absent } }];
    if (state.page === "font2") return { state, notes, facts: { blocks }, go: "next" };
    return { state: { page: "font2", pattern: [], typed: "", blocks }, notes, ask: askPattern };
  },

  view(state, scene): View {
    if (state.page !== "checks") {
      const cells = state.pattern.map((cell) => BLOCKS[cell]?.glyph ?? "  ");
      return {
        page: state.page,
        part: state.pattern.length,
        lines: [
          line(
            "F full ",
            span("██", "strong"),
            "   U upper half ",
            span("▀▀", "strong"),
            "   L lower half ",
            span("▄▄", "strong"),
            "   N nothing",
          ),
          [],
          [],
          line(
            "      ",
            span(cells.map((cell) => `|${cell}`).join(" ") + (cells.length > 0 ? " |" : ""), "strong", "font-pattern"),
          ),
          [],
          [],
          fieldLine("what you see, left to right:", state.typed),
          [],
          line("If they do not show as blocks at all, type X: the QR codes are then left out."),
        ],
        keys: "F U L N   X no blocks   Enter done   Ctrl-C end the ceremony",
      };
    }
    if (state.results.length === 0)
      return {
        page: "checks",
        part: "testing",
        lines: [line("Testing, a few seconds ...")],
        keys: "Ctrl-C end the ceremony",
      };
    const { failed, waived, proceed } = verdict(state.results, scene.facts.config.mode);
    const listed = state.over ? state.results.filter(({ outcome }) => outcome === "fail") : state.results;
    const shown = listed.slice(state.screen * PER_SCREEN, (state.screen + 1) * PER_SCREEN);
    const screens = Math.ceil(state.results.length / PER_SCREEN);
    const last = state.screen + 1 >= screens;
    const waivable =
      waived.length === 0
        ? ""
        : last
          ? `: with Enter the leader waives ${waived.length}, as only a rehearsal may`
          : `, ${waived.length} can be waived in a rehearsal`;
    const sum = failed.length === 0 ? "all pass" : `${failed.length} FAIL${waivable}`;
    const count = state.over ? "failed   " : `${state.screen + 1}/${screens}   `;
    return {
      page: "checks",
      part: state.over ? "failed" : state.screen,
      lines: [...shown.map(row), [], line(span(count, "strong"), span(sum.padEnd(SUM), "strong", "self-test-sum"))],
      keys: `${last && !proceed ? "Enter end here" : "Enter go on"}${state.screen > 0 ? "   B back" : ""}   Ctrl-E exception note   Ctrl-C end the ceremony`,
    };
  },
};

/** As much as fits, up to the end of a word. */
function shortened(value: string): string {
  if (value.length <= VALUE) return value;
  const cut = value.slice(0, VALUE - 2);
  return `${cut.includes(" ") ? cut.slice(0, cut.lastIndexOf(" ")) : cut} ..`;
}

function row(result: CheckResult): Line {
  const mark = { pass: "pass  ", info: "info  ", fail: "FAIL  " }[result.outcome];
  return line(
    span(mark, result.outcome === "fail" ? "warn" : "plain", "check-outcome"),
    ` ${(CHECK_TITLES.get(result.id) ?? result.id).slice(0, TITLE).padEnd(TITLE)} `,
    span(shortened(result.value).padEnd(VALUE), "plain", "check-value"),
  );
}
