import { pgpWords } from "../../core/pgpwords.ts";
import { BUNDLE_FILE } from "../bundle/bundle.ts";
import { COPIED_MAX, HASH_ROWS } from "../limits.ts";
import { grouped, line, span } from "../screen/span.ts";
import { parseRecipient } from "../table/recipient.ts";
import { editLine, fieldLine, hashRow, hashTable, sameWords } from "./field.ts";
import {
  FlowFault,
  given,
  type HelperAnswer,
  type Note,
  type StepLogic,
  type StepScene,
  type StepTurn,
  type View,
} from "./turn.ts";

interface State {
  readonly page: "recipient" | "part" | "bundled";
  /** The row that is typed from the printed copy, from 1; 0 until it is drawn. */
  readonly row: number;
  readonly typed: string;
  readonly file?: { readonly sha256: string; readonly bytes: number };
}

/**
 * The vault encrypted the identity key right after the mix, and not this step: the values that stand in for age's
 * randomness come from share and dice, which only the vault had, and it is gone; the test restore knows what was typed
 * into it and no more. What crossed is the ciphertext. It is written here and not before, because only now two
 * implementations have found, from the plate, the node id that it was made for; that the key in it belongs to that id
 * `test/recompute.py` shows in a rehearsal, and the signer checks before it uses it.
 */
export const bundleStep: StepLogic<State> = {
  begin(scene) {
    const recipient = given(scene.facts.config.recipient, "recipient");
    const state: State = { page: "recipient", row: 0, typed: "" };
    const notes: Note[] = [{ what: "recipient", actor: "machine", data: { recipient } }];
    return { state, notes, ask: { kind: "pick", below: HASH_ROWS, count: 1 } };
  },

  reduce(state, input, scene): StepTurn<State> {
    if (input.kind === "answer") return answered(state, input.answer);
    if (input.kind !== "key" || state.row === 0) return { state };
    if (state.page === "recipient") return { state: input.key.kind === "enter" ? { ...state, page: "part" } : state };
    if (state.page === "bundled")
      return state.file !== undefined && input.key.kind === "enter" ? { state, go: "next" } : { state };
    // Only a rehearsal may copy the screen: in production the printed copy comes from the signer itself.
    if (input.key.kind === "tab" && scene.facts.config.mode === "rehearsal")
      return { state: { ...state, page: "recipient", typed: "" } };
    const edited = editLine(state.typed, input.key, COPIED_MAX);
    if (!edited.entered) return { state: { ...state, typed: edited.text } };
    if (edited.text.trim().toLowerCase() === "reject") return { state, refused: { id: "recipient_rejected" } };
    if (!sameWords(edited.text, pgpWords(hashRow(recipientHex(scene), state.row))))
      return { state: { ...state, typed: "" }, refused: { id: "recipient_copy" } };
    return {
      state: { ...state, page: "bundled", typed: "" },
      notes: [{ what: "compared", actor: "officer2", data: { row: state.row } }],
      ask: { kind: "write", file: BUNDLE_FILE, text: given(scene.facts.bundle, "bundle") },
    };
  },

  view(state, scene): View {
    const rehearsal = scene.facts.config.mode === "rehearsal";
    if (state.page === "bundled") return bundledView(state);
    if (state.page === "recipient")
      return {
        page: "recipient",
        lines: [
          line(span(given(scene.facts.config.recipient, "recipient"), "strong", "recipient")),
          [],
          ...hashTable(recipientHex(scene), "recipient"),
          [],
          line("Printed copies come from 'signer recipient', never from this screen."),
          ...(rehearsal ? [line("A rehearsal may copy this screen.")] : []),
        ],
        keys: "Enter hide it and go on   Ctrl-E exception note   Ctrl-C end the ceremony",
      };
    const row = span(`${state.row}`, "strong", "asked-row");
    return {
      page: "part",
      lines: [
        line("Row ", row, ", the four words:"),
        [],
        line("row ", span(`${state.row}`, "plain", "asked-row"), ...fieldLine(":", state.typed)),
        [],
        line("Type reject if this is not the signer's recipient."),
      ],
      keys: `Enter done${rehearsal ? "   Tab look at it again (rehearsal)" : ""}   Ctrl-C end the ceremony`,
    };
  },
};

function answered(state: State, answer: HelperAnswer): StepTurn<State> {
  if (answer.kind === "pick") return { state: { ...state, row: (answer.numbers[0] ?? 0) + 1 } };
  if (answer.kind !== "write") return { state };
  const { sha256, bytes } = answer;
  const data = { file: BUNDLE_FILE, sha256, bytes };
  return { state: { ...state, file: { sha256, bytes } }, notes: [{ what: "written", actor: "machine", data }] };
}

function bundledView({ file }: State): View {
  if (file === undefined) return { page: "bundled", part: "writing", lines: [line("Writing ...")], keys: "" };
  return {
    page: "bundled",
    lines: [
      line(span(BUNDLE_FILE, "strong"), `  ${file.bytes} bytes, read back equal`),
      line("  ", span(grouped(file.sha256, 8), "plain", "file-hash")),
      [],
      line("It holds the key at m/1017'/coin'/6'/0/0 alone, never the seed: it signs for the"),
      line("node and moves no coin on the chain."),
    ],
    keys: "Enter go on   Ctrl-E exception note   Ctrl-C end the ceremony",
  };
}

/** The recipient's 32 bytes, which have the shape of a hash and are read aloud like one. */
function recipientHex(scene: StepScene): string {
  const parsed = parseRecipient(given(scene.facts.config.recipient, "recipient"));
  if (!parsed.ok) throw new FlowFault("recipient_form", "the configuration was checked before");
  return parsed.value.hex;
}
