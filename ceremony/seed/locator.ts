import type { Secret } from "../../core/secret.ts";
import { AEZEED_VERSION } from "./aezeed.ts";
import { PHRASE_WORDS, wordIndexes } from "./phrase.ts";
import { bitEffects, syndromeOf, WORD_BITS, wordEffect } from "./syndrome.ts";
import { WORD_COUNT } from "./wordlist.ts";

// The syndrome of a phrase is the XOR of what its wrong bits do, so a repair is looked for among 24 * 2047 changes and
// 276 swaps without computing a single checksum.

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
      if ((wordEffect(first, change) ^ wordEffect(second, change)) >>> 0 !== wrong) continue;
      if (hasVersion(at(words, first === 0 ? second : 0))) suspects.push([first + 1, second + 1]);
    }
  }
  words.fill(0);
  return suspects;
}

/** The word that, put at `word` (from 0) instead of `current`, takes the syndrome away. */
function repairAt(word: number, current: number, wrong: number): number | undefined {
  // In Gray code each change differs from the one before by one bit: 2047 steps of one XOR.
  let reached = 0;
  for (let step = 1; step < WORD_COUNT; step++) {
    const bit = 31 - Math.clz32(step & -step);
    reached ^= at(bitEffects(), word * WORD_BITS + WORD_BITS - 1 - bit);
    if (reached >>> 0 === wrong) return current ^ step ^ (step >>> 1);
  }
  return undefined;
}

/** Whether a phrase that begins with this word has version 0: the version is the word's upper eight bits. */
function hasVersion(word: number): boolean {
  return word >>> 3 === AEZEED_VERSION;
}

function at(values: Uint16Array | Uint32Array, index: number): number {
  return values[index] ?? 0;
}
