import type { Suspect } from "../seed/locator.ts";
import { PHRASE_WORDS } from "../seed/phrase.ts";
import { FORMS, type FormId } from "./passphrase.ts";
import type { FoundWord, ReadError } from "./reading.ts";

/** What writing the accounts can end in; `NewFileError` of the host. */
export type InspectFileError = { readonly code: "file_exists" | "file_not_written" };

export type Problem = ReadError | InspectFileError;

/** Every answer of `ceremony inspect` that is no seed. The code is the API: `--json` gives it, docs/inspect.md lists it. */
export const PROBLEMS = {
  unreadable_character: "a character that no word of the list has",
  unknown_word: "a word that is not in the list",
  word_count: "not 24 words before the passphrase",
  too_many_missing: "more than four words given as ?",
  not_recovered: "no words for ? open the seed under this passphrase",
  bip39_phrase: "a BIP39 phrase, which is another wallet's",
  half_repeated: "twelve words twice",
  word_order: "the words of a seed in another order",
  bad_version: "a first word that begins no aezeed",
  bad_checksum: "24 words that do not belong together",
  wrong_passphrase: "the words of a seed under another passphrase",
  file_exists: "the file for the accounts is there already",
  file_not_written: "the file for the accounts could not be written",
} as const satisfies Record<Problem["code"], string>;

/** What went wrong and what to do next, in lines of 80 columns. `nodeId` is what the words give if they are read right. */
export function adviceText(problem: Problem, accounts: string, nodeId: string | undefined): string {
  const gives = nodeId === undefined ? "" : `\nRead so, it is this node:\n${nodeId}`;
  switch (problem.code) {
    case "unreadable_character":
      return `Word ${problem.position} has a character that no word of the list has: ${shown(problem.character)}.
The words are English, from a to z without accents. Type that one by hand.`;
    case "unknown_word":
      return `Word ${problem.position} is not in the word list. Check it: either the whole word or exactly its
first four letters. A word that cannot be read may be given as ?${
        problem.position === PHRASE_WORDS
          ? `. If it is the
passphrase, a word is missing before it.`
          : "."
      }`;
    case "word_count":
      return countText(problem.count, problem.absent);
    case "too_many_missing":
      return `${problem.count} words are given as ?, and four can be found at most. Read more of the
plate: four letters of a word are enough.`;
    case "not_recovered":
      return `No words fit there under this passphrase; ${problem.candidates} phrases were tried. Either
another word is wrong too, or the passphrase is.`;
    case "bip39_phrase":
      return bip39Text(problem.count);
    case "half_repeated":
      return `The second twelve words are the first twelve again: half of the seed was typed
twice. Take the other half from the other plate, or from the other side.`;
    case "word_order":
      return `The words are those of a seed, and in another order. They were read
${folded(`${problem.layout}.`)}
Typed one after the other were words
${folded(`${problem.order.join(", ")}.`)}
Read the plate along its numbers, from 1 to 24, and type them again so.${gives}`;
    case "bad_version":
      return `Word 1 does not begin an aezeed of version 0. Check it, and whether it changed
places with another word. A seed of another wallet than lnd looks the same, and
cannot be read here.`;
    case "bad_checksum":
      return `Every word is in the list, but together they are not right.
${suspectText(problem.suspectPositions)}`;
    case "wrong_passphrase":
      return `${missingText(problem.missing)}${passphraseText(problem.fits, problem.unseen)}${gives}`;
    case "file_exists":
      return `${accounts} is there already and was left as it is.
Give --accounts the name of a new file.`;
    case "file_not_written":
      return `${accounts} could not be written and read back.
Check the folder and the space on it, and try again.`;
  }
}

/** The words that stand for `?`, a line each. */
export function missingText(missing: readonly FoundWord[]): string {
  return missing.map(({ position, word }) => `Word ${position} can only be: ${word}\n`).join("");
}

/** A character with its number; a letter itself as well, which may look like one of the list's. */
function shown(character: string): string {
  const number = /^U\+([0-9A-F]+)$/.exec(character)?.[1];
  if (number === undefined) return `${character}, which is no UTF-8`;
  const letter = String.fromCodePoint(Number.parseInt(number, 16));
  if (letter === "\u001b") return `${character}, Escape or an arrow key`;
  if (/^\p{M}$/u.test(letter)) return `${character}, an accent`;
  return /^[\p{L}\p{N}]$/u.test(letter) ? `${letter} (${character})` : character;
}

function countText(count: number, absent: readonly number[]): string {
  if (count > PHRASE_WORDS)
    return `There are more than 24 words, or something follows word 24 on its line. The
passphrase goes on a line of its own, the one after the words: end the line
behind word 24, then type the passphrase, or nothing if there is none.`;
  const numbers = absent.length === 0 ? "" : `\nNo word has the number ${absent.join(", ")}.`;
  const half =
    count === PHRASE_WORDS / 2 ? "\nTwelve are half of it: look for the other plate, or the other side." : "";
  return `The words are ${count}, and a seed has 24. Type all of them, on as many lines as you
like, and the passphrase on a line of its own after them. A word that cannot be
read may be given as ?${numbers}${half}`;
}

function bip39Text(count: number): string {
  const chance = count === PHRASE_WORDS ? 256 : 2 ** (count / 3);
  const half = count === PHRASE_WORDS / 2 ? ", and so may half of a plate of lnd" : "";
  return `These ${count} words are a BIP39 phrase: the seed of another wallet. lnd makes
nothing of it: its own words, an aezeed, are 24 with a birthday in them. Restore
it with the wallet that it comes from. Words that are none pass BIP39's checksum
once in ${chance}${half}.`;
}

function passphraseText(fits: FormId | undefined, unseen: readonly string[]): string {
  if (fits !== undefined)
    return `The words are right, and the passphrase is not as it was given. It fits
${folded(`${FORMS[fits]}.`)}
lnd takes its bytes as they are: give it in that form.`;
  const odd = unseen.length === 0 ? "" : `\n${folded(`There is in it: ${unseen.join("; ")}.`)}`;
  return `The words are right and the passphrase is not. It is the line after the words,
taken as it is: case, spaces and all. An empty line stands for no passphrase.
That was tried too, and the Unicode forms NFC and NFD, and Latin-1.${odd}
It is the "cipher seed passphrase" that lncli create asked for last. The wallet
password is another: lncli unlock asks for it, and no seed is opened by it.`;
}

function suspectText(suspects: readonly Suspect[]): string {
  if (suspects.length === 0)
    return `More than one is wrong: compare all of them, and their order. If they are as you
wrote them down, this is no seed of lnd: other wallets use the same words.`;
  const places = suspects.map((suspect) =>
    typeof suspect === "number" ? `word ${suspect}` : `words ${suspect.join(" and ")}, which may have changed places`,
  );
  return `Check ${places.join("; or ")}.`;
}

/** Lines of at most 80 columns, broken at spaces. */
function folded(text: string): string {
  return text.replaceAll(/(.{1,80})(?: |$)/g, "$1\n").trimEnd();
}
