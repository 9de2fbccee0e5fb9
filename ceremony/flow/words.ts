import { Secret } from "../../core/secret.ts";
import { COUNT_MAX, SCREEN_COLUMNS, WORDS_BLANK_MS, WORDS_PER_PAGE } from "../limits.ts";
import { letterOf } from "../screen/keys.ts";
import { type Line, line, span, wrap } from "../screen/span.ts";
import { encipher } from "../seed/aezeed.ts";
import { birthdayDate } from "../seed/birthday.ts";
import { PHRASE_WORDS, wordIndexes } from "../seed/phrase.ts";
import { PREFIX_LETTERS, wordBytes } from "../seed/wordlist.ts";
import { coveredBody } from "./cover.ts";
import { given, type StepLogic, type StepScene, type StepTurn, type View } from "./turn.ts";

interface State {
  readonly page: "gate" | "four" | "plate";
  readonly first: number;
  /** When the present words came onto the screen; undefined until the first tick after it. */
  readonly since: number | undefined;
  readonly blank: boolean;
  /** How often words went away by themselves. */
  readonly blanked: number;
}

const LONGEST_WORD = 8;

export const words: StepLogic<State> = {
  begin: () => ({
    state: { page: "gate", first: 0, since: undefined, blank: false, blanked: 0 },
    ask: { kind: "drawn" },
  }),

  reduce(state, input, scene): StepTurn<State> {
    if (input.kind === "answer") return input.answer.kind === "drawn" ? enciphered(state, scene) : { state };
    if (scene.secrets.enciphered === undefined) return { state };
    if (input.kind === "tick") return ticked(state, input.at);
    if (input.kind === "interrupted") return { state: state.page === "four" ? { ...state, blank: true } : state };
    if (state.page === "gate") {
      if (letterOf(input.key) !== "Y") return { state };
      return { state: { ...state, page: "four" }, notes: [{ what: "gate", actor: "officer1", data: {} }] };
    }
    if (state.page === "plate") {
      if (letterOf(input.key) === "B") return { state: { ...state, page: "gate", first: 0, since: undefined } };
      if (input.key.kind !== "enter") return { state };
      const { plates } = scene.facts.config;
      return { state, notes: [{ what: "engraved", actor: "officer1", data: { plates } }], go: "next" };
    }
    return wordKey(state, input.key.kind === "enter", letterOf(input.key), input.at);
  },

  view(state, scene): View {
    if (state.page === "gate")
      return {
        page: "gate",
        lines: [
          line("24 words follow, four at a time. They are the node: a person who has them and"),
          line("the passphrase has the money."),
          [],
          ...comparedLines(scene),
          line("Engrave the first four letters of each, or all three: they say which word it is."),
          line(`Words go away by themselves after ${WORDS_BLANK_MS / 1000} seconds, and come back with a key.`),
        ],
        keys: "Y the others are turned away   Ctrl-C end the ceremony",
      };
    return state.page === "four" ? fourView(state, scene) : plateView(scene);
  },
};

/** After a read-back: which words to look for on six screens. */
function comparedLines(scene: StepScene): Line[] {
  const { wrongWords = [] } = scene.facts;
  if (wrongWords.length === 0) return [];
  const named = wrap(`The read-back found these positions wrong: ${wrongWords.join(", ")}.`, SCREEN_COLUMNS);
  return [...named.map((part) => line(span(part, "strong"))), line("They are marked with < when they are shown."), []];
}

function enciphered(state: State, scene: StepScene): StepTurn<State> {
  // Words that were shown before the read-back asked for them again stay the same: same salt, same birthday.
  if (scene.secrets.enciphered !== undefined) return { state };
  const { birthdayDays, internalVersion } = given(scene.facts.node, "node");
  const entropy = given(scene.secrets.entropy, "entropy");
  const salt = given(scene.secrets.salt, "salt");
  const seed = { internalVersion, birthdayDays, entropy, salt };
  return { state, secrets: { enciphered: encipher(seed, given(scene.secrets.passphrase, "passphrase")) } };
}

