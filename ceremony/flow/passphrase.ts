import { Secret } from "../../core/secret.ts";
import { KEY_GAP_MIN_MS, PASSPHRASE_DICE_WORDS, PASSPHRASE_MAX, PASSPHRASE_MIN } from "../limits.ts";
import { checkKeyTiming, checkPassphraseDice, type ThrowKey } from "../mix/dice.ts";
import { diceStrength, diceWord } from "../mix/dicewords.ts";
import { type Line, line, span } from "../screen/span.ts";
import { checkNewPassphrase } from "../seed/passphrase.ts";
import type { RefusalId } from "../steps/ceremonies.ts";
import { COVERED, type Cover, coveredBody, coverTick, seenAt, UNCOVERED } from "./cover.ts";
import { editLine, fieldLine, nothing } from "./field.ts";
import {
  emptyField,
  hiddenField,
  longer,
  type SecretFault,
  type SecretField,
  shorter,
  typeSecret,
  voided,
} from "./secretfield.ts";
import type { StepInput, StepLogic, StepTurn, View } from "./turn.ts";

/** Every kind of key that differs between keyboard maps: letters of AZERTY and QWERTZ, digits, signs. */
const KEYBOARD_LINE = "azqwymAZQWYM 0123456789 -_=+[]{};:'\",.<>/?!@#$%^&*()|~";
const ROLLS_PER_WORD = 5;

const REFUSED: Readonly<Record<SecretFault, RefusalId>> = {
  foreign: "passphrase_not_ascii",
  sequence: "passphrase_keypad",
  control: "passphrase_control",
  blanks: "passphrase_blanks",
  edge: "passphrase_space",
  long: "passphrase_long",
  lines: "passphrase_lines",
};

interface State {
  readonly page: "keyboard" | "dice" | "first" | "second";
  readonly typed: string;
  /** Faces of the dice of the present word. */
  readonly faces: Secret;
  readonly words: readonly Secret[];
  /** Faces of all words so far. */
  readonly thrown: Secret;
  /** The key of the last throw, taken or not. */
  readonly last: ThrowKey | undefined;
  /** Ignores faces until a pause: a paste counts as one refusal and not as one for each key. */
  readonly deaf: boolean;
  readonly secret: SecretField;
  readonly first: Secret;
  /** Of the words by dice, which stand on the screen. */
  readonly cover: Cover;
}

export const passphrase: StepLogic<State> = {
  begin(scene) {
    const state: State = {
      page: "keyboard",
      typed: "",
      faces: nothing(),
      words: [],
      thrown: nothing(),
      last: undefined,
      deaf: false,
      secret: emptyField(),
      first: nothing(),
      cover: UNCOVERED,
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

  reduce(state, input, scene): StepTurn<State> {
    // Ctrl for Shift in a capital C: the letter would be missing.
    if (input.kind === "interrupted")
      return { state: { ...state, secret: voided(state.secret, state.secret.typed.length > 0), cover: COVERED } };
    if (input.kind === "tick" && state.page === "dice") {
      const cover = coverTick(state.cover, input.at);
      return { state: cover === state.cover ? state : { ...state, cover } };
    }
    if (input.kind !== "key") return { state };
    const policy = scene.facts.config.passphrase;
    if (state.page === "keyboard") {
      const edited = editLine(state.typed, input.key, KEYBOARD_LINE.length + 1);
      if (!edited.entered) return { state: { ...state, typed: edited.text } };
      // What is typed stays: nobody types a whole line again for one key. It is public.
      if (edited.text !== KEYBOARD_LINE)
        return {
          state,
          refused: { id: "keyboard_test", detail: `It differs at character ${differsAt(edited.text)}.` },
        };
      const page = policy === "dice" ? "dice" : "first";
      return {
        state: { ...state, page, typed: "", cover: UNCOVERED },
        notes: [{ what: "keyboard", actor: "leader", data: {} }],
      };
    }
    if (state.page === "dice") {
      const seen = { ...state, cover: seenAt(input.at) };
      // The key that shows the words again is no throw.
      return state.cover.hidden ? { state: seen } : diceKey(seen, input);
    }
    if (input.key.kind === "tab" && state.page === "second" && policy === "dice" && !input.sameRead)
      return { state: { ...state, page: "dice", secret: voided(state.secret, false), cover: seenAt(input.at) } };
    const step = typeSecret(state.secret, input, PASSPHRASE_MAX);
    const next = { ...state, secret: step.field };
    if (step.kind === "void") return { state: next, refused: { id: REFUSED[step.fault] } };
    if (step.kind === "entered") return state.page === "first" ? firstEntered(next) : secondEntered(next, policy);
    if (step.kind === "empty" && state.page === "first") return { state: next, refused: { id: "passphrase_empty" } };
    if (state.secret.isVoid) return { state: next, ignored: true };
    return { state: step.field === state.secret ? state : next };
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
        ...hiddenField("passphrase:", state.secret),
        [],
        line(
          first
            ? `${PASSPHRASE_MIN} to ${PASSPHRASE_MAX} ASCII characters, single blanks inside. Write it on paper first.`
            : "From the paper, not from memory: the paper is what must be right.",
        ),
        line("It is kept apart from the plates. Without it the words restore nothing."),
      ],
      keys: `Enter done   Ctrl-U clear${dice ? "   Tab show the words again" : ""}   Ctrl-C end the ceremony`,
    };
  },
};

