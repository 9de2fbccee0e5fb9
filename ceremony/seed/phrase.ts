import { fail, ok, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";
import { findWord, wordBytes } from "./wordlist.ts";

/** lnd `aezeed.NumMnemonicWords`. */
export const PHRASE_WORDS = 24;
/** lnd `aezeed.EncipheredCipherSeedSize`: 24 words of 11 bits are exactly 33 bytes. */
export const ENCIPHERED_BYTES = 33;

/** Positions count from 1, as on a plate; lnd's own errors count from 0. */
export type PhraseError =
  | { readonly code: "unknown_word"; readonly position: number }
  | { readonly code: "word_count"; readonly count: number };

/** The index of a word that is not known. */
export const MISSING = 0xffff;

const SPACE = 0x20;
const LABEL_ENDS = Buffer.from(".):");

/**
 * Reads 24 words as people type and paste them: any case, any white space between them (lines, tabs, CRLF), list
 * numbers ("1. abandon", "2) ability", "3: able", "4 about") and four-letter forms (`findWord`).
 *
 * Strict about all else. A number is taken as a list number only if it is the number of the word that follows: a list
 * that lost a line, or one of two columns that was read across, is an unknown word at that place, not a wrong phrase.
 * The first unknown word is reported before a wrong count, as lnd looks at the words first.
 *
 * @returns the 33 enciphered bytes; nothing of the text is kept, and wiping the text stays with the caller.
 */
export function parsePhrase(text: Uint8Array): Result<Secret, PhraseError> {
  const indexes = new Uint16Array(PHRASE_WORDS);
  let count = 0;
  for (const typed of typedWords(text)) {
    const index = findWord(typed);
    if (index === undefined) {
      indexes.fill(0);
      return fail({ code: "unknown_word", position: count + 1 });
    }
    if (count < PHRASE_WORDS) indexes[count] = index;
    count += 1;
  }
  const packed = packIndexes(indexes);
  indexes.fill(0);
  if (count === PHRASE_WORDS) return ok(packed);
  packed.wipe();
  return fail({ code: "word_count", count });
}

/** The 24 word indexes in the 33 bytes, first word first: bits 11i to 11i + 10, most significant first. */
export function wordIndexes(enciphered: Secret): Uint16Array {
  const bytes = enciphered.bytes;
  return Uint16Array.from({ length: PHRASE_WORDS }, (_, word) => {
    const bit = word * 11;
    const at = bit >>> 3;
    const window = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    return (window >>> (13 - (bit & 7))) & 0x7ff;
  });
}

/** The 33 bytes that 24 word indexes spell. */
export function packIndexes(indexes: Uint16Array): Secret {
  const bytes = Buffer.alloc(ENCIPHERED_BYTES);
  for (let bit = 0; bit < PHRASE_WORDS * 11; bit++) {
    const value = ((indexes[Math.floor(bit / 11)] ?? 0) >>> (10 - (bit % 11))) & 1;
    bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) | (value << (7 - (bit & 7)));
  }
  return Secret.take(bytes);
}

/** The phrase as bytes, 24 words with one space between: what lnd, and the second implementation, take. */
export function formatPhrase(enciphered: Secret): Secret {
  const indexes = wordIndexes(enciphered);
  const length = indexes.reduce((sum, index) => sum + wordBytes(index).length + 1, -1);
  const text = Buffer.alloc(length, SPACE);
  let at = 0;
  for (const index of indexes) at += wordBytes(index).copy(text, at) + 1;
  indexes.fill(0);
  return Secret.take(text);
}

/** What was typed for each word, list numbers taken off: views of the text, not copies. */
function* typedWords(text: Uint8Array): Generator<Uint8Array> {
  let position = 1;
  let numbered = false;
  for (const token of tokens(text)) {
    const word: Uint8Array = numbered ? token : withoutNumber(token, position);
    numbered = word.length === 0;
    if (numbered) continue;
    position += 1;
    yield word;
  }
  // A number that no word follows is no word either.
  if (numbered) yield new Uint8Array(0);
}

function withoutNumber(token: Uint8Array, position: number): Uint8Array {
  let digits = 0;
  let number = 0;
  for (const byte of token) {
    if (byte < 0x30 || byte > 0x39) break;
    number = number * 10 + byte - 0x30;
    digits += 1;
  }
  if (digits === 0 || number !== position) return token;
  const end = token[digits];
  if (end === undefined) return token.subarray(digits);
  return LABEL_ENDS.includes(end) ? token.subarray(digits + 1) : token;
}

/** The runs between ASCII white space: space, tab, line feed, vertical tab, form feed, carriage return. */
function* tokens(text: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    const byte = text[at] ?? SPACE;
    if (byte !== SPACE && (byte < 0x09 || byte > 0x0d)) continue;
    if (at > start) yield text.subarray(start, at);
    start = at + 1;
  }
}
