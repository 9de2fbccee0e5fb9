import { codePoints, RAW_BYTE } from "./text.ts";

// aezeed takes the bytes of a passphrase as they are: two Unicode forms of one letter are two passphrases, and so is a
// space that nobody sees. If a passphrase does not fit, the others that look the same on paper are tried.

/** A passphrase that looks like the one that was typed. `bytes` is a copy, to be wiped. */
export interface PassphraseForm {
  readonly id: FormId;
  readonly bytes: Buffer;
}

/** Ids stand in the answer of `--json`. What each means completes "It fits ...". */
export const FORMS = {
  nfc: "in the Unicode form NFC, each letter with its accent as one character",
  nfd: "in the Unicode form NFD, letters and accents as characters of their own",
  latin1: "in Latin-1 (ISO 8859-1), one byte a letter, as old terminals wrote it",
  latin1_nfc: "as UTF-8 in the form NFC; it came in Latin-1, one byte a letter",
  latin1_nfd: "as UTF-8 in the form NFD; it came in Latin-1, one byte a letter",
  trimmed: "without what cannot be seen at its beginning or end, such as a space",
  spaces: "with plain, single spaces: some here are of other kinds, or double",
  unquoted: "without the quotes around it",
  case_swapped: "with capitals and small letters changed over: Caps Lock was on",
  next_line: "as it stands on the next line that is not empty",
  none: "empty: this seed has no passphrase of its own. What was given may be the wallet's password",
} as const;
export type FormId = keyof typeof FORMS;

/**
 * What else the typed passphrase may have been, likeliest first, none twice and none as it was typed. Each costs a
 * scrypt to try.
 *
 * @param later the line after an empty passphrase, if there is one
 */
export function passphraseForms(typed: Buffer, later: Buffer | undefined): PassphraseForm[] {
  const forms: PassphraseForm[] = [];
  const add = (id: FormId, bytes: Buffer) => {
    const isKnown = bytes.equals(typed) || forms.some((form) => form.bytes.equals(bytes));
    if (isKnown) bytes.fill(0);
    else forms.push({ id, bytes });
  };
  if (later !== undefined) add("next_line", Buffer.from(later));
  const source = later ?? typed;
  const shaped: [FormId | undefined, Buffer][] = [
    [undefined, Buffer.from(source)],
    ["trimmed", trimmed(source)],
    ["spaces", plainSpaces(source)],
    ["unquoted", unquoted(source)],
  ];
  for (const [id, bytes] of shaped) {
    if (id !== undefined) add(id, Buffer.from(bytes));
    if (isLatin1(bytes)) {
      const utf8 = Buffer.from(bytes.toString("latin1"));
      add("latin1_nfc", normalised(utf8, "NFC"));
      add("latin1_nfd", normalised(utf8, "NFD"));
      utf8.fill(0);
    } else {
      add("nfc", normalised(bytes, "NFC"));
      add("nfd", normalised(bytes, "NFD"));
      const latin1 = toLatin1(bytes);
      if (latin1 !== undefined) add("latin1", latin1);
    }
    bytes.fill(0);
  }
  add("case_swapped", caseSwapped(source));
  add("none", Buffer.alloc(0));
  return forms;
}

/** Whether the bytes are no UTF-8, so that they are read as one byte a letter. */
function isLatin1(bytes: Buffer): boolean {
  for (const { point } of codePoints(bytes)) if (point >= RAW_BYTE) return true;
  return false;
}

/**
 * Letter by letter, so that no string ever holds the passphrase: a character of ASCII with all that follows it beyond
 * ASCII is normalised by itself, which is what normalising the whole gives.
 */
function normalised(bytes: Buffer, form: "NFC" | "NFD"): Buffer {
  return mapped(bytes, (cluster) => cluster.normalize(form));
}

