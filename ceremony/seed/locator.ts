import { fail, ok, type Result } from "../result.ts";
import { AEZEED_VERSION } from "./aezeed.ts";
import { crc32c } from "./crc32c.ts";
import {
  ENCIPHERED_BYTES,
  MISSING,
  PHRASE_WORDS,
  type PhraseError,
  packIndexes,
  readIndexes,
  wordIndexes,
} from "./phrase.ts";
import type { Secret } from "./secret.ts";
import { WORD_COUNT } from "./wordlist.ts";

// A CRC is affine: flipping a set of bits changes it by a value that depends on the set alone, and is the XOR of what
// each bit does by itself. So the mismatch of a whole phrase, its syndrome, is the XOR of what its wrong bits do, and a
// repair is looked for among 24 * 2047 changes and 276 swaps without computing a single checksum.

const CHECKSUM_AT = ENCIPHERED_BYTES - 4;
const WORD_BITS = 11;

/** A position (from 1), or two whose words changed places. */
export type Suspect = number | readonly [number, number];

/**
 * The places where one changed word, or one swap of two words, would make version and checksum right; the single ones
 * first. Positions only: the word itself is a secret, and whoever reads this has the plate.
 *
 * Empty if nothing is wrong, or more than one thing is. No two changes of one word do the same to the checksum, and no
 * swap does nothing to it (all were tried), so there is at most one single place, and a swap is always seen. A phrase
 * that is wrong in other ways gets a place it does not deserve once in 87,000: 49,404 repairs against 32 bits.
 */
export function suspectPositions(enciphered: Secret): Suspect[] {
  const wrong = syndromeOf(enciphered.bytes);
  if (wrong === 0) return [];
  const words = wordIndexes(enciphered);
  const suspects: Suspect[] = [];

  for (let word = 0; word < PHRASE_WORDS; word++) {
    const repaired = repairAt(word, at(words, word), wrong);
    if (repaired !== undefined && hasVersion(word === 0 ? repaired : at(words, 0))) suspects.push(word + 1);
  }
  for (let first = 0; first < PHRASE_WORDS; first++) {
    for (let second = first + 1; second < PHRASE_WORDS; second++) {
      const change = at(words, first) ^ at(words, second);
      if ((effect(first, change) ^ effect(second, change)) >>> 0 !== wrong) continue;
      if (hasVersion(at(words, first === 0 ? second : 0))) suspects.push([first + 1, second + 1]);
    }
  }
  words.fill(0);
  return suspects;
}

/**
 * For a phrase with one word given as `?`: its place, and the indexes of the words that make the checksum right.
 *
 * There is never more than one: a CRC finds every burst up to its own 32 bits, so no two of the 2048 words give one
 * checksum. None means that another word is wrong too. The candidates are as secret as the phrase.
 */
export function missingWordCandidates(
  text: Uint8Array,
): Result<{ position: number; candidates: number[] }, PhraseError | { readonly code: "no_missing_word" }> {
  const read = readIndexes(text, true);
  if (!read.ok) return read;
  const word = read.value.indexOf(MISSING);
  if (word < 0) {
    read.value.fill(0);
    return fail({ code: "no_missing_word" });
  }
  read.value[word] = 0;
  const blanked = packIndexes(read.value);
  const wrong = syndromeOf(blanked.bytes);
  // Index 0 stands at the place now: if nothing is wrong with it, it is the word.
  const repaired = wrong === 0 ? 0 : repairAt(word, 0, wrong);
  const isSeed = repaired !== undefined && hasVersion(word === 0 ? repaired : at(read.value, 0));
  blanked.wipe();
  read.value.fill(0);
  return ok({ position: word + 1, candidates: isSeed ? [repaired] : [] });
}

/** How far the checksum is off: 0 for a right one. */
function syndromeOf(bytes: Buffer): number {
  return (crc32c(bytes.subarray(0, CHECKSUM_AT)) ^ bytes.readUInt32BE(CHECKSUM_AT)) >>> 0;
}

/** The word that, put at `word` (from 0) instead of `current`, takes the syndrome away. */
function repairAt(word: number, current: number, wrong: number): number | undefined {
  // In Gray code each change differs from the one before by one bit: 2047 steps of one XOR.
  let reached = 0;
  for (let step = 1; step < WORD_COUNT; step++) {
    const bit = 31 - Math.clz32(step & -step);
    reached ^= at(effects(), word * WORD_BITS + WORD_BITS - 1 - bit);
    if (reached >>> 0 === wrong) return current ^ step ^ (step >>> 1);
  }
  return undefined;
}

/** What changing the word at `word` (from 0) by the bits of `change` does to the syndrome. */
function effect(word: number, change: number): number {
  let sum = 0;
  for (let bit = 0; bit < WORD_BITS; bit++) {
    if (((change >>> bit) & 1) === 1) sum ^= at(effects(), word * WORD_BITS + WORD_BITS - 1 - bit);
  }
  return sum;
}

/** Whether a phrase that begins with this word has version 0: the version is the word's upper eight bits. */
function hasVersion(word: number): boolean {
  return word >>> 3 === AEZEED_VERSION;
}

let table: Uint32Array | undefined;

/** What each of the 264 bits does to the syndrome. A property of the format, so it is kept. */
function effects(): Uint32Array {
  if (table === undefined) {
    table = new Uint32Array(8 * ENCIPHERED_BYTES);
    const bytes = Buffer.alloc(ENCIPHERED_BYTES);
    const nothing = syndromeOf(bytes);
    for (let bit = 0; bit < table.length; bit++) {
      bytes[bit >>> 3] = 0x80 >>> (bit & 7);
      table[bit] = syndromeOf(bytes) ^ nothing;
      bytes[bit >>> 3] = 0;
    }
  }
  return table;
}

function at(values: Uint16Array | Uint32Array, index: number): number {
  return values[index] ?? 0;
}
