import { Secret } from "../../core/secret.ts";
import { TYPED_WORD_MAX, WORDS_BLANK_MS } from "../limits.ts";
import { faultOf, type Key } from "../screen/keys.ts";
import { type Line, line, span } from "../screen/span.ts";
import { PHRASE_WORDS } from "../seed/phrase.ts";
import { findWord, PREFIX_LETTERS } from "../seed/wordlist.ts";
import { fieldLine, nothing } from "./field.ts";
import { longer, type SecretFault, shorter } from "./secretfield.ts";

/** The words that are being typed from a plate, one field after the other. The indexes are as secret as the words. */
export interface DiceEntry {
  readonly typed: Secret;
  readonly indexes: Uint16Array;
  /** Positions still to be typed, from 0, in order. */
  readonly open: readonly number[];
  /**
   * `letters`: blanks stand between the letters of a word, as on the plate. `gap`: after three of them one did, and what
   * comes next says whether the word has a fourth. `void`: the rest of a word in which a key could not be taken.
   */
  readonly mode?: "letters" | "gap" | "void";
  /** Since when the letters stand on the screen without another key; undefined until the first tick after it. */
  readonly since?: number;
}

export type EntryStep =
  | { readonly kind: "more"; readonly entry: DiceEntry }
  | { readonly kind: "unknown"; readonly entry: DiceEntry; readonly position: number }
  | { readonly kind: "void"; readonly entry: DiceEntry; readonly position: number; readonly fault: SecretFault }
  | { readonly kind: "full"; readonly entry: DiceEntry };

const EVERY = Array.from({ length: PHRASE_WORDS }, (_, index) => index);
/** No word of the list has fewer letters. */
const WORD_LETTERS_MIN = 3;
/** What people type between words, and between the letters of a word as it is punched: A B O U, A-B-O-U, [A.B.O.U]. */
const BLANKS = Buffer.from(" ,.;:-_/()[]|");

export function emptyEntry(): DiceEntry {
  return { typed: nothing(), indexes: new Uint16Array(PHRASE_WORDS), open: EVERY };
}

/** The same words, with these positions (from 1) to be typed again; none means all of them. */
export function reopened(entry: DiceEntry, positions: readonly number[]): DiceEntry {
  return { ...entry, open: positions.length === 0 ? EVERY : positions.map((position) => position - 1) };
}

/**
 * One key: letters make a word, Enter or a blank ends it; a blank between single letters, as they stand on the plate, is
 * none. Backspace in an empty field goes back a word. The number of the word may be typed before it.
 */
export function typeWord({ since: _, ...entry }: DiceEntry, key: Key): EntryStep {
  const [position] = entry.open;
  if (position === undefined) return { kind: "full", entry };
  const ends = key.kind === "enter" || key.kind === "tab";
  const isBlank = key.kind === "char" && BLANKS.includes(key.code);
  if (entry.mode === "void") return { kind: "more", entry: ends || isBlank ? fresh(entry) : entry };
  if (key.kind === "clear") return { kind: "more", entry: cleared(entry) };
  if (key.kind === "backspace") {
    if (entry.typed.length === 0 && entry.open.length < PHRASE_WORDS && position > 0)
      return { kind: "more", entry: { ...entry, open: [position - 1, ...entry.open] } };
    const typed = shorter(entry.typed);
    return { kind: "more", entry: typed.length === 0 ? { ...fresh(entry), typed } : { ...entry, typed } };
  }
  if (isBlank) return blank(entry, position);
  if (entry.mode === "gap" && isDigit(key)) {
    // The number of the next word: this one had three letters.
    const step = ended(entry, position);
    return step.kind === "more" ? typeWord(step.entry, key) : step;
  }
  if (ends) return entry.typed.length === 0 ? { kind: "more", entry } : ended(entry, position);
  const fault = key.kind === "char" ? undefined : (faultOf(key) ?? "control");
  if (key.kind !== "char" || fault !== undefined || entry.typed.length >= TYPED_WORD_MAX)
    return { kind: "void", entry: { ...cleared(entry), mode: "void" }, position: position + 1, fault: fault ?? "long" };
  const mode = entry.mode === undefined ? {} : { mode: "letters" as const };
  return { kind: "more", entry: { ...fresh(entry), ...mode, typed: longer(entry.typed, key.code) } };
}

