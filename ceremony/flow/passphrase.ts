import { PASSPHRASE_DICE_WORDS, PASSPHRASE_MAX, PASSPHRASE_MIN } from "../limits.ts";
import { checkPassphraseDice } from "../mix/dice.ts";
import { diceStrength, diceWord } from "../mix/dicewords.ts";
import type { RefusalId } from "../refusals.ts";
import { type Line, line, span } from "../screen/span.ts";
import { checkNewPassphrase } from "../seed/passphrase.ts";
import { Secret } from "../seed/secret.ts";
import { editLine, editSecret, field, hiddenField, nothing } from "./field.ts";
import type { StepLogic, Turn, View } from "./turn.ts";

/** Every kind of key that differs between keyboard maps: letters of AZERTY and QWERTZ, digits, signs. */
const KEYBOARD_LINE = "azqwymAZQWYM 0123456789 -_=+[]{};:'\",.<>/?!@#$%^&*()|~";
const ROLLS_PER_WORD = 5;

interface State {
  readonly page: "keyboard" | "dice" | "first" | "second";
  readonly typed: string;
  /** Faces of the dice of the present word. */
  readonly faces: Secret;
  readonly words: readonly Secret[];
  /** Faces of all words so far. */
  readonly thrown: Secret;
  readonly secret: Secret;
  readonly first: Secret;
}

export const passphrase: StepLogic<State> = {
  begin(scene) {
    const state: State = {
      page: "keyboard",
      typed: "",
      faces: nothing(),
      words: [],
      thrown: nothing(),
      secret: nothing(),
      first: nothing(),
    };
    if (scene.facts.config.passphrase !== "none") return { state };
    // lnd's own default stands in for no passphrase (aezeed/cipherseed.go): the policy said so, two people confirmed it.
    return {
      state,
      notes: [{ what: "passphrase", actor: "machine", data: { policy: "none" } }],
      secrets: { passphrase: nothing() },
      go: "next",
    };
  },

  reduce(state, input, scene): Turn<State> {
    if (input.kind !== "key") return { state };
    const policy = scene.facts.config.passphrase;
    if (state.page === "keyboard") {
      const edited = editLine(state.typed, input.key, KEYBOARD_LINE.length + 1);
      if (!edited.entered) return { state: { ...state, typed: edited.text } };
      // What is typed stays: nobody types a whole line again for one key. It is public.
      if (edited.text !== KEYBOARD_LINE)
        return { state, refused: { id: "keyboard_test", detail: `Character ${differsAt(edited.text)}:` } };
      const page = policy === "dice" ? "dice" : "first";
      return { state: { ...state, page, typed: "" }, notes: [{ what: "keyboard", actor: "leader", data: {} }] };
    }
    if (state.page === "dice") return diceKey(state, input.key);
    if (input.key.kind === "foreign") return { state, refused: { id: "passphrase_not_ascii" } };
    if (input.key.kind === "tab" && state.page === "second" && policy === "dice") {
      state.secret.wipe();
      return { state: { ...state, page: "dice", secret: nothing() } };
    }
    if (input.key.kind !== "enter")
      return { state: { ...state, secret: editSecret(state.secret, input.key, PASSPHRASE_MAX) } };
    return state.page === "first" ? firstEntered(state) : secondEntered(state, policy);
  },

  view(state, scene): View {
    const dice = scene.facts.config.passphrase === "dice";
    if (state.page === "keyboard")
      return {
        page: "keyboard",
        lines: [
          line("  line:  ", span(KEYBOARD_LINE, "strong")),
          [],
          line("typed:   ", span(state.typed, "entry"), span("_", "entry")),
        ],
        keys: "Enter done   Ctrl-C end the ceremony",
      };
    if (state.page === "dice") return diceView(state);
    const first = state.page === "first";
    return {
      page: state.page,
      lines: [
        hiddenField("passphrase:", state.secret),
        [],
        line(
          first
            ? `${PASSPHRASE_MIN} to ${PASSPHRASE_MAX} printable ASCII characters. Write it on paper before you type it.`
            : "From the paper, not from memory: the paper is what must be right.",
        ),
        line("It is kept apart from the plates. Without it the words restore nothing."),
      ],
      keys: `Enter done   Backspace${dice ? "   Tab show the words again" : ""}   Ctrl-C end the ceremony`,
    };
  },
};

