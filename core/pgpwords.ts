import { EVEN_WORDS, ODD_WORDS } from "./pgplist.ts";
import { fail, ok, type Result } from "./result.ts";

export interface PgpWordError {
  /** `pgp_word_order`: a word of the other list, so one was left out, doubled or swapped before or here. */
  readonly code: "unknown_pgp_word" | "pgp_word_order";
  /** Counted from 1. */
  readonly position: number;
}

const LISTS = [EVEN_WORDS, ODD_WORDS] as const;

/**
 * The bytes of a hash as words of the PGP word list, a two-syllable word first. For public values only: hashes, never
 * a part of the seed.
 *
 * @param hex an even number of hex digits.
 */
export function pgpWords(hex: string): string[] {
  if (!/^(?:[0-9a-f]{2})*$/i.test(hex)) throw new RangeError("PGP words: not whole bytes in hex");
  return Array.from(Buffer.from(hex, "hex"), (byte, place) => LISTS[place % 2 === 0 ? 0 : 1][byte] ?? "");
}

/** The way back: lower-case hex of words in any case, or the first word that cannot stand where it stands. */
export function pgpBytes(words: readonly string[]): Result<string, PgpWordError> {
  const bytes = Buffer.alloc(words.length);
  for (const [place, word] of words.entries()) {
    const byte = indexOf(LISTS[place % 2 === 0 ? 0 : 1], word);
    if (byte < 0) {
      const known = indexOf(LISTS[place % 2 === 0 ? 1 : 0], word) >= 0;
      return fail({ code: known ? "pgp_word_order" : "unknown_pgp_word", position: place + 1 });
    }
    bytes[place] = byte;
  }
  return ok(bytes.toString("hex"));
}

function indexOf(list: readonly string[], word: string): number {
  const lower = word.toLowerCase();
  return list.findIndex((known) => known.toLowerCase() === lower);
}