function blank(entry: DiceEntry, position: number): EntryStep {
  const { length } = entry.typed;
  if (length === 0) return { kind: "more", entry };
  if (isNumber(entry.typed)) {
    // The number that stands before the word on the plate; any other is a slip, and no word.
    if (entry.typed.bytes.equals(Buffer.from(String(position + 1)))) return { kind: "more", entry: cleared(entry) };
    return ended(entry, position);
  }
  if (length < WORD_LETTERS_MIN) return { kind: "more", entry: { ...entry, mode: "letters" } };
  if (entry.mode === "letters" && length === WORD_LETTERS_MIN)
    return { kind: "more", entry: { ...entry, mode: "gap" } };
  return ended(entry, position);
}

const isDigit = (key: Key): boolean => key.kind === "char" && key.code >= 0x30 && key.code <= 0x39;
const isNumber = (typed: Secret): boolean => typed.bytes.every((byte) => byte >= 0x30 && byte <= 0x39);

/** Enter, or a blank after a word: the word is looked up and the next position is open. */
function ended(entry: DiceEntry, position: number): EntryStep {
  const { typed, mode } = entry;
  const whole = findWord(typed.bytes);
  // T R Y A: a word of three letters, and the first letter of the next.
  const isSplit = whole === undefined && mode === "letters" && typed.length === PREFIX_LETTERS;
  const index = isSplit ? findWord(typed.bytes.subarray(0, WORD_LETTERS_MIN)) : whole;
  const rest =
    isSplit && index !== undefined && entry.open.length > 1 ? Secret.copyOf(typed.bytes.subarray(-1)) : nothing();
  typed.wipe();
  if (index === undefined || (isSplit && rest.length === 0))
    return { kind: "unknown", entry: { ...fresh(entry), typed: nothing() }, position: position + 1 };
  // In place: a second array would be a second copy of the words.
  entry.indexes[position] = index;
  const next = { ...fresh(entry), typed: rest, open: entry.open.slice(1) };
  if (rest.length > 0) return { kind: "more", entry: { ...next, mode: "letters" } };
  return { kind: next.open.length === 0 ? "full" : "more", entry: next };
}

/** The same field without a mode. */
function fresh({ mode: _, since: __, ...entry }: DiceEntry): DiceEntry {
  return entry;
}

function cleared(entry: DiceEntry): DiceEntry {
  entry.typed.wipe();
  return { ...fresh(entry), typed: nothing() };
}

/** Time goes by: letters of a word that nobody goes on with are as secret as the words, and do not stay. */
export function idled(entry: DiceEntry, at: number): DiceEntry {
  if (entry.typed.length === 0) return entry;
  if (entry.since === undefined) return { ...entry, since: at };
  return at - entry.since < WORDS_BLANK_MS ? entry : interrupted(entry);
}

/** Something else took the keyboard while a word was typed: a letter of it may be missing. */
export function interrupted(entry: DiceEntry): DiceEntry {
  return entry.typed.length === 0 ? entry : { ...cleared(entry), mode: "void" };
}

export function entryLines(entry: DiceEntry): Line[] {
  const [position] = entry.open;
  const rows: Line[] = [];
  for (let row = 0; row < 6; row += 1) {
    const cells = [0, 1, 2, 3].map((column) => {
      const at = row + column * 6;
      const mark = at === position ? "????" : entry.open.includes(at) ? "...." : "####";
      return `${String(at + 1).padStart(2)} ${mark}`;
    });
    rows.push(line(`      ${cells.join("        ")}`));
  }
  if (position === undefined) return rows;
  const typed = fieldLine("  ", entry.typed);
  const told = entry.mode === "void" ? [span("  void: Enter, then type this word again", "strong")] : [];
  return [...rows, [], line(span(`word ${position + 1}`, "strong"), " from the plate:"), [...typed, ...told]];
}
