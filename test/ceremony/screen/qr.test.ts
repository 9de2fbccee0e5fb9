import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { qrRows } from "../../../ceremony/screen/qr.ts";
import { readFont } from "../../rehearsal/font.ts";
import { screenPng } from "../../rehearsal/picture.ts";
import { type Cell, DEFAULT_COLOUR } from "../../rehearsal/terminal.ts";
import { decodeQr } from "../../rehearsal/zbar.ts";
import { CONSOLE_FONT } from "../../tools/list.ts";
import { needs } from "../../tools/need.ts";

const NODE_ID = "0379be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const HEAD = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** The code in the corner of an 80x24 console that is otherwise dark: the border is all the paper it has. */
function onConsole(rows: readonly string[], left: number): Cell[][] {
  return Array.from({ length: 24 }, (_, row) =>
    Array.from({ length: 80 }, (_, column) => {
      const char = rows[row - 3]?.[column - left];
      const [fg, bg] = char === undefined ? [DEFAULT_COLOUR, DEFAULT_COLOUR] : [0, 7];
      return { char: char ?? " ", fg, bg, bold: false, inverse: false };
    }),
  );
}

function assertBorder(rows: readonly string[]): void {
  assert.match(rows[0] ?? "", /^ +$/);
  for (const row of rows) assert.match(row, /^ {2}.* {2}$/);
  // The last row's upper half is the second row of the border, its lower half a third.
  assert.match(rows.at(-1) ?? "", /^ +$/);
}

test("a node id is 19 rows of 37 columns, a border of two included", () => {
  const { rows, width } = qrRows(NODE_ID);
  assert.equal(width, 37);
  assert.deepEqual(
    rows.map((row) => row.length),
    Array<number>(19).fill(37),
  );
  assertBorder(rows);
  // The finder pattern, 7x7 modules, in the upper left: nothing is inverted or mirrored.
  assert.deepEqual(
    rows.slice(1, 5).map((row) => row.slice(2, 10)),
    ["█▀▀▀▀▀█ ", "█ ███ █ ", "█ ▀▀▀ █ ", "▀▀▀▀▀▀▀ "],
  );
});

test("a transcript head takes no more room than a node id", () => {
  const { rows, width } = qrRows(HEAD);
  assert.deepEqual([rows.length, width], [19, 37]);
});

test("any text has a full border and rows of one width, and fits a 24-row screen", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 134 }), (text) => {
      const { rows, width } = qrRows(text);
      assert.ok(rows.every((row) => row.length === width && /^[ \u2580\u2584\u2588]+$/.test(row)));
      assert.ok(rows.length <= 24 && width <= 80);
      assert.equal(rows.length, Math.ceil(width / 2));
      assertBorder(rows);
    }),
    { numRuns: 30 },
  );
});

test("what the encoder would mangle is refused", () => {
  for (const text of ["", "\u20bf", "line\nline", "x".repeat(135)]) assert.throws(() => qrRows(text), RangeError);
});

test("zbarimg reads the code off a picture of the console, whatever the font's size", needs("zbarimg", "font"), () => {
  const cells = onConsole(qrRows(NODE_ID).rows, 42);
  for (const face of ["VGA8", "VGA16", "Fixed16", "Terminus32x16"]) {
    const font = readFont(CONSOLE_FONT.replace(/[^-]+(?=\.psf)/, face));
    assert.deepEqual(decodeQr(screenPng(cells, { font })), [NODE_ID], face);
  }
  assert.deepEqual(decodeQr(screenPng(onConsole(qrRows(HEAD).rows, 0), { scale: 2 })), [HEAD]);
});

test("what zbarimg says comes from the picture", needs("zbarimg", "font"), () => {
  assert.deepEqual(decodeQr(screenPng(onConsole([], 42))), []);
  const other = NODE_ID.replace(/8$/, "9");
  assert.deepEqual(decodeQr(screenPng(onConsole(qrRows(other).rows, 42))), [other]);
});
