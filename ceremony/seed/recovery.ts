import { fail, ok, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";
import { type CipherOptions, type CipherSeed, decipher, type Kdf, SALT_AT, SALT_BYTES, scrypt } from "./aezeed.ts";
import { ENCIPHERED_BYTES, MISSING, PHRASE_WORDS, packIndexes } from "./phrase.ts";
import { bitSets, syndromeOf, WORD_BITS } from "./syndrome.ts";

// What a damaged plate still says. Two checks tell the right words from the others: the CRC-32C, which is linear, so
// that the phrases which pass it are computed and not searched; and the authenticator of AEZ under the passphrase, which
// lets a wrong phrase pass once in 2^32. The dear part is scrypt, once for each salt that comes in question: the salt is
// the last six bits of word 18, words 19 to 21, and the first bit of word 22.

/** Four words are 44 bits, 12 more than the checksum: 4,096 candidates. A fifth makes it 8 million, hours of AEZ. */
export const MISSING_MAX = 4;
/** Three words at unknown places are some 3,500 candidates, half of them with salts of their own; four, 36 million. */
const WRONG_MAX = 3;

export interface Recovered {
  /** The whole phrase, 33 bytes. */
  readonly enciphered: Secret;
  readonly seed: CipherSeed;
  /** The places, from 1, whose words were not known or were others. */
  readonly positions: readonly number[];
}

export interface RecoveryError {
  /** `too_many_missing`: more than `MISSING_MAX`. `not_recovered`: no candidate opens under this passphrase. */
  readonly code: "too_many_missing" | "not_recovered";
  /** How many phrases were in question. */
  readonly candidates: number;
}

export interface RecoveryOptions extends CipherOptions {
  /** Called before each salt, because each costs a scrypt: how many of all candidates have been tried. */
  readonly progress?: (tried: number, candidates: number) => void;
}

/**
 * The phrase of which up to four words cannot be read, by its passphrase.
 *
 * Four words leave 4,096 phrases that pass the checksum, or 16 to 64 if word 1 is among them, which has eight values
 * only (one set of places in 10,626 leaves 8,192). So a wrong phrase is found once in a million searches.
 *
 * @param indexes 24 word indexes with `MISSING` for a word that cannot be read. They stay with the caller.
 * @param passphrase empty for lnd's default, as in `decipher`
 */
export function recoverMissing(
  indexes: Uint16Array,
  passphrase: Secret,
  options: RecoveryOptions = {},
): Result<Recovered, RecoveryError> {
  const missing = [...indexes.keys()].filter((word) => indexes[word] === MISSING);
  if (missing.length > MISSING_MAX) return fail({ code: "too_many_missing", candidates: 0 });
  const candidates = missingCandidates(indexes);
  return firstThatOpens(candidates, passphrase, options, (_) => missing.map((word) => word + 1));
}

/**
 * The phrases that pass version and checksum, for words that cannot be read: all that is known without the passphrase.
 * One or two missing words give one phrase or none, three give two to eight (at one set of places 32).
 *
 * @param indexes as in `recoverMissing`. The candidates are as secret as the phrase; the caller wipes them.
 */
export function missingCandidates(indexes: Uint16Array): Secret[] {
  const missing = [...indexes.keys()].filter((word) => indexes[word] === MISSING);
  const known = indexes.map((index) => (index === MISSING ? 0 : index));
  const base = packIndexes(known);
  known.fill(0);
  const found = [...repairs(base, missing)];
  base.wipe();
  return found;
}

/**
 * The phrase of which up to three words are others, nobody knows which, by its passphrase. Two that changed places are
 * two wrong words.
 *
 * All 2,024 threes of places together give some 3,500 candidates, every second of them with a scrypt of its own, and a
 * wrong phrase once in a million searches.
 */
export function recoverWrong(
  enciphered: Secret,
  passphrase: Secret,
  options: RecoveryOptions = {},
): Result<Recovered, RecoveryError> {
  const candidates: Secret[] = [];
  for (const words of placesUpTo(WRONG_MAX)) {
    for (const phrase of repairs(enciphered, words)) {
      // A repair that leaves one of these words as it is belongs to a smaller set, and was found there.
      if (differingWords(phrase, enciphered).length === words.length) candidates.push(phrase);
    }
  }
  return firstThatOpens(candidates, passphrase, options, (phrase) => differingWords(phrase, enciphered));
}

/**
 * The phrases of version 0 with a right checksum that differ from `base` at these words (from 0) only. For word 1 only
 * the last three bits are open: the eight before them are the version.
 */
function* repairs(base: Secret, words: readonly number[]): Generator<Secret> {
  const first = words.includes(0);
  if (!first && base.bytes[0] !== 0) return;
  const bits = words.flatMap((word) => Array.from({ length: WORD_BITS }, (_, bit) => word * WORD_BITS + bit));
  const open = bits.filter((bit) => bit >= 8);
  const start = Buffer.alloc(ENCIPHERED_BYTES);
  start.set(base.bytes);
  if (first) start[0] = 0;
  const sets = bitSets(open, syndromeOf(start));
  for (let number = 0; sets !== undefined && number < 2 ** sets.free.length; number++) {
    let set = sets.one;
    for (const [index, free] of sets.free.entries()) if (((number >>> index) & 1) === 1) set ^= free;
    const phrase = Buffer.alloc(ENCIPHERED_BYTES);
    phrase.set(start);
    for (const [index, bit] of open.entries()) {
      if (((set >> BigInt(index)) & 1n) === 1n) phrase[bit >>> 3] = (phrase[bit >>> 3] ?? 0) ^ (0x80 >>> (bit & 7));
    }
    yield Secret.take(phrase);
  }
  start.fill(0);
}

/** Tries all candidates, those of the commonest salt first, with one scrypt for each salt. Wipes all but the right one. */
function firstThatOpens(
  candidates: readonly Secret[],
  passphrase: Secret,
  options: RecoveryOptions,
  places: (phrase: Secret) => readonly number[],
): Result<Recovered, RecoveryError> {
  const { progress, ...cipher } = options;
  const count = candidates.length;
  const bySalt = Map.groupBy(candidates, ({ bytes }) => bytes.readUIntBE(SALT_AT, SALT_BYTES));
  const groups = [...bySalt.values()].sort((a, b) => b.length - a.length);
  let tried = 0;
  let found: Recovered | undefined;
  for (const group of groups) {
    if (found !== undefined) break;
    progress?.(tried, count);
    const kdf = once(cipher.kdf ?? scrypt);
    for (const phrase of group) {
      tried += 1;
      const opened = decipher(phrase, passphrase, { ...cipher, kdf: kdf.derive });
      if (!opened.ok) continue;
      found = { enciphered: Secret.copyOf(phrase.bytes), seed: opened.value, positions: places(phrase) };
      break;
    }
    kdf.wipe();
  }
  for (const phrase of candidates) phrase.wipe();
  return found === undefined ? fail({ code: "not_recovered", candidates: count }) : ok(found);
}

/** A key derivation that is done once and copied after, for candidates of one salt. */
function once(kdf: Kdf): { readonly derive: Kdf; readonly wipe: () => void } {
  let kept: Buffer | undefined;
  return {
    derive: (passphrase, salt, scryptN) => {
      kept ??= kdf(passphrase, salt, scryptN);
      const key = Buffer.alloc(kept.length);
      key.set(kept);
      return key;
    },
    wipe: () => void kept?.fill(0),
  };
}

/** Every set of at most `count` words (from 0), the empty one first. */
function* placesUpTo(count: number, from = 0): Generator<readonly number[]> {
  yield [];
  for (let word = from; count > 0 && word < PHRASE_WORDS; word++) {
    for (const rest of placesUpTo(count - 1, word + 1)) yield [word, ...rest];
  }
}

/** The places, from 1, at which two phrases have different words. */
function differingWords(phrase: Secret, other: Secret): number[] {
  const words = new Set<number>();
  for (let bit = 0; bit < PHRASE_WORDS * WORD_BITS; bit++) {
    const at = bit >>> 3;
    const change = (phrase.bytes[at] ?? 0) ^ (other.bytes[at] ?? 0);
    if (((change >>> (7 - (bit & 7))) & 1) === 1) words.add(Math.floor(bit / WORD_BITS) + 1);
  }
  return [...words];
}
