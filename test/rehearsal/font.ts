import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** A console font in memory. A glyph is `height` rows of ceil(width / 8) bytes, the leftmost pixel in the high bit. */
export interface ConsoleFont {
  readonly width: number;
  readonly height: number;
  readonly glyphs: number;
  /** The glyph of a character, or undefined where the font has none. */
  glyph(char: string): Uint8Array | undefined;
}

/** PC Screen Font, version 1 (struct psf1_header in the kernel's and kbd's psf.h). */
const PSF1_MAGIC = 0x0436;
const PSF1_512_GLYPHS = 0x01;
const PSF1_HAS_TABLE = 0x06;
const PSF1_SEQUENCE = 0xfffe;
const PSF1_END = 0xffff;

/** Version 2. */
const PSF2_MAGIC = 0x864ab572;
const PSF2_HAS_TABLE = 0x01;
const PSF2_SEQUENCE = 0xfe;
const PSF2_END = 0xff;

/** Reads a `.psf` or `.psf.gz` file with its Unicode table, which is what a console finds glyphs by. */
export function readFont(path: string): ConsoleFont {
  const file = readFileSync(path);
  return parseFont(file.readUInt16BE(0) === 0x1f8b ? gunzipSync(file) : file);
}

/** Throws for what is no PSF font, is cut short, or has no Unicode table. */
export function parseFont(file: Buffer): ConsoleFont {
  if (file.length >= 32 && file.readUInt32LE(0) === PSF2_MAGIC) return parsePsf2(file);
  if (file.length >= 4 && file.readUInt16LE(0) === PSF1_MAGIC) return parsePsf1(file);
  throw new Error("not a PSF font");
}

function parsePsf1(file: Buffer): ConsoleFont {
  const mode = file.readUInt8(2);
  if ((mode & PSF1_HAS_TABLE) === 0) throw new Error("a PSF font without a Unicode table");
  const glyphs = mode & PSF1_512_GLYPHS ? 512 : 256;
  const size = file.readUInt8(3);
  const table = file.subarray(4 + glyphs * size);
  const units = Array.from({ length: table.length >> 1 }, (_, i) => table.readUInt16LE(2 * i));
  const entries = split(units, PSF1_END).map((entry) =>
    upTo(entry, PSF1_SEQUENCE).map((unit) => String.fromCharCode(unit)),
  );
  return font(file, { at: 4, width: 8, height: size, size, glyphs }, entries);
}

function parsePsf2(file: Buffer): ConsoleFont {
  if ((file.readUInt32LE(12) & PSF2_HAS_TABLE) === 0) throw new Error("a PSF font without a Unicode table");
  const [at, glyphs, size, height, width] = [8, 16, 20, 24, 28].map((offset) => file.readUInt32LE(offset)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const table = [...file.subarray(at + glyphs * size)];
  // 0xFE and 0xFF never occur in UTF-8, so the entries can be split as bytes.
  const entries = split(table, PSF2_END).map((entry) => [...Buffer.from(upTo(entry, PSF2_SEQUENCE)).toString("utf8")]);
  return font(file, { at, width, height, size, glyphs }, entries);
}

interface Shape {
  readonly at: number;
  readonly width: number;
  readonly height: number;
  readonly size: number;
  readonly glyphs: number;
}

/** `entries`: for each glyph in order the characters that it shows. */
function font(file: Buffer, { at, width, height, size, glyphs }: Shape, entries: readonly string[][]): ConsoleFont {
  if (entries.length !== glyphs)
    throw new Error(`a PSF font with ${entries.length} table entries for ${glyphs} glyphs`);
  const numbers = new Map(entries.flatMap((chars, number) => chars.map((char) => [char, number] as const)));
  const glyph = (char: string): Uint8Array | undefined => {
    const number = numbers.get(char);
    return number === undefined ? undefined : file.subarray(at + number * size, at + (number + 1) * size);
  };
  return { width, height, glyphs, glyph };
}

function split(units: readonly number[], end: number): number[][] {
  const entries: number[][] = [];
  let entry: number[] = [];
  for (const unit of units) {
    if (unit === end) {
      entries.push(entry);
      entry = [];
    } else {
      entry.push(unit);
    }
  }
  return entries;
}

/** An entry's single characters; after the mark come sequences of combining characters, which a console never draws. */
function upTo(entry: readonly number[], mark: number): number[] {
  const end = entry.indexOf(mark);
  return entry.slice(0, end === -1 ? entry.length : end);
}
