import { pgpWords } from "../../core/pgpwords.ts";
import { Secret } from "../../core/secret.ts";
import { HASH_ROWS } from "../limits.ts";
import { faultOf, type Key } from "../screen/keys.ts";
import { grouped, type Line, line, span } from "../screen/span.ts";

/** A public line that is being typed. */
export interface Edited {
  readonly text: string;
  readonly entered: boolean;
}

/**
 * Stands in a public line for a key that it cannot take. A key is never left out in silence: the block is seen, no rule
 * and no comparison passes with it, and Backspace takes it away. Every console font has U+2588.
 */
export const UNTAKEN = "\u2588";

/**
 * One key into a public line of at most `max` characters. Enter on an empty line does nothing: it was meant for the
 * screen before, and would be recorded as somebody's mistake. What cannot be taken, or has no room, becomes `UNTAKEN`.
 */
export function editLine(text: string, key: Key, max: number): Edited {
  if (key.kind === "enter") return { text, entered: text.trim() !== "" };
  if (key.kind === "backspace") return { text: text.slice(0, -1), entered: false };
  if (key.kind === "clear") return { text: "", entered: false };
  const character = key.kind === "char" ? String.fromCharCode(key.code) : UNTAKEN;
  if (key.kind !== "char" && faultOf(key) === undefined) return { text, entered: false };
  if (text.length < max) return { text: text + character, entered: false };
  return { text: text.slice(0, max - 1) + UNTAKEN, entered: false };
}

export const nothing = (): Secret => Secret.copyOf(new Uint8Array(0));

/** A field with its label and a cursor. */
export function fieldLine(label: string, text: string | Secret): Line {
  return line(`${label} `, span(text, "entry"), span("_", "entry"));
}

/** The bytes of row `row` (from 1) of a 32-byte hash, in hex. */
export function hashRow(hex: string, row: number): string {
  const digits = hex.length / HASH_ROWS;
  return hex.slice((row - 1) * digits, row * digits);
}

/** A hash as eight numbered rows, each two groups of hex and four words of the PGP list. */
export function hashTable(hex: string, field: string): Line[] {
  const rows: Line[] = [];
  for (let row = 1; row <= HASH_ROWS; row += 1) {
    const bytes = hashRow(hex, row);
    const words = pgpWords(bytes)
      .map((word, index) => word.padEnd(index % 2 === 0 ? 9 : 11))
      .join(" ");
    rows.push(line(`  ${row}   `, span(grouped(bytes, 4), "strong", field), "   ", span(words, "plain", field)));
  }
  return rows;
}

/** The same words, whatever the case, and with spaces, commas or hyphens between them. */
export function sameWords(typed: string, wanted: readonly string[]): boolean {
  const words = typed.toLowerCase().match(/[^\s,;.-]+/g) ?? [];
  return words.length === wanted.length && wanted.every((word, index) => word.toLowerCase() === words[index]);
}
