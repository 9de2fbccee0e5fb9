import { pgpWords } from "../../core/pgpwords.ts";
import { aloudLines } from "../screen/frame.ts";
import { type Line, line, span, wrap } from "../screen/span.ts";
import { closingList } from "../table/lists.ts";
import { type Copy, CopyCheck } from "./copy.ts";
import { besideCode } from "./result.ts";
import { given, type StepLogic, type StepScene, type StepTurn, type View } from "./turn.ts";

interface State {
  readonly page: "head" | "machine";
  readonly head: string;
  readonly copy: Copy<"head" | "copied">;
}

/** The last event is written first, and then its hash shown: what is copied covers all of the transcript. */
export const close: StepLogic<State> = {
  begin: () => ({
    state: { page: "head", head: "", copy: CopyCheck.start("head", "copied") },
    notes: [{ what: "complete", actor: "machine", data: {} }],
    ask: { kind: "head" },
  }),

  reduce(state, input): StepTurn<State> {
    if (input.kind === "answer" && input.answer.kind === "head")
      return { state: { ...state, head: input.answer.head }, ask: { kind: "pick", below: 32, count: 2 } };
    if (state.page === "machine")
      return input.kind === "key" && input.key.kind === "enter" ? { state, go: "next" } : { state };
    if (state.head === "") return { state };
    const { copied, ...turn } = CopyCheck.reduce(state.copy, input, pgpWords(state.head), "head_copy");
    if (copied !== undefined) return { state: { ...state, page: "machine" } };
    return { ...turn, state: { ...state, copy: turn.state } };
  },

  view(state, scene): View {
    if (state.page === "machine") return machineView(scene);
    if (state.head === "") return { page: "head", part: "closing", lines: [line("Closing ...")], keys: "" };
    if (state.copy.page === "copied") return { page: "copied", ...CopyCheck.view(state.copy, "head") };
    const page = given(
      scene.step.pages.find((candidate) => candidate.id === "head"),
      "page",
    );
    const beside = [...aloudLines(page, 42), ...headRows(state.head)];
    return {
      page: "head",
      lines: scene.facts.blocks === true ? besideCode(state.head, beside) : beside,
      keys: "Enter the witness has written all of it",
      ownAloud: true,
    };
  },
};

/** Eight rows of four words, as the witness is asked for them: each takes two lines beside the code. */
function headRows(head: string): Line[] {
  const words = pgpWords(head);
  const rows: Line[] = [];
  for (let at = 0; at < words.length; at += 2) {
    const label = at % 4 === 0 ? `${at / 4 + 1}` : " ";
    const pair = `${(words[at] ?? "").padEnd(9)} ${(words[at + 1] ?? "").padEnd(11)}`;
    rows.push(line(`${label}  `, span(pair, "strong", "head")));
  }
  return rows;
}

/** What was opened gives the words again, in a rehearsal only; docs/mix.md has the form of the file. */
function recomputeLines({ facts }: StepScene): Line[] {
  const { birthdayDays } = given(facts.node, "node");
  return [
    line("7. On another computer, with what was opened in opened.json (docs/mix.md):"),
    line("   python3 test/recompute.py opened.json --birthday ", span(String(birthdayDays), "plain", "birthday")),
  ];
}

/** A number, a stop and a space before each. */
const LIST_COLUMNS = 76;

function machineView(scene: StepScene): View {
  const rehearsal = scene.facts.config.mode === "rehearsal";
  const bundled = scene.facts.bundle !== undefined;
  return {
    page: "machine",
    lines: [
      ...closingList(bundled).flatMap((item, index) =>
        wrap(item, LIST_COLUMNS).map((part, row) => line(row === 0 ? `${index + 1}. ` : "   ", part)),
      ),
      ...(rehearsal ? recomputeLines(scene) : []),
      [],
      line(
        rehearsal
          ? span("This was a rehearsal: no coin may ever be sent to this seed.", "warn")
          : "Never run two nodes from this seed.",
      ),
    ],
    keys: "Enter end",
  };
}
