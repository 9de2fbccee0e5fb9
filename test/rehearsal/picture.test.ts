import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, inflateSync } from "node:zlib";
import { CONSOLE_FONT } from "../tools/list.ts";
import { needs } from "../tools/need.ts";
import { type ConsoleFont, parseFont, readFont } from "./font.ts";
import { consoleColours, missingGlyphs, screenPng } from "./picture.ts";
import { encodePng } from "./png.ts";
import { type Cell, DEFAULT_COLOUR, EmulatedTerminal, TRUE_COLOUR } from "./terminal.ts";

const PLAIN: Cell = { char: " ", fg: DEFAULT_COLOUR, bg: DEFAULT_COLOUR, bold: false, inverse: false };

/** Two glyphs of 8x2: all paper for the space, a rising diagonal for `/`. */
const TINY = parseFont(
  psf1(
    2,
    [
      [0, 0],
      [0x0f, 0xf0],
    ],
    [" ", "/\ufffeignored"],
  ),
);

/** A version 1 font padded to its 256 glyphs. */
function psf1(height: number, glyphs: readonly number[][], chars: readonly string[]): Buffer {
  const bitmaps = Array.from({ length: 256 }, (_, i) => glyphs[i] ?? Array<number>(height).fill(0)).flat();
  const table = Array.from({ length: 256 }, (_, i) => `${chars[i] ?? ""}\uffff`).join("");
  return Buffer.concat([Buffer.from([0x36, 0x04, 2, height, ...bitmaps]), Buffer.from(table, "utf16le")]);
}

/** A version 2 font, two glyphs of 12x1. */
function psf2(): Buffer {
  const header = Buffer.alloc(32);
  const fields = [0x864ab572, 0, 32, 1, 2, 2, 1, 12];
  for (const [i, field] of fields.entries()) header.writeUInt32LE(field, 4 * i);
  const table = Buffer.concat([
    Buffer.from("A\u2580"),
    Buffer.from([0xfe]),
    Buffer.from("e\u0301"),
    Buffer.from([0xff]),
  ]);
  return Buffer.concat([header, Buffer.from([0x12, 0x30, 0xab, 0xc0]), table, Buffer.from([0x42, 0xff])]);
}

/** Reads back what png.ts writes, by the format's rules, checking every CRC. */
function readPng(png: Buffer): { width: number; height: number; colours: number[][] } {
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    assert.equal(png.readUInt32BE(at + 8 + length), crc32(body));
    chunks.set(body.toString("latin1", 0, 4), body.subarray(4));
    at += length + 12;
  }
  assert.deepEqual([...chunks.keys()], ["IHDR", "PLTE", "IDAT", "IEND"]);
  const header = chunks.get("IHDR") ?? Buffer.alloc(0);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const palette = chunks.get("PLTE") ?? Buffer.alloc(0);
  const data = inflateSync(chunks.get("IDAT") ?? Buffer.alloc(0));
  const rowBytes = 1 + Math.ceil(width / 2);
  assert.equal(data.length, rowBytes * height);
  const colours = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const pair = data.readUInt8(y * rowBytes + 1 + (x >> 1));
      return palette.readUIntBE(3 * (x & 1 ? pair & 15 : pair >> 4), 3);
    }),
  );
  return { width, height, colours };
}

test("a PNG holds the pixels it was made of, also with an odd width", () => {
  const pixels = Uint8Array.from([0, 1, 2, 2, 1, 0]);
  const png = encodePng({ width: 3, height: 2, palette: [0x000001, 0xff8000, 0x123456], pixels });
  assert.deepEqual(readPng(png), {
    width: 3,
    height: 2,
    colours: [
      [0x000001, 0xff8000, 0x123456],
      [0x123456, 0xff8000, 0x000001],
    ],
  });
});

test("a font finds glyphs by its Unicode table, in both versions of the format", () => {
  assert.deepEqual([TINY.width, TINY.height, TINY.glyphs], [8, 2, 256]);
  assert.deepEqual(TINY.glyph("/"), Buffer.from([0x0f, 0xf0]));
  assert.equal(TINY.glyph("i"), undefined);
  const wide = parseFont(psf2());
  assert.deepEqual([wide.width, wide.height, wide.glyphs], [12, 1, 2]);
  assert.deepEqual(wide.glyph("\u2580"), Buffer.from([0x12, 0x30]));
  assert.deepEqual(wide.glyph("B"), Buffer.from([0xab, 0xc0]));
  assert.equal(wide.glyph("e"), undefined);
});

