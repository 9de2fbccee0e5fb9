import { fail, ok, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";
import { type CipherOptions, type CipherSeed, checkEnciphered, decipher } from "../seed/aezeed.ts";
import { isBip39 } from "../seed/bip39.ts";
import { findLayout, inOrder } from "../seed/layouts.ts";
import { type Suspect, suspectPositions } from "../seed/locator.ts";
import { MISSING, PHRASE_WORDS, packIndexes, wordIndexes } from "../seed/phrase.ts";
import { MISSING_MAX, missingCandidates, recoverMissing } from "../seed/recovery.ts";
import { wordBytes } from "../seed/wordlist.ts";
import { type InspectInput, type TypedWord, typedIndex } from "./input.ts";
import { type FormId, passphraseForms, unseen } from "./passphrase.ts";
import { RAW_BYTE } from "./text.ts";

/** A word that was typed as `?`. As secret as the phrase; it is shown because it was asked for. */
export interface FoundWord {
  readonly position: number;
  readonly word: string;
}

/** What was made of the words. Positions count from 1. */
export type ReadError =
  /** `character` is `U+00F6`, or `byte F6` for what is no UTF-8. */
  | { readonly code: "unreadable_character"; readonly position: number; readonly character: string }
  | { readonly code: "unknown_word"; readonly position: number }
  /** `absent`: the numbers of the list that no word has. */
  | { readonly code: "word_count"; readonly count: number; readonly absent: readonly number[] }
  | { readonly code: "too_many_missing"; readonly count: number }
  | { readonly code: "not_recovered"; readonly candidates: number }
  | { readonly code: "bip39_phrase"; readonly count: number }
  | { readonly code: "half_repeated" | "bad_version" }
  | { readonly code: "bad_checksum"; readonly suspectPositions: readonly Suspect[] }
  /** `fits`: the form in which the passphrase opens the seed, if one does. `unseen`: what of it cannot be seen. */
  | {
      readonly code: "wrong_passphrase";
      readonly fits?: FormId;
      readonly unseen: readonly string[];
      readonly missing: readonly FoundWord[];
      readonly seed?: CipherSeed;
    }
  /** `order`: which words of the seed were typed, one after the other. */
  | {
      readonly code: "word_order";
      readonly layout: string;
      readonly order: readonly number[];
      readonly seed?: CipherSeed;
    };

export interface WordsRead {
  readonly seed: CipherSeed;
  readonly missing: readonly FoundWord[];
  /** Whether the words were put in the order of their numbers. */
  readonly sorted: boolean;
  /** Whether the passphrase stood after an empty line. */
  readonly afterBlank: boolean;
}

/**
 * What lnd makes of the words and the passphrase of an input; if it makes nothing of them, what is wrong with them.
 * The seeds in the answer are the caller's to wipe, and so is the input.
 */
export function readSeed(input: InspectInput, options: CipherOptions): Result<WordsRead, ReadError> {
  const read = indexesOf(input);
  if (!read.ok) return read;
  const typed = read.value;
  const missing = typed.reduce((sum, index) => sum + (index === MISSING ? 1 : 0), 0);
  const byNumber = numberedOrder(input.words, typed);
  const indexes = byNumber ?? typed;
  try {
    if (missing > MISSING_MAX) return fail({ code: "too_many_missing", count: missing });
    if (missing > 1) return several(indexes, input, options, byNumber !== undefined);
    if (missing === 1) return single(indexes, input, options, byNumber !== undefined);
    return whole(indexes, typed, input, options);
  } finally {
    typed.fill(0);
    byNumber?.fill(0);
  }
}

/** The 24 indexes, `MISSING` for `?`; or the first word that is none, or the count. */
function indexesOf(input: InspectInput): Result<Uint16Array, ReadError> {
  const { words, beforeLastLine } = input;
  const indexes = Uint16Array.from(words, (word) => (word.letters === undefined ? MISSING : (typedIndex(word) ?? 0)));
  const unknown = words.findIndex((word) => word.letters !== undefined && typedIndex(word) === undefined);
  // A last line of words that are not in the list is a passphrase: something is missing before it.
  const isLast = beforeLastLine > 0 && unknown >= beforeLastLine && unknown < PHRASE_WORDS;
  const isPassphrase = isLast && words.length !== PHRASE_WORDS;
  const count = isPassphrase ? beforeLastLine : words.length;
  if (unknown >= 0 && unknown < count && unknown < PHRASE_WORDS) {
    indexes.fill(0);
    const { odd } = words[unknown] as TypedWord;
    const position = unknown + 1;
    if (odd === undefined) return fail({ code: "unknown_word", position });
    return fail({ code: "unreadable_character", position, character: characterName(odd) });
  }
  if (count === PHRASE_WORDS && !input.wordsGoOn) return ok(indexes);
  const isOther = !indexes.includes(MISSING) && isBip39(indexes.subarray(0, count));
  indexes.fill(0);
  if (isOther && count < PHRASE_WORDS) return fail({ code: "bip39_phrase", count });
  const least = input.wordsGoOn && !isPassphrase ? PHRASE_WORDS + 1 : 0;
  return fail({ code: "word_count", count: Math.max(count, least), absent: absent(words, count) });
}

function characterName(point: number): string {
  const hex = (number: number, digits: number) => number.toString(16).toUpperCase().padStart(digits, "0");
  return point >= RAW_BYTE ? `byte ${hex(point - RAW_BYTE, 2)}` : `U+${hex(point, 4)}`;
}

/** The numbers from 1 to 24 that are missing, where all the words there are have one. */
function absent(words: readonly TypedWord[], count: number): number[] {
  const numbers = words.slice(0, count).map(({ number }) => number);
  if (count >= PHRASE_WORDS || numbers.length === 0 || numbers.includes(undefined)) return [];
  return Array.from({ length: PHRASE_WORDS }, (_, place) => place + 1).filter((number) => !numbers.includes(number));
}

/** The words in the order of their numbers, if those are 1 to 24, each once, and not in order already. */
function numberedOrder(words: readonly TypedWord[], indexes: Uint16Array): Uint16Array | undefined {
  const numbers = words.map(({ number = 0 }) => number);
  const isOrder = numbers.every((number) => number >= 1 && number <= PHRASE_WORDS);
  if (!isOrder || new Set(numbers).size !== PHRASE_WORDS) return undefined;
  if (numbers.every((number, at) => number === at + 1)) return undefined;
  const sorted = new Uint16Array(PHRASE_WORDS);
  for (const [at, number] of numbers.entries()) sorted[number - 1] = indexes[at] ?? 0;
  return sorted;
}

function whole(
  indexes: Uint16Array,
  typed: Uint16Array,
  input: InspectInput,
  options: CipherOptions,
): Result<WordsRead, ReadError> {
  let sorted = indexes !== typed;
  let enciphered = packIndexes(indexes);
  let checked = checkEnciphered(enciphered);
  if (!checked.ok && sorted) {
    // The numbers may be what is wrong.
    enciphered.wipe();
    enciphered = packIndexes(typed);
    checked = checkEnciphered(enciphered);
    sorted = !checked.ok;
  }
  if (checked.ok) {
    const opened = open(enciphered, input, options, []);
    enciphered.wipe();
    return opened.ok ? ok({ ...opened.value, missing: [], sorted }) : opened;
  }
  enciphered.wipe();
  const layout = findLayout(typed);
  if (layout !== undefined) return inAnotherOrder(layout, typed, input, options);
  const tried = packIndexes(indexes);
  const suspects = suspectPositions(tried);
  tried.wipe();
  if (isRepeated(typed)) return fail({ code: "half_repeated" });
  if (suspects.length === 0 && isBip39(indexes)) return fail({ code: "bip39_phrase", count: PHRASE_WORDS });
  if (checked.error.code === "bad_version") return fail({ code: "bad_version" });
  return fail({ code: "bad_checksum", suspectPositions: suspects });
}

function inAnotherOrder(
  layout: { readonly name: string; readonly order: readonly number[] },
  typed: Uint16Array,
  input: InspectInput,
  options: CipherOptions,
): Result<WordsRead, ReadError> {
  const sorted = inOrder(typed, layout);
  const enciphered = packIndexes(sorted);
  sorted.fill(0);
  const opened = open(enciphered, input, options, []);
  enciphered.wipe();
  const seed = opened.ok ? opened.value.seed : opened.error.code === "wrong_passphrase" ? opened.error.seed : undefined;
  const order = layout.order.map((place) => place + 1);
  return fail({ code: "word_order", layout: layout.name, order, ...(seed === undefined ? {} : { seed }) });
}

function isRepeated(indexes: Uint16Array): boolean {
  const half = PHRASE_WORDS / 2;
  return indexes.subarray(0, half).every((index, at) => index === indexes[at + half]);
}

/** One `?`: the word is known without the passphrase. */
function single(
  indexes: Uint16Array,
  input: InspectInput,
  options: CipherOptions,
  sorted: boolean,
): Result<WordsRead, ReadError> {
  const [enciphered] = missingCandidates(indexes);
  if (enciphered === undefined) return fail({ code: "bad_checksum", suspectPositions: [] });
  const missing = foundWords(enciphered, indexes);
  const opened = open(enciphered, input, options, missing);
  enciphered.wipe();
  return opened.ok ? ok({ ...opened.value, missing, sorted }) : opened;
}

/** More than one: only the passphrase tells the right words. */
function several(
  indexes: Uint16Array,
  input: InspectInput,
  options: CipherOptions,
  sorted: boolean,
): Result<WordsRead, ReadError> {
  const passphrase = Secret.copyOf(input.passphrase);
  const recovered = recoverMissing(indexes, passphrase, options);
  passphrase.wipe();
  if (!recovered.ok) return fail({ code: "not_recovered", candidates: recovered.error.candidates });
  const { enciphered, seed } = recovered.value;
  const missing = foundWords(enciphered, indexes);
  enciphered.wipe();
  return ok({ seed, missing, sorted, afterBlank: false });
}

function foundWords(enciphered: Secret, indexes: Uint16Array): FoundWord[] {
  const words = wordIndexes(enciphered);
  const found = [...indexes.keys()].filter((place) => indexes[place] === MISSING);
  const named = found.map((place) => ({ position: place + 1, word: wordBytes(words[place] ?? 0).toString("ascii") }));
  words.fill(0);
  return named;
}

/** Deciphers with the passphrase as it was typed; if that fails, tells in which form it would do. */
function open(
  enciphered: Secret,
  input: InspectInput,
  options: CipherOptions,
  missing: readonly FoundWord[],
): Result<Pick<WordsRead, "seed" | "afterBlank">, Extract<ReadError, { readonly code: "wrong_passphrase" }>> {
  const attempt = (bytes: Buffer): CipherSeed | undefined => {
    const passphrase = Secret.copyOf(bytes);
    const deciphered = decipher(enciphered, passphrase, options);
    passphrase.wipe();
    return deciphered.ok ? deciphered.value : undefined;
  };
  const seed = attempt(input.passphrase);
  if (seed !== undefined) return ok({ seed, afterBlank: false });
  const code = "wrong_passphrase";
  const forms = passphraseForms(input.passphrase, input.later);
  let found: { readonly fits: FormId; readonly seed: CipherSeed } | undefined;
  for (const { id, bytes } of forms) {
    const opened = found === undefined ? attempt(bytes) : undefined;
    if (opened !== undefined) found = { fits: id, seed: opened };
    bytes.fill(0);
  }
  // An empty line before the passphrase changes none of its bytes.
  if (found?.fits === "next_line") return ok({ seed: found.seed, afterBlank: true });
  return fail({ code, unseen: unseen(input.passphrase), missing, ...found });
}
