import assert from "node:assert/strict";
import { test } from "node:test";
import { KEYS } from "../../rehearsal/console.ts";
import { readFont } from "../../rehearsal/font.ts";
import { CONSOLE_FONT } from "../../tools/list.ts";
import { needs } from "../../tools/need.ts";
import { parsePpm, readScreen } from "./eyes.ts";
import { strokesOf } from "./keyboard.ts";

/** Text as a console of this many pixels a column draws it, ink on paper. */
function drawn(rows: readonly string[], columnWidth: number, ink: number, paper: number) {
  const font = readFont(CONSOLE_FONT);
  const [width, height] = [80 * columnWidth, rows.length * 16];
  const rgb = Buffer.alloc(width * height * 3);
  const set = (x: number, y: number, colour: number) => rgb.writeUIntBE(colour, (y * width + x) * 3, 3);
  rows.forEach((text, row) => {
    [...text].forEach((char, column) => {
      const glyph = font.glyph(char);
      assert.ok(glyph, char);
      for (let y = 0; y < 16; y += 1)
        for (let x = 0; x < columnWidth; x += 1)
          set(column * columnWidth + x, row * 16 + y, (glyph[y] ?? 0) & (0x80 >> x) ? ink : paper);
    });
  });
  return { width, height, rgb };
}

const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");
const ROWS = [ASCII.slice(1, 60), ASCII.slice(60), "  |██ |▀▀ |▄▄ |   |"];

for (const [name, columnWidth] of [
  ["a picture", 8],
  ["VGA's text mode", 9],
] as const)
  test(`every character is read off ${name} as it was written, blocks too`, needs("font"), () => {
    const { columns, rows, text } = readScreen(drawn(ROWS, columnWidth, 0xaaaaaa, 0));
    assert.deepEqual([columns, rows], [80, 3]);
    assert.deepEqual(text, ROWS);
    // Inverse, as a field is; only a blank looks like a full block then.
    assert.deepEqual(readScreen(drawn(ROWS.slice(0, 2), columnWidth, 0, 0xaa5500)).text, ROWS.slice(0, 2));
  });

test("a picture of QEMU's is taken apart", () => {
  const file = Buffer.concat([Buffer.from("P6\n2 1\n255\n"), Buffer.from([1, 2, 3, 4, 5, 6])]);
  const { width, height, rgb } = parsePpm(file);
  assert.deepEqual([width, height, [...rgb]], [2, 1, [1, 2, 3, 4, 5, 6]]);
  assert.throws(() => parsePpm(Buffer.from("P5\n2 1\n255\n")), /not a PPM/);
});

test("every character and key of a ceremony has a stroke, and a sequence without one is an error", () => {
  assert.equal(strokesOf(ASCII).length, ASCII.length);
  assert.deepEqual(strokesOf("aZ 1!_"), [["a"], ["shift", "z"], ["spc"], ["1"], ["shift", "1"], ["shift", "minus"]]);
  assert.deepEqual(strokesOf(`${KEYS.up}x${KEYS.enter}${KEYS.interrupt}`), [["up"], ["x"], ["ret"], ["ctrl", "c"]]);
  for (const keys of Object.values(KEYS)) assert.equal(strokesOf(keys).length, 1);
  assert.throws(() => strokesOf("ж"), /no key/);
});
