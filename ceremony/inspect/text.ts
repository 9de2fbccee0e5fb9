import { findWord } from "../seed/wordlist.ts";

// How the text of words is read, whoever wrote it: lncli's block, JSON, a mail, a table. A word is a run of letters. All
// that cannot be a letter of the list stands between words, and the numbers among it say which word follows. A letter of
// another alphabet is no separator: it stands where a letter should, and is named.

/**
 * What stands in the text, in its order; `end` is the byte after it. Words are copies of their letters, to be wiped, with
 * a character beside them that is none of the list's, such as ö or a zero for O. `missing` is `?`.
 */
export type Item = { readonly end: number } & (
  | { readonly kind: "word"; readonly letters: Buffer; readonly odd: number | undefined }
  | { readonly kind: "missing" }
  | { readonly kind: "number"; readonly number: number }
);

/** One character of a run: letters, digits, zero-width characters and letters of other alphabets without a gap. */
interface Character {
  readonly point: number;
  readonly kind: Kind;
  /** What it stands for as ASCII letters; empty for what is no letter. */
  readonly letters: string;
}

type Kind = "letter" | "alien" | "digit" | "mark" | "soft" | "between" | "unknown";

const QUESTION = 0x3f;
const BACKSLASH = 0x5c;
const REPLACEMENT = 0xfffd;
const ESCAPE = 0x1b;
/** A byte that is no UTF-8 is given as a number above Unicode, so that it can be named. */
export const RAW_BYTE = 0x110000;

/**
 * The bytes as UTF-8: UTF-16 with or without its mark, as Windows saves "Unicode", is turned into it. What is UTF-8, or
 * nothing known, is returned as it is. A new Buffer is the caller's to wipe.
 */
export function toUtf8(input: Buffer): Buffer {
  const order = utf16Order(input);
  if (order === undefined) return input;
  const units = Math.floor(input.length / 2);
  const read = (unit: number) => (order === "le" ? input.readUInt16LE(2 * unit) : input.readUInt16BE(2 * unit));
  const output = Buffer.alloc(3 * units);
  let length = 0;
  for (let unit = 0; unit < units; unit++) {
    let point = read(unit);
    const low = unit + 1 < units ? read(unit + 1) : 0;
    if (point >= 0xd800 && point < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
      unit += 1;
    }
    length += output.write(String.fromCodePoint(point), length);
  }
  return output.subarray(0, length);
}

/** A byte order mark, or a text whose first letters have a zero byte beside each. */
function utf16Order(input: Buffer): "le" | "be" | undefined {
  const [first, second, third, fourth] = input;
  if (first === 0xff && second === 0xfe) return "le";
  if (first === 0xfe && second === 0xff) return "be";
  if (first !== 0 && second === 0 && third !== 0 && fourth === 0) return "le";
  return first === 0 && second !== 0 && third === 0 && fourth !== 0 ? "be" : undefined;
}

/** The code points of UTF-8 with the place and length of each. A byte that is none is `RAW_BYTE` and its value. */
export function* codePoints(bytes: Uint8Array): Generator<{ point: number; at: number; size: number }> {
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] ?? 0;
    const size = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    let point = size === 1 ? lead : lead & (0x7f >> size);
    let whole = size === 1 || (lead >= 0xc2 && lead < 0xf5 && at + size <= bytes.length);
    for (let next = 1; whole && next < size; next++) {
      const byte = bytes[at + next] ?? 0;
      whole = (byte & 0xc0) === 0x80;
      point = (point << 6) | (byte & 0x3f);
    }
    const shortest = size < 3 || point >= (size === 3 ? 0x800 : 0x10000);
    if (!whole || !shortest || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
      yield { point: RAW_BYTE + lead, at, size: 1 };
      at += 1;
    } else {
      yield { point, at, size };
      at += size;
    }
  }
}

function kindOf(point: number): Kind {
  if (point < 0x80) {
    if ((point | 0x20) >= 0x61 && (point | 0x20) <= 0x7a) return "letter";
    if (point >= 0x30 && point <= 0x39) return "digit";
    if (point === QUESTION) return "unknown";
    return point === ESCAPE || point === 0x08 || point === 0x7f ? "alien" : "between";
  }
  if (point >= RAW_BYTE || point === REPLACEMENT) return "alien";
  const character = String.fromCodePoint(point);
  if (/\p{N}/u.test(character)) return "digit";
  // Zero width: between words in one text, within a word in another.
  if (/\p{Default_Ignorable_Code_Point}|\p{Cf}/u.test(character)) return "soft";
  if (/\p{M}/u.test(character)) return "mark";
  // ª and º stand after numbers.
  if (/\p{L}/u.test(character) && point !== 0xaa && point !== 0xba) return "alien";
  return "between";
}