/** Maps each ASCII character together with the characters beyond ASCII after it. */
function mapped(bytes: Buffer, change: (cluster: string) => string): Buffer {
  const output = Buffer.alloc(4 * bytes.length + 16);
  let length = 0;
  let start = 0;
  const flush = (end: number) => {
    if (end > start) length += output.write(change(bytes.toString("utf8", start, end)), length);
    start = end;
  };
  for (const [at, byte] of bytes.entries()) if (byte < 0x80) flush(at);
  flush(bytes.length);
  const result = Buffer.from(output.subarray(0, length));
  output.fill(0);
  return result;
}

/** The same characters in one byte each; undefined if one has no such byte, or the text is ASCII anyway. */
function toLatin1(bytes: Buffer): Buffer | undefined {
  const composed = normalised(bytes, "NFC");
  const points = [...codePoints(composed)].map(({ point }) => point);
  composed.fill(0);
  return points.every((point) => point < 0x100) ? Buffer.from(points) : undefined;
}

const isInvisible = (point: number): boolean =>
  point <= 0x20 ||
  point === 0x7f ||
  (point < RAW_BYTE && /[\s\p{Cf}\p{Cc}\p{Zs}\p{Default_Ignorable_Code_Point}]/u.test(String.fromCodePoint(point)));

function trimmed(bytes: Buffer): Buffer {
  const points = [...codePoints(bytes)];
  const first = points.find(({ point }) => !isInvisible(point));
  const last = points.findLast(({ point }) => !isInvisible(point));
  if (first === undefined || last === undefined) return Buffer.alloc(0);
  return Buffer.from(bytes.subarray(first.at, last.at + last.size));
}

/** Every run of white space as one space, and zero-width characters left out. */
function plainSpaces(bytes: Buffer): Buffer {
  const output: number[] = [];
  for (const { point, at, size } of codePoints(bytes)) {
    if (!isInvisible(point)) output.push(...bytes.subarray(at, at + size));
    else if (point < RAW_BYTE && /\s/u.test(String.fromCodePoint(point)) && output.at(-1) !== 0x20) output.push(0x20);
  }
  const plain = Buffer.from(output);
  output.fill(0);
  const cut = trimmed(plain);
  plain.fill(0);
  return cut;
}

function unquoted(bytes: Buffer): Buffer {
  const cut = trimmed(bytes);
  const points = [...codePoints(cut)];
  const quote = /["'\u2018-\u201f\u00ab\u00bb`]/u;
  const isQuote = (point = 0) => point < RAW_BYTE && quote.test(String.fromCodePoint(point));
  if (points.length < 2 || !isQuote(points[0]?.point) || !isQuote(points.at(-1)?.point)) return cut;
  const inner = Buffer.from(cut.subarray(points[0]?.size, points.at(-1)?.at));
  cut.fill(0);
  return inner;
}

function caseSwapped(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a ? byte ^ 0x20 : byte)));
}

/** What of a passphrase cannot be seen or told apart on paper, as kinds: never a character of it. */
export function unseen(bytes: Buffer): string[] {
  const points = [...codePoints(bytes)].map(({ point }) => point);
  const [first = 0, last = 0] = [points[0], points.at(-1)];
  const double = points.some((point, at) => point === 0x20 && points[at + 1] === 0x20);
  const kinds: [boolean, string][] = [
    [points.length > 0 && (isInvisible(first) || isInvisible(last)), "a space at its beginning or end"],
    [double, "two spaces in a row"],
    [points.some((point) => point < 0x20 || point === 0x7f), "a key that is no character (tab, arrow, control)"],
    [
      points.some((point) => point >= 0x80 && isInvisible(point)),
      "a character without a picture, such as a no-break space",
    ],
    [points.some((point) => point >= RAW_BYTE), "bytes that are no UTF-8"],
    [
      points.some((point) => point >= 0x80 && !isInvisible(point)),
      "letters beyond ASCII, which programs write differently",
    ],
  ];
  return kinds.flatMap(([holds, name]) => (holds ? [name] : []));
}
