import english from "bip39/src/wordlists/english.json" with { type: "json" };

/** Words of the BIP39 English list: 11 bits each. */
export const WORD_COUNT = 2048;
/** "The wordlist is created in such a way that it's enough to type the first four letters" (BIP39). */
export const PREFIX_LETTERS = 4;

/** The list as one run of bytes, and where each word starts in it. Public, built at the first use. */
interface Table {
  readonly letters: Buffer;
  readonly starts: Uint16Array;
}

let table: Table | undefined;

function words(): Table {
  if (table === undefined) {
    const starts = new Uint16Array(WORD_COUNT + 1);
    let length = 0;
    for (const [index, word] of english.entries()) {
      length += word.length;
      starts[index + 1] = length;
    }
    table = { letters: Buffer.from(english.join("")), starts };
  }
  return table;
}

/** The letters of word `index` (0 to 2047), lower case: a view of the public table, for reading only. */
export function wordBytes(index: number): Buffer {
  const { letters, starts } = words();
  const start = starts[index];
  const end = starts[index + 1];
  if (start === undefined || end === undefined) throw new RangeError("a word's index is 0 to 2047");
  return letters.subarray(start, end);
}

/**
 * The index of a word as a person types it: in any case, whole or by exactly its first four letters, which is how it
 * stands on a plate.
 *
 * That is all the tolerance there is. Three letters are a word only where they are one ("act"), and five must be the
 * whole of it: "aband" is a slip, not an abbreviation. No word of four letters begins another, so four letters never
 * mean two things. lnd takes whole words only: "hear" is unknown to it, and "heart" here.
 */
export function findWord(typed: Uint8Array): number | undefined {
  if (!typed.every(isLetter)) return undefined;
  let low = 0;
  let high = WORD_COUNT;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(wordBytes(middle), typed) < 0) low = middle + 1;
    else high = middle;
  }
  if (low === WORD_COUNT) return undefined;
  const word = wordBytes(low);
  if (typed.length !== word.length && typed.length !== PREFIX_LETTERS) return undefined;
  return compare(word.subarray(0, typed.length), typed) === 0 ? low : undefined;
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Order of a word of the list and of typed letters, as Buffer.compare but blind to the case of what is typed. */
function compare(word: Uint8Array, typed: Uint8Array): number {
  const length = Math.min(word.length, typed.length);
  for (let i = 0; i < length; i++) {
    const difference = (word[i] ?? 0) - ((typed[i] ?? 0) | 0x20);
    if (difference !== 0) return difference;
  }
  return word.length - typed.length;
}
