import { pgpBytes, pgpWords } from "../../core/pgpwords.ts";
import { fail, ok, type Result } from "../../core/result.ts";

const HEAD_WORDS = 32;
const HEX = /^[0-9a-f]{64}$/;

/**
 * The head as people copy it from paper: 32 words or 64 hex digits, with row numbers, commas and line ends between. Its
 * hex; or what is wrong with it, as the end of a sentence about the head.
 */
export function parseHead(text: string): Result<string, string> {
  const hex = hexOf(text);
  if (hex !== undefined) return ok(hex);
  const words = wordsOf(text);
  const bytes = pgpBytes(words.slice(0, HEAD_WORDS));
  if (!bytes.ok) {
    const { code, position } = bytes.error;
    const why = code === "pgp_word_order" ? "stands out of order: was one left out?" : "is not in the list";
    return fail(`word ${position} of the head ${why} (${code})`);
  }
  if (words.length !== HEAD_WORDS)
    return fail(`a head has ${HEAD_WORDS} words or 64 hex digits, not ${words.length} words`);
  return bytes;
}

/** Whether nothing more belongs to it: in `--head WORD WORD … FILE` the file comes after it. */
export function isWholeHead(text: string): boolean {
  return hexOf(text) !== undefined || wordsOf(text).length >= HEAD_WORDS;
}

/** 64 digits, whatever stands between their groups; with the number of the row before each of the rows, too. */
function hexOf(text: string): string | undefined {
  const groups = text
    .toLowerCase()
    .split(/[^0-9a-z]+/)
    .filter((group) => group !== "");
  const all = groups.join("");
  if (HEX.test(all)) return all;
  const unnumbered = groups.filter((group) => !/^[0-9]$/.test(group)).join("");
  return HEX.test(unnumbered) ? unnumbered : undefined;
}

/** The runs of letters: numbers and signs stand between them. */
function wordsOf(text: string): string[] {
  return text.match(/\p{L}+/gu) ?? [];
}

/**
 * How the head that was given stands to the file's, for a person: by how many words, and by which of them as long as
 * they are few. Undefined where most differ, which makes it the head of another transcript.
 */
export function headDifference(given: string, head: string): string | undefined {
  const [ours, theirs] = [pgpWords(head), pgpWords(given)];
  const wrong = ours.flatMap((word, at) => (word === theirs[at] ? [] : [at + 1]));
  if (wrong.length > HEAD_WORDS / 4) return undefined;
  const rows = [...new Set(wrong.map((number) => Math.ceil(number / 4)))];
  const [words, are] = wrong.length === 1 ? ["word", "is"] : ["words", "are"];
  return `${words} ${wrong.join(", ")} of ${HEAD_WORDS} (row ${rows.join(", ")}) ${are} not the file's, all others are: look at the paper again`;
}