/** Where the typed line first differs, counted from 1. */
function differsAt(typed: string): number {
  let at = 0;
  while (at < KEYBOARD_LINE.length && typed[at] === KEYBOARD_LINE[at]) at += 1;
  return at + 1;
}

type KeyInput = Extract<StepInput, { kind: "key" }>;

function diceKey(state: State, { key, at, sameRead }: KeyInput): StepTurn<State> {
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
  if (key.kind === "backspace") return { state: { ...state, faces: shorter(state.faces) } };
  if (key.kind !== "char" || key.code < 0x31 || key.code > 0x36) return { state };
  const last = { face: key.code, at };
  if (state.deaf && at - (state.last?.at ?? at) < KEY_GAP_MIN_MS) return { state: { ...state, last }, ignored: true };
  const odd = checkKeyTiming(state.last, last, sameRead);
  if (odd === "bounced") return { state: { ...state, last } };
  if (odd !== undefined) return thrownAgain({ ...state, last, deaf: true }, `passphrase_${odd}`);
  return face({ ...state, last, deaf: false }, key.code);
}

/** One face more, and with the fifth a word. */
function face(state: State, code: number): StepTurn<State> {
  const faces = longer(state.faces, code);
  if (faces.length < ROLLS_PER_WORD) return { state: { ...state, faces } };
  const word = Secret.take(diceWord(faces.bytes));
  const thrown = joinedFaces(state.thrown.bytes, faces.bytes);
  for (const secret of [faces, state.thrown]) secret.wipe();
  const next = { ...state, faces: nothing(), words: [...state.words, word], thrown };
  // At the last throw and not at Enter: nobody writes a passphrase down that is thrown again.
  const refused = next.words.length < PASSPHRASE_DICE_WORDS ? undefined : checkPassphraseDice(thrown);
  return refused === undefined ? { state: next } : thrownAgain(next, refused);
}

function thrownAgain(state: State, id: RefusalId): StepTurn<State> {
  for (const secret of [state.faces, state.thrown, ...state.words]) secret.wipe();
  return { state: { ...state, faces: nothing(), words: [], thrown: nothing() }, refused: { id } };
}

/** Not `Buffer.concat`: it takes memory from Node's shared pool, which a wipe here would not be alone in. */
function joinedFaces(before: Uint8Array, more: Uint8Array = new Uint8Array(0)): Secret {
  const faces = Buffer.alloc(before.length + more.length);
  faces.set(before);
  faces.set(more, before.length);
  return Secret.take(faces);
}

function firstEntered(state: State): StepTurn<State> {
  const { typed } = state.secret;
  const checked = checkNewPassphrase(typed, { mayBeDefault: false });
  if (!checked.ok) return again(state, checked.error.code);
  if (typed.length < PASSPHRASE_MIN) return again(state, "passphrase_short");
  return { state: { ...state, page: "second", first: typed, secret: emptyField() } };
}

function again(state: State, id: RefusalId): StepTurn<State> {
  state.first.wipe();
  const secret = voided(state.secret, false);
  return { state: { ...state, page: "first", secret, first: nothing() }, refused: { id } };
}

function secondEntered(state: State, policy: "typed" | "dice" | "none"): StepTurn<State> {
  const { typed } = state.secret;
  if (!typed.equals(state.first)) {
    if (policy === "typed") return again(state, "passphrase_differs");
    return { state: { ...state, secret: voided(state.secret, false) }, refused: { id: "passphrase_differs" } };
  }
  for (const secret of [typed, state.thrown, ...state.words]) secret.wipe();
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
  if (state.cover.hidden) return { page: "dice", part: "hidden", ...coveredBody("the words by dice") };
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
        : fieldLine(`word ${count + 1}, five faces:`, state.faces),
    ],
    keys: full
      ? "Enter it is written down, hide it   Backspace a word   Ctrl-C end the ceremony"
      : "1-6 the face   Backspace a face or a word   Ctrl-C end the ceremony",
  };
}
