/** Words of a phrase found in memory: how many in a row, and where the run ends. */
export interface WordRun {
  readonly words: number;
  readonly end: number;
}

/** Lower case for ASCII letters, everything else as it is. */
export const FOLD = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte));

/** The issue's own number: three or more consecutive words are a copy. */
const LEAST_WORDS = 3;

/** A plate guide or a table with columns puts the words down its columns, so that in memory they are rows apart. */
const STEPS = [1, 2, 3, 4, 6, 8, 12];

/**
 * Between two words: up to 32 bytes of anything (numbering, quotes, cursor moves; two strings side by side in V8's heap
 * are 16 to 23 bytes apart), and spaces or zeros up to 256 bytes in all (a padded row of a screen, slots of an array).
 */
const GAP_INK = 32;
const GAP_BYTES = 256;

const SPACE = 0x20;
const NUL = 0x00;

/** BIP39: the first four letters decide the word, so they are as good as the word. */
const SHORT = 4;

/** The longest run that starts with word `first` at `at`, in any of the orders; undefined below three words. */
export function wordRun(memory: Uint8Array, at: number, words: readonly Buffer[], first: number): WordRun | undefined {
  const start = wordEnd(memory, at, words[first]);
  if (start === -1) return undefined;
  for (const step of STEPS) {
    let [end, count, index] = [start, 1, first];
    for (let next = nextEnd(memory, end, words, index, index + step); next !== -1; ) {
      [end, count, index] = [next, count + 1, index + step];
      next = nextEnd(memory, end, words, index, index + step);
    }
    if (count >= LEAST_WORDS) return { words: count, end };
  }
  return undefined;
}

/** Where `word`, or its first four letters, ends if it starts at `at`; letters may be spaced. -1 if it does not. */
function wordEnd(memory: Uint8Array, at: number, word: Buffer | undefined): number {
  if (word === undefined) return -1;
  const least = Math.min(SHORT, word.length);
  const spacing = letterAt(memory, at + 1) === word[1] ? 1 : 2;
  let letters = 0;
  for (let p = at; letters < word.length && letterAt(memory, p) === word[letters]; p += spacing) {
    if (spacing === 2 && letters > 0 && memory[p - 1] !== SPACE) break;
    letters++;
  }
  if (letters < least) return -1;
  const taken = letters === word.length ? letters : least;
  return at + (taken - 1) * spacing + 1;
}

function nextEnd(memory: Uint8Array, from: number, words: readonly Buffer[], before: number, next: number): number {
  const word = words[next];
  if (word === undefined) return -1;
  let ink = 0;
  for (let at = from; at < memory.length && at - from <= GAP_BYTES && ink <= GAP_INK; at++) {
    const end = wordEnd(memory, at, word);
    if (end !== -1) return isListSlice(memory.subarray(from, at), words[before], word) ? -1 : end;
    if (memory[at] !== SPACE && memory[at] !== NUL) ink++;
  }
  return -1;
}

/**
 * Whether the gap holds other words in alphabetical order between the two: then this is the word list itself. Three
 * words of a phrase stand close together and in order in the list by chance for about one phrase in 1,400 (modelled),
 * too often for a test that searches at every step.
 */
function isListSlice(gap: Uint8Array, before: Buffer | undefined, next: Buffer): boolean {
  const text = Buffer.from(gap.map((byte) => FOLD[byte] ?? byte)).toString("latin1");
  const between = text.match(/[a-z]{3,}/g) ?? [];
  const all = [String(before), ...between, String(next)];
  return between.length > 0 && all.every((word, i) => i === 0 || (all[i - 1] ?? "") < word);
}

function letterAt(memory: Uint8Array, at: number): number | undefined {
  return FOLD[memory[at] ?? 0];
}
