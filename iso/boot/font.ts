/** PC Screen Font, version 1: magic, mode, bytes a glyph; then glyphs, then the characters of each glyph (kbd's psf.h). */
const MAGIC = 0x3604;
const MODE_512 = 0x01;
const MODE_TABLE = 0x02;
const HEADER_BYTES = 4;
/** Ends a glyph's characters; before it, this begins sequences, which a console never draws. */
const ENTRY_END = 0xffff;
const SEQUENCE = 0xfffe;

const GLYPHS = 256;

/** Where text goes: characters of ASCII to their own codes, which the console's blank counts on. */
const ASCII = range(0x20, 0x7e);
/** The Russian alphabet in order, then what it lacks of Ukrainian and Belarusian. */
const CYRILLIC = [...range(0x410, 0x44f), ...[..."ЁёЄєІіЇїҐґЎў"].map(codeOf)];
/** Between 0xC0 and 0xDF VGA repeats the eighth column of a glyph in the ninth: only there do blocks touch. */
const BLOCKS: readonly (readonly [code: number, char: string])[] = [
  [0xdb, "█"],
  [0xdc, "▄"],
  [0xdf, "▀"],
];

/**
 * A font of 256 glyphs, cut out of one of 512. In VGA's text mode the 512th needs a bit that is the ink's brightness
 * otherwise: half blocks would be grey where full ones are black, and no scanner reads such a code (tried: zbarimg does
 * not), and strong text would look like any other.
 *
 * @param psf a font of version 1 with a table, uncompressed
 */
export function smallFont(psf: Buffer): Buffer {
  const { size, glyph } = parse(psf);
  const chars = new Map<number, number>(BLOCKS.map(([code, char]) => [code, codeOf(char)]));
  for (const char of ASCII) chars.set(char, char);
  const free = [...range(0x80, 0xbf), ...range(0xe0, 0xff)];
  for (const char of CYRILLIC) chars.set(free.shift() ?? 0, char);

  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(MAGIC, 0);
  header.set([MODE_TABLE, size], 2);
  const glyphs = Buffer.alloc(GLYPHS * size);
  const table: number[] = [];
  for (let code = 0; code < GLYPHS; code += 1) {
    const char = chars.get(code);
    if (char !== undefined) {
      glyphs.set(glyph(char), code * size);
      table.push(char);
    }
    table.push(ENTRY_END);
  }
  return Buffer.concat([header, glyphs, Buffer.from(Uint16Array.from(table).buffer)]);
}

function parse(psf: Buffer): { readonly size: number; readonly glyph: (char: number) => Uint8Array } {
  const mode = psf.readUInt8(2);
  if (psf.readUInt16BE(0) !== MAGIC || (mode & MODE_TABLE) === 0)
    throw new Error("not a PSF font of version 1 with a table");
  const count = mode & MODE_512 ? 512 : 256;
  const size = psf.readUInt8(3);
  const places = new Map<number, number>();
  let glyph = 0;
  let isSequence = false;
  for (let at = HEADER_BYTES + count * size; at + 1 < psf.length; at += 2) {
    const unit = psf.readUInt16LE(at);
    if (unit === ENTRY_END) {
      glyph += 1;
      isSequence = false;
    } else if (unit === SEQUENCE) isSequence = true;
    else if (!isSequence && !places.has(unit)) places.set(unit, glyph);
  }
  return {
    size,
    glyph: (char) => {
      const place = places.get(char);
      if (place === undefined) throw new Error(`the font has no ${String.fromCharCode(char)}`);
      return psf.subarray(HEADER_BYTES + place * size, HEADER_BYTES + (place + 1) * size);
    },
  };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function codeOf(char: string): number {
  return char.charCodeAt(0);
}