function ticked(state: State, at: number): StepTurn<State> {
  if (state.page !== "four" || state.blank) return { state };
  if (state.since === undefined) return { state: { ...state, since: at } };
  if (at - state.since < WORDS_BLANK_MS) return { state };
  return { state: { ...state, blank: true, blanked: Math.min(state.blanked + 1, COUNT_MAX) } };
}

function wordKey(state: State, isEnter: boolean, letter: string | undefined, at: number): StepTurn<State> {
  if (state.blank) return { state: { ...state, blank: false, since: at } };
  if (letter === "B") return { state: { ...state, first: Math.max(0, state.first - WORDS_PER_PAGE), since: at } };
  if (!isEnter) return { state: { ...state, blank: true } };
  const first = state.first + WORDS_PER_PAGE;
  if (first < PHRASE_WORDS) return { state: { ...state, first, since: at } };
  const shown = { what: "shown", actor: "officer1" as const, data: { blanked: state.blanked } };
  return { state: { ...state, page: "plate", since: undefined }, notes: [shown] };
}

function fourView(state: State, scene: StepScene): View {
  const part = `words ${state.first + 1} to ${state.first + WORDS_PER_PAGE} of ${PHRASE_WORDS}`;
  if (state.blank)
    return {
      page: "four",
      part: `${state.first} hidden`,
      ...coveredBody(part),
    };
  const indexes = wordIndexes(given(scene.secrets.enciphered, "words"));
  const rows: Line[] = [];
  for (let position = state.first; position < state.first + WORDS_PER_PAGE; position += 1) {
    const word = wordBytes(indexes[position] ?? 0);
    rows.push([]);
    rows.push(
      line(
        ` ${scene.facts.wrongWords?.includes(position + 1) === true ? "<" : " "} ${String(position + 1).padStart(2)}   `,
        span(padded(word), "strong", "word"),
        "        ",
        span(capitals(word), "strong", "letters"),
      ),
    );
    rows.push([]);
  }
  indexes.fill(0);
  return {
    page: "four",
    part: state.first,
    lines: [
      line(span(part, "strong")),
      [],
      line("        word            on the plate"),
      ...rows,
      line("lnd aezeed, not BIP39."),
    ],
    keys: "Enter the next four   B back   other key: hide   Ctrl-C end the ceremony",
  };
}

/** Every word takes the same columns, so that the shape of the screen says nothing about it. */
function padded(word: Uint8Array): Secret {
  const bytes = Buffer.alloc(LONGEST_WORD, 0x20);
  bytes.set(word);
  return Secret.take(bytes);
}

/** `A B A N`: the first four letters, spaced and in capitals, as they are punched. */
function capitals(word: Uint8Array): Secret {
  const bytes = Buffer.alloc(PREFIX_LETTERS * 2, 0x20);
  word.subarray(0, PREFIX_LETTERS).forEach((letter, index) => {
    bytes[index * 2] = letter - 0x20;
  });
  return Secret.take(bytes);
}

function plateView(scene: StepScene): View {
  const { birthdayDays, masterFingerprint } = given(scene.facts.node, "node");
  const { plates, mode } = scene.facts.config;
  const rows: Line[] = [];
  for (let row = 0; row < 6; row += 1) {
    const cells = [0, 1, 2, 3].map((column) => `${String(row + 1 + column * 6).padStart(2)} [_ _ _ _]`);
    rows.push(line(`   ${cells.join("     ")}`));
  }
  const tag = mode === "rehearsal" ? "   REHEARSAL" : "";
  return {
    page: "plate",
    lines: [
      ...rows,
      [],
      line(
        "   besides:  lnd aezeed v0   birthday ",
        span(`${birthdayDays} (${birthdayDate(birthdayDays)})`, "strong", "birthday"),
        span(tag, "warn"),
      ),
      line(
        "             fingerprint ",
        span(masterFingerprint, "strong", "fingerprint"),
        ": it tells this node's plates from others",
      ),
      [],
      line(`   ${plates} plate${plates > 1 ? "s, all alike" : ""}. Each is read back next, from the steel.`),
    ],
    keys: "Enter the plates are engraved   B the words again   Ctrl-C end the ceremony",
  };
}
