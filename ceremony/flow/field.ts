import { HASH_ROWS } from "../limits.ts";
import { pgpWords } from "../mix/pgpwords.ts";
import type { Key } from "../screen/keys.ts";
import { grouped, type Line, line, span } from "../screen/span.ts";
import { Secret } from "../seed/secret.ts";

/** A public line that is being typed. */
export interface Edited {
  readonly text: string;
  readonly entered: boolean;
}

/**
 * One key into a public line of at most `max` characters. Enter on an empty line does nothing: it was meant for the
 * screen before, and would be recorded as somebody's mistake.
 */
export function editLine(text: string, key: Key, max: number): Edited {
  if (key.kind === "enter") return { text, entered: text.trim() !== "" };
  if (key.kind === "backspace") return { text: text.slice(0, -1), entered: false };
  if (key.kind !== "char" || text.length >= max) return { text, entered: false };
  return { text: text + String.fromCharCode(key.code), entered: false };
}

/** One key into a secret line. The old bytes are wiped: there is never more than one copy. */
export function editSecret(typed: Secret, key: Key, max: number): Secret {
  if (key.kind === "backspace" && typed.length > 0) {
    const shorter = Secret.copyOf(typed.bytes.subarray(0, -1));
    typed.wipe();
    return shorter;
  }
  if (key.kind !== "char" || typed.length >= max) return typed;
  const longer = Buffer.alloc(typed.length + 1);
  longer.set(typed.bytes);
  longer[typed.length] = key.code;
  typed.wipe();
  return Secret.take(longer);
}

export const nothing = (): Secret => Secret.copyOf(new Uint8Array(0));

/** A field with its label and a cursor. */
export function field(label: string, text: string | Secret): Line {
  return line(`${label} `, span(text, "entry"), span("_", "entry"));
}

/** Stars of a hidden field: with label and count they are one line of 80 columns. */
const STARS_MAX = 48;

/** A secret that is counted, not shown. */
export function hiddenField(label: string, typed: Secret): Line {
  const shown = "*".repeat(Math.min(typed.length, STARS_MAX));
  return [...field(label, shown), span(`  ${typed.length} typed`)];
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

/** The same words, whatever the case and the spaces between them. */
export function sameWords(typed: string, wanted: readonly string[]): boolean {
  const words = typed.trim().toLowerCase().split(/\s+/);
  return words.length === wanted.length && wanted.every((word, index) => word.toLowerCase() === words[index]);
}