/** Where the typed line first differs, counted from 1. */
function differsAt(typed: string): number {
  let at = 0;
  while (at < KEYBOARD_LINE.length && typed[at] === KEYBOARD_LINE[at]) at += 1;
  return at + 1;
}

function diceKey(state: State, key: Parameters<typeof editSecret>[1]): Turn<State> {
  const full = state.words.length >= PASSPHRASE_DICE_WORDS;
  if (key.kind === "backspace" && state.faces.length === 0) {
    state.words.at(-1)?.wipe();
    const thrown = joinedFaces(state.thrown.bytes.subarray(0, -ROLLS_PER_WORD));
    state.thrown.wipe();
    return { state: { ...state, words: state.words.slice(0, -1), thrown } };
  }
  if (full) {
    if (key.kind !== "enter") return { state };
    state.first.wipe();
    return { state: { ...state, page: "second", first: joined(state.words) } };
  }
  if (key.kind === "backspace") return { state: { ...state, faces: editSecret(state.faces, key, ROLLS_PER_WORD) } };
  if (key.kind !== "char" || key.code < 0x31 || key.code > 0x36) return { state };
  const faces = editSecret(state.faces, key, ROLLS_PER_WORD);
  if (faces.length < ROLLS_PER_WORD) return { state: { ...state, faces } };
  const word = Secret.take(diceWord(faces.bytes));
  const thrown = joinedFaces(state.thrown.bytes, faces.bytes);
  for (const secret of [faces, state.thrown]) secret.wipe();
  const next = { ...state, faces: nothing(), words: [...state.words, word], thrown };
  // At the last throw and not at Enter: nobody writes a passphrase down that is thrown again.
  const refused = next.words.length < PASSPHRASE_DICE_WORDS ? undefined : checkPassphraseDice(thrown);
  if (refused === undefined) return { state: next };
  for (const secret of [thrown, ...next.words]) secret.wipe();
  return { state: { ...next, words: [], thrown: nothing() }, refused: { id: refused } };
}

const joinedFaces = (...parts: readonly Uint8Array[]): Secret => Secret.take(Buffer.concat(parts));

function firstEntered(state: State): Turn<State> {
  const checked = checkNewPassphrase(state.secret, { mayBeDefault: false });
  if (!checked.ok) return again(state, checked.error.code);
  if (state.secret.length < PASSPHRASE_MIN) return again(state, "passphrase_short");
  return { state: { ...state, page: "second", first: state.secret, secret: nothing() } };
}

function again(state: State, id: RefusalId): Turn<State> {
  state.secret.wipe();
  state.first.wipe();
  return { state: { ...state, page: "first", secret: nothing(), first: nothing() }, refused: { id } };
}

function secondEntered(state: State, policy: "typed" | "dice" | "none"): Turn<State> {
  if (!state.secret.equals(state.first)) {
    if (policy === "typed") return again(state, "passphrase_differs");
    state.secret.wipe();
    return { state: { ...state, secret: nothing() }, refused: { id: "passphrase_differs" } };
  }
  for (const secret of [state.secret, state.thrown, ...state.words]) secret.wipe();
  return {
    state,
    notes: [{ what: "passphrase", actor: "leader", data: { policy } }],
    secrets: { passphrase: state.first },
    go: "next",
  };
}

function joined(words: readonly Secret[]): Secret {
  const bytes = Buffer.alloc(
    words.reduce((sum, word) => sum + word.length + 1, -1),
    0x20,
  );
  let at = 0;
  for (const word of words) {
    bytes.set(word.bytes, at);
    at += word.length + 1;
  }
  return Secret.take(bytes);
}

function diceView(state: State): View {
  const count = state.words.length;
  const full = count >= PASSPHRASE_DICE_WORDS;
  const rows: Line[] = state.words.map((word, index) => line(`  ${index + 1}  `, span(word, "strong")));
  return {
    page: "dice",
    lines: [
      line(`EFF large list, five dice a word. ${diceStrength(PASSPHRASE_DICE_WORDS)}. Write each down.`),
      [],
      ...rows,
      [],
      full
        ? line("The passphrase is these words with one space between them.")
        : field(`word ${count + 1}, five faces:`, state.faces),
    ],
    keys: full
      ? "Enter it is written down, hide it   Backspace a word   Ctrl-C end the ceremony"
      : "1-6 the face   Backspace a face or a word   Ctrl-C end the ceremony",
  };
}
