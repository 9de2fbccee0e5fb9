import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { smallFont } from "../../../iso/boot/font.ts";
import { parseFont, readFont } from "../../rehearsal/font.ts";
import { missingGlyphs } from "../../rehearsal/picture.ts";
import { CONSOLE_FONT } from "../../tools/list.ts";
import { needs } from "../../tools/need.ts";

test("the image's font draws every character as Debian's does, with half of the glyphs", needs("font"), () => {
  const whole = readFont(CONSOLE_FONT);
  const psf = smallFont(gunzipSync(readFileSync(CONSOLE_FONT)));
  const small = parseFont(psf);
  assert.deepEqual([small.glyphs, small.width, small.height], [256, 8, 16]);
  const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");
  const cyrillic = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдеёжзийклмнопрстуфхцчшщъыьэюяЄєІіЇїҐґЎў";
  for (const char of `${ascii}${cyrillic}█▀▄`) assert.deepEqual(small.glyph(char), whole.glyph(char), char);
  assert.deepEqual(missingGlyphs(`${ascii}${cyrillic}█▀▄`, small), []);
  // The console draws a blank by its code, not by its character.
  assert.deepEqual(psf.subarray(4 + 32 * 16, 4 + 33 * 16), Buffer.alloc(16));
});

test("what is no font of that form is refused", () => {
  assert.throws(() => smallFont(Buffer.from([0x72, 0xb5, 0x4a, 0x86])), /not a PSF font/);
  assert.throws(() => smallFont(Buffer.from([0x36, 0x04, 0x02, 0x10])), /has no/);
});
