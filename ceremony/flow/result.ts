import { COPIED_MAX } from "../limits.ts";
import { aloudLines } from "../screen/frame.ts";
import { qrRows } from "../screen/qr.ts";
import { grouped, type Line, line, span } from "../screen/span.ts";
import { publicReport } from "../seed/report.ts";
import { editLine, fieldLine } from "./field.ts";
import { isNodeDigits, nodeDigits } from "./nodedigits.ts";
import { given, type SittingFacts, type StepLogic, type StepTurn, type View } from "./turn.ts";

interface State {
  readonly page: "written" | "noted" | "lost" | "node";
  readonly files: readonly { readonly file: string; readonly sha256: string; readonly bytes: number }[];
  readonly typed: string;
  /** Where they are, if it is not the folder of the configuration. */
  readonly folder?: string | undefined;
}

export const result: StepLogic<State> = {
  begin: (scene) => ({
    state: { page: "written", files: [], typed: "" },
    ask: { kind: "write", file: "node.json", text: nodeJson(scene.facts) },
  }),

  reduce(state, input, scene): StepTurn<State> {
    if (input.kind === "answer" && input.answer.kind === "write") {
      const file = state.files.length === 0 ? "node.json" : "accounts.json";
      const { sha256, bytes, folder } = input.answer;
      const next = { ...state, folder, files: [...state.files, { file, sha256, bytes }] };
      const notes = [{ what: "written", actor: "machine" as const, data: { file, sha256, bytes } }];
      if (file === "accounts.json") return { state: next, notes };
      return {
        state: next,
        notes,
        ask: { kind: "write", file: "accounts.json", text: given(scene.facts.accounts, "accounts") },
      };
    }
    if (input.kind !== "key" || state.files.length < 2) return { state };
    if (state.page === "written") return { state: input.key.kind === "enter" ? { ...state, page: "noted" } : state };
    if (state.page === "node") return input.key.kind === "enter" ? { state, go: "next" } : { state };
    if (state.page === "lost") return { state: input.key.kind === "enter" ? { ...state, page: "noted" } : state };
    // A paper that is lost ends no ceremony whose plates are made; that it was, everybody can read.
    if (input.key.kind === "tab")
      return {
        state: { ...state, page: "lost", typed: "" },
        notes: [{ what: "lost", actor: "witness", data: {} }],
      };
    const edited = editLine(state.typed, input.key, COPIED_MAX);
    if (!edited.entered) return { state: { ...state, typed: edited.text } };
    const { nodeId, masterFingerprint } = given(scene.facts.node, "node");
    if (!isNodeDigits(edited.text, nodeId)) return { state: { ...state, typed: "" }, refused: { id: "node_id_copy" } };
    const data = { nodeId, masterFingerprint, qr: scene.facts.blocks === true };
    return { state: { ...state, page: "node" }, notes: [{ what: "node", actor: "witness", data }] };
  },

  view(state, scene): View {
    if (state.page === "written")
      return {
        page: "written",
        part: state.files.length,
        lines: [
          line("folder  ", span((state.folder ?? scene.facts.config.out).padEnd(60), "strong", "out")),
          [],
          ...state.files.flatMap(({ file, sha256, bytes }) => [
            line(span(file, "strong"), `  ${bytes} bytes, read back equal`),
            line("  ", span(grouped(sha256, 8), "plain", "file-hash")),
          ]),
          [],
          line("transcript.jsonl is there too, and grows until its last event."),
        ],
        keys: state.files.length < 2 ? "" : "Enter go on   Ctrl-E exception note   Ctrl-C end the ceremony",
      };
    // Before the id is on the screen: the paper of step 6 is what is compared, and not a copy of this page.
    if (state.page === "noted")
      return {
        page: "noted",
        lines: [
          fieldLine("first and last eight digits:", state.typed),
          [],
          line("From the paper of step 6. The node id is shown after it, to be scanned."),
        ],
        keys: "Enter done   Tab no paper   Ctrl-E exception note   Ctrl-C end the ceremony",
      };
    if (state.page === "lost")
      return {
        page: "lost",
        lines: [line(...nodeDigits(given(scene.facts.node, "node").nodeId))],
        keys: "Enter it is written down   Ctrl-E exception note   Ctrl-C end the ceremony",
      };
    const page = given(
      scene.step.pages.find((candidate) => candidate.id === "node"),
      "page",
    );
    const { nodeId, masterFingerprint } = given(scene.facts.node, "node");
    const beside: Line[] = [
      ...aloudLines(page, 42),
      [],
      line("node id"),
      ...[0, 20, 40, 60].map((from) =>
        line("  ", span(grouped(nodeId.slice(from, from + 20), 4), "strong", "node-id")),
      ),
      line("fingerprint ", span(masterFingerprint, "strong", "fingerprint")),
      [],
      line("The first and last eight digits are"),
      line("those on the paper of the witness."),
    ];
    return {
      page: "node",
      lines: scene.facts.blocks === true ? besideCode(nodeId, beside) : beside,
      keys: "Enter go on   Ctrl-E exception note   Ctrl-C end the ceremony",
      ownAloud: true,
    };
  },
};

/** A QR code at the left, text at its right. */
export function besideCode(code: string, beside: readonly Line[]): Line[] {
  return qrRows(code).rows.map((row, index) => line(span(row, "code", "qr"), " ", ...(beside[index] ?? [])));
}

/** The fields of `ceremony inspect --json`, and which ceremony made them. */
function nodeJson(facts: SittingFacts): string {
  const { config, ceremonyId, node } = facts;
  const value = {
    ...publicReport(given(node, "node"), config.network),
    ceremonyId: given(ceremonyId, "ceremony id"),
    mode: config.mode,
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
