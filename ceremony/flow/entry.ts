import { TYPED_WORD_MAX } from "../limits.ts";
import type { Key } from "../screen/keys.ts";
import { type Line, line, span } from "../screen/span.ts";
import { PHRASE_WORDS } from "../seed/phrase.ts";
import type { Secret } from "../seed/secret.ts";
import { findWord } from "../seed/wordlist.ts";
import { editSecret, field, nothing } from "./field.ts";

/** The words that are being typed from a plate, one field after the other. The indexes are as secret as the words. */
export interface Entry {
  readonly typed: Secret;
  readonly indexes: Uint16Array;
  /** Positions still to be typed, from 0, in order. */
  readonly open: readonly number[];
}

export type EntryStep =
  | { readonly kind: "more"; readonly entry: Entry }
  | { readonly kind: "unknown"; readonly entry: Entry; readonly position: number }
  | { readonly kind: "full"; readonly entry: Entry };

const EVERY = Array.from({ length: PHRASE_WORDS }, (_, index) => index);

export function emptyEntry(): Entry {
  return { typed: nothing(), indexes: new Uint16Array(PHRASE_WORDS), open: EVERY };
}

/** The same words, with these positions (from 1) to be typed again; none means all of them. */
export function reopened(entry: Entry, positions: readonly number[]): Entry {
  return { ...entry, open: positions.length === 0 ? EVERY : positions.map((position) => position - 1) };
}

/** One key: letters make a word, Enter or space ends it. Backspace in an empty field goes back a word. */
export function typeWord(entry: Entry, key: Key): EntryStep {
  const [position] = entry.open;
  if (position === undefined) return { kind: "full", entry };
  const ends = key.kind === "enter" || key.kind === "tab" || (key.kind === "char" && key.code === 0x20);
  if (!ends) {
    if (key.kind === "backspace" && entry.typed.length === 0 && entry.open.length < PHRASE_WORDS && position > 0)
      return { kind: "more", entry: { ...entry, open: [position - 1, ...entry.open] } };
    return { kind: "more", entry: { ...entry, typed: editSecret(entry.typed, key, TYPED_WORD_MAX) } };
  }
  if (entry.typed.length === 0) return { kind: "more", entry };
  const index = findWord(entry.typed.bytes);
  entry.typed.wipe();
  if (index === undefined) return { kind: "unknown", entry: { ...entry, typed: nothing() }, position: position + 1 };
  // In place: a second array would be a second copy of the words.
  entry.indexes[position] = index;
  const next = { ...entry, typed: nothing(), open: entry.open.slice(1) };
  return { kind: next.open.length === 0 ? "full" : "more", entry: next };
}

export function entryLines(entry: Entry): Line[] {
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
  return [...rows, [], line(span(`word ${position + 1}`, "strong"), " from the plate:"), field("  ", entry.typed)];
}