/** The letters that a character stands for: itself, or those of a ligature or of full width (NFKC); empty for none. */
function lettersOf(point: number): string {
  if (point >= RAW_BYTE || point < 0x80) return "";
  const plain = String.fromCodePoint(point).normalize("NFKC");
  return /^[A-Za-z]+$/.test(plain) ? plain : "";
}

/** Reads the words, numbers and marks of one line or of many. */
export function scan(text: Uint8Array): Item[] {
  const items: Item[] = [];
  let run: Character[] = [];
  const endRun = (end: number) => {
    if (run.length > 0) items.push(...readRun(run, end));
    run = [];
  };
  let skip = 0;
  let questions = false;
  for (const { point, at, size } of codePoints(text)) {
    if (at < skip) continue;
    const escaped = point === BACKSLASH || point === ESCAPE ? escapeLength(text, at) : 0;
    skip = at + Math.max(escaped, size);
    const kind = escaped > 0 ? "between" : kindOf(point);
    if (kind !== "unknown") questions = false;
    const last = run.at(-1)?.kind;
    // A combining mark counts where it changes a letter; on a digit or a sign it is only their form.
    if (kind === "mark" ? last !== "letter" && last !== "alien" : kind === "between") {
      endRun(at);
    } else if (kind === "unknown") {
      endRun(at);
      if (!questions) items.push({ kind: "missing", end: at + 1 });
      questions = true;
    } else {
      const letters = kind === "letter" ? String.fromCharCode(point) : kind === "alien" ? lettersOf(point) : "";
      run.push({ point, kind: letters === "" ? kind : "letter", letters });
    }
  }
  endRun(text.length);
  return items;
}

/** JSON's escapes of white space and the brackets that a terminal puts around a paste: as long as they are, or 0. */
function escapeLength(text: Uint8Array, at: number): number {
  const ahead = Buffer.from(text.buffer, text.byteOffset + at, Math.min(6, text.length - at)).toString("latin1");
  if (PASTED.some((mark) => ahead.startsWith(mark))) return 6;
  return /^\\(?:u(?:00[0-3a][0-9a-f]|20[0-6][0-9a-f]|3000|feff)|[nrt])/i.exec(ahead)?.[0].length ?? 0;
}

const PASTED = ["\u001b[200~", "\u001b[201~"];

/** Takes a run apart: numbers, and words between zero-width characters or, if that makes words, across them. */
function readRun(run: readonly Character[], end: number): Item[] {
  const items: Item[] = [];
  const aliens = run.filter(({ kind }) => kind === "alien" || kind === "mark").map(({ point }) => point);
  if (aliens.length > 0) return [{ kind: "word", letters: lettersIn(run), odd: aliens[0], end }];
  const digit = run.find(({ kind }) => kind === "digit")?.point;
  for (const part of splitBy(run, (kind) => kind === "digit")) {
    if (part[0]?.kind === "digit") {
      items.push({ kind: "number", number: numberIn(part), end });
      continue;
    }
    const pieces = splitBy(part, (kind) => kind === "soft").filter(([first]) => first?.kind === "letter");
    const words = pieces.map(lettersIn);
    const together = lettersIn(part);
    if (pieces.length > 1 && findWord(together) !== undefined && !words.every((word) => findWord(word) !== undefined)) {
      for (const word of words) word.fill(0);
      items.push({ kind: "word", letters: together, odd: undefined, end });
      continue;
    }
    together.fill(0);
    for (const letters of words) {
      const odd = findWord(letters) === undefined ? digit : undefined;
      items.push({ kind: "word", letters, odd, end });
    }
  }
  return items;
}

function splitBy(run: readonly Character[], apart: (kind: Kind) => boolean): Character[][] {
  const parts: Character[][] = [];
  for (const item of run) {
    const last = parts.at(-1);
    const previous = last?.[0];
    if (last === undefined || previous === undefined || apart(previous.kind) !== apart(item.kind)) parts.push([item]);
    else last.push(item);
  }
  return parts;
}

function lettersIn(run: readonly Character[]): Buffer {
  const bytes = Buffer.alloc(run.reduce((sum, { letters }) => sum + letters.length, 0));
  let at = 0;
  for (const { letters } of run) at += bytes.write(letters, at, "latin1");
  return bytes;
}

/** The value of digits of any script; a number too long for a list counts as none of its places. */
function numberIn(run: readonly Character[]): number {
  const digits = run.map(({ point }) => String.fromCodePoint(point).normalize("NFKC")).join("");
  return /^[0-9]{1,4}$/.test(digits) ? Number(digits) : 0;
}
