import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { DICE_WORD_BITS, diceStrength, diceWord } from "../../../ceremony/mix/dicewords.ts";

const rolls = Array.from({ length: 6 ** 5 }, (_, i) =>
  i
    .toString(6)
    .padStart(5, "0")
    .replaceAll(/\d/g, (digit) => String(Number(digit) + 1)),
);
const word = (thrown: string) => diceWord(Buffer.from(thrown, "ascii")).toString("ascii");

test("the list is the EFF's large list, byte for byte", () => {
  const text = rolls.map((thrown) => `${thrown}\t${word(thrown)}\n`).join("");
  // SHA-256 of the file that the EFF publishes, eff_large_wordlist.txt.
  const published = "addd35536511597a02fa0a9ff1e5284677b8883b83e986e43f15a3db996b903e";
  assert.equal(createHash("sha256").update(text).digest("hex"), published);
});

test("7776 different words, each of 3 to 9 characters that a passphrase may have", () => {
  const words = rolls.map(word);
  assert.equal(new Set(words).size, 7776);
  for (const each of words) assert.match(each, /^[a-z-]{3,9}$/);
});

test("spot checks", () => {
  assert.equal(word("11111"), "abacus");
  assert.equal(word("66666"), "zoom");
});

test("the word is the caller's: wiping it wipes nothing of the list", () => {
  const bytes = diceWord(Buffer.from("11111"));
  bytes.fill(0);
  assert.equal(word("11111"), "abacus");
});

test("anything but five digits from 1 to 6 throws", () => {
  for (const thrown of ["", "1111", "111111", "11110", "11117", "1111a"])
    assert.throws(() => word(thrown), RangeError, thrown);
});

test("the strength is said as text", () => {
  assert.equal(diceStrength(8), "8 words by dice: 103.4 bits");
  assert.ok(Math.abs(DICE_WORD_BITS - Math.log2(7776)) < 1e-12);
});