test("what is no font, or a cut one, is an error", () => {
  assert.throws(() => parseFont(Buffer.from("no font at all, whichever way it is read")), /not a PSF font/);
  assert.throws(() => parseFont(psf2().subarray(0, -1)), /1 table entries for 2 glyphs/);
});

test("cells are drawn glyph by glyph in their colours, at either scale", () => {
  const cells = [[PLAIN, { ...PLAIN, char: "/", fg: 0, bg: 7 }]];
  const once = readPng(screenPng(cells, { font: TINY }));
  const [black, grey] = [0x000000, 0xaaaaaa];
  const rows = [
    [...Array<number>(8).fill(black), ...Array<number>(4).fill(grey), ...Array<number>(4).fill(black)],
    [...Array<number>(8).fill(black), ...Array<number>(4).fill(black), ...Array<number>(4).fill(grey)],
  ];
  assert.deepEqual(once, { width: 16, height: 2, colours: rows });
  const twice = readPng(screenPng(cells, { font: TINY, scale: 2 }));
  assert.deepEqual(twice, {
    width: 32,
    height: 4,
    colours: rows.flatMap((row) => {
      const wide = row.flatMap((colour) => [colour, colour]);
      return [wide, wide];
    }),
  });
});

test("colours follow the kernel's console, not a desktop's terminal", () => {
  assert.deepEqual(consoleColours(PLAIN), [7, 0]);
  assert.deepEqual(consoleColours({ ...PLAIN, bold: true }), [15, 0]);
  assert.deepEqual(consoleColours({ ...PLAIN, inverse: true }), [0, 7]);
  assert.deepEqual(consoleColours({ ...PLAIN, inverse: true, bold: true }), [8, 7]);
  assert.deepEqual(consoleColours({ ...PLAIN, fg: 1, bg: 4 }), [1, 4]);
  assert.deepEqual(consoleColours({ ...PLAIN, fg: 9, bg: 12 }), [9, 4]);
});

test("what a console cannot show is an error that names the cell", () => {
  const cells = (cell: Cell) => [[PLAIN], [cell]];
  assert.throws(() => screenPng(cells({ ...PLAIN, char: "x" }), { font: TINY }), /no glyph for "x" at row 1, column 0/);
  for (const fg of [16, TRUE_COLOUR]) {
    assert.throws(() => screenPng(cells({ ...PLAIN, fg }), { font: TINY }), /no colour of the console at row 1/);
  }
});

test("the console font has half blocks and Cyrillic, and its gaps are named once each", needs("font"), () => {
  const font: ConsoleFont = readFont(CONSOLE_FONT);
  assert.deepEqual([font.width, font.height], [8, 16]);
  const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("");
  assert.deepEqual(missingGlyphs(`${printable}\n\u2580\u2584\u2588\u0416\u2500\u2502`), []);
  assert.deepEqual(missingGlyphs("a\u65e5b\u65e5\u{1f511}"), ["\u65e5", "\u{1f511}"]);
  // VGA16's upper block has 7 rows, not 8: the pair never overlaps and leaves at most that one row open.
  const [upper, lower, full] = ["\u2580", "\u2584", "\u2588"].map((char) => [...(font.glyph(char) ?? [])]);
  assert.deepEqual(full, Array<number>(16).fill(255));
  assert.ok(upper?.slice(0, 7).every((row) => row === 255) && upper.slice(8).every((row) => row === 0));
  assert.deepEqual(lower, [...Array<number>(8).fill(0), ...Array<number>(8).fill(255)]);
});

test("a real terminal's screen becomes a picture of 8x16 cells", needs("font"), async (t) => {
  const terminal = new EmulatedTerminal("/bin/sh", ["-c", "printf '\\033[30;47m\\342\\226\\204'; read x"]);
  t.after(() => terminal.close());
  await terminal.waitFor("\u2584");
  const { width, height, colours } = readPng(screenPng(terminal.cells()));
  assert.deepEqual([width, height], [640, 384]);
  assert.deepEqual([colours[7]?.[0], colours[8]?.[0], colours[8]?.[8]], [0xaaaaaa, 0x000000, 0x000000]);
});
