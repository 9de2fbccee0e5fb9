import assert from "node:assert/strict";
import { describe, it } from "node:test";
import english from "bip39/src/wordlists/english.json" with { type: "json" };
import fc from "fast-check";
import { formatPhrase, packIndexes, parsePhrase, wordIndexes } from "../../../ceremony/seed/phrase.ts";
import { findWord, PREFIX_LETTERS, WORD_COUNT, wordBytes } from "../../../ceremony/seed/wordlist.ts";
import { error, okValue, phrases, SAMPLE_WORDS, toHex } from "./samples.ts";

const list = SAMPLE_WORDS.split(" ");
const whole = toHex(okValue(parsePhrase(Buffer.from(SAMPLE_WORDS))));
const parse = (typed: string) => parsePhrase(Buffer.from(typed));
const put = (position: number, word: string) => list.map((old, at) => (at + 1 === position ? word : old));

describe("word list", () => {
  it("has the 2048 words in order, and four letters identify each", () => {
    assert.equal(english.length, WORD_COUNT);
    assert.deepEqual([...english].sort(), english);
    assert.equal(new Set(english.map((word) => word.slice(0, PREFIX_LETTERS))).size, WORD_COUNT);
    for (const [index, word] of english.entries()) {
      assert.equal(wordBytes(index).toString(), word);
      assert.equal(findWord(Buffer.from(word)), index);
      assert.equal(findWord(Buffer.from(word.toUpperCase())), index);
      assert.equal(findWord(Buffer.from(word.slice(0, PREFIX_LETTERS))), index);
    }
  });

  it("takes no other abbreviation: three letters, or five of eight, are no word", () => {
    for (const [index, word] of english.entries()) {
      for (let length = 0; length < word.length; length++) {
        const typed = word.slice(0, length);
        const isWord = english.includes(typed);
        if (length === PREFIX_LETTERS) continue;
        assert.equal(findWord(Buffer.from(typed)), isWord ? english.indexOf(typed) : undefined, `${typed} of ${index}`);
      }
      assert.equal(findWord(Buffer.from(`${word}xx`)), undefined);
    }
  });

  it("knows the plate's form: act is a word, acto is actor, hear is heart, kek is nothing", () => {
    const find = (typed: string) => english[findWord(Buffer.from(typed)) ?? -1];
    assert.equal(find("act"), "act");
    assert.equal(find("ACTO"), "actor");
    assert.equal(find("hear"), "heart");
    for (const typed of ["kek", "acti0n", "aban ", "aband", "abandonn", "zzzz", "zoos", "", "\u00e4cto", "caf\u00e9"]) {
      assert.equal(find(typed), undefined, typed);
    }
  });

  it("has no words beyond its ends", () => {
    assert.throws(() => wordBytes(WORD_COUNT), RangeError);
    assert.throws(() => wordBytes(-1), RangeError);
  });
});

describe("phrase as people type it", () => {
  const accepted: Record<string, string> = {
    "as it is": SAMPLE_WORDS,
    "upper case": SAMPLE_WORDS.toUpperCase(),
    "one a line": list.join("\n"),
    "lines of another system": `${list.join("\r\n")}\r\n`,
    "tabs and many spaces": ` \t${list.join(" \t  ")}\n\n`,
    "four letters": list.map((word) => word.slice(0, 4)).join(" "),
    "four capital letters": list.map((word) => word.slice(0, 4).toUpperCase()).join("\n"),
    "numbers with dots": list.map((word, at) => `${at + 1}. ${word}`).join(" "),
    "numbers with brackets": list.map((word, at) => `${at + 1}) ${word}`).join("\n"),
    "numbers with colons": list.map((word, at) => `${at + 1}: ${word}`).join("\r\n"),
    "bare numbers": list.map((word, at) => `${at + 1} ${word}`).join("\n"),
    "numbers stuck to the words": list.map((word, at) => `${at + 1}.${word}`).join("\n"),
    "numbers with a zero": list.map((word, at) => `${String(at + 1).padStart(2, "0")}. ${word}`).join(" "),
    "as lncli prints it": list.map((word, at) => `${String(at + 1).padStart(2)}. ${word.padEnd(9)}`).join("  "),
    "mixed styles": list.map((word, at) => ["", `${at + 1}. `, `${at + 1}) `][at % 3] + word).join(" "),
  };
  for (const [name, typed] of Object.entries(accepted)) {
    it(`reads it ${name}`, () => assert.equal(toHex(okValue(parse(typed))), whole));
  }

  it("names the first word that is not in the list, by its position from 1", () => {
    for (const typed of [
      "kek",
      "aband",
      "hea",
      "w\u00f6lf",
      "?",
      "*",
      "...",
      "wolf,",
      "wolf-",
      "\u200bwolf",
      "0x41",
      "wolf.",
      "\u0000",
    ]) {
      for (const position of [1, 2, 13, 24]) {
        assert.deepEqual(error(parse(put(position, typed).join(" "))), { code: "unknown_word", position }, typed);
      }
    }
    assert.deepEqual(error(parse(put(7, "kek").join(" ").replace("agent", "kek"))), {
      code: "unknown_word",
      position: 7,
    });
  });

  it("takes a number only as the number of its word", () => {
    const unknown = (typed: string, position: number) => {
      assert.deepEqual(error(parse(typed)), { code: "unknown_word", position }, typed);
    };
    // A list that lost line 5, and two columns read across.
    const numbered = list.map((word, at) => `${at + 1}. ${word}`);
    unknown(numbered.toSpliced(4, 1).join("\n"), 5);
    unknown(numbered.flatMap((line, at) => (at < 12 ? [line, numbered[at + 12]] : [])).join(" "), 2);
    unknown(`0. ${SAMPLE_WORDS}`, 1);
    unknown(`1. 1. ${SAMPLE_WORDS}`, 1);
    unknown(`1 ${list[0]} 2 3 ${list.slice(1).join(" ")}`, 2);
    unknown(`${SAMPLE_WORDS} 25.`, 25);
    unknown(`1-${SAMPLE_WORDS}`, 1);
    unknown(`1${SAMPLE_WORDS}`, 1);
    unknown(`1.. ${SAMPLE_WORDS}`, 1);
    unknown(`00000000000000000000002 ${SAMPLE_WORDS}`, 1);
  });

  it("counts: 24, no more and no less, after it has looked at the words", () => {
    assert.deepEqual(error(parse("")), { code: "word_count", count: 0 });
    assert.deepEqual(error(parse(" \r\n ")), { code: "word_count", count: 0 });
    assert.deepEqual(error(parse(list.slice(1).join(" "))), { code: "word_count", count: 23 });
    assert.deepEqual(error(parse(`${SAMPLE_WORDS} zoo`)), { code: "word_count", count: 25 });
    assert.deepEqual(error(parse(`${SAMPLE_WORDS} ${SAMPLE_WORDS}`)), { code: "word_count", count: 48 });
    assert.deepEqual(error(parse(`${SAMPLE_WORDS} kek`)), { code: "unknown_word", position: 25 });
    assert.deepEqual(error(parse("zoo kek")), { code: "unknown_word", position: 2 });
  });

  it("leaves what was typed as it was", () => {
    const typed = Buffer.from(SAMPLE_WORDS.toUpperCase());
    parsePhrase(typed);
    assert.equal(typed.toString(), SAMPLE_WORDS.toUpperCase());
  });
});

describe("phrase", () => {
  it("is written in lower case with one space between, and read back as the same", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 33, maxLength: 33 }), (bytes) => {
        const indexes = Uint16Array.from({ length: 24 }, (_, word) => {
          const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
          return Number.parseInt(bits.slice(11 * word, 11 * word + 11), 2);
        });
        const packed = packIndexes(indexes);
        assert.equal(toHex(packed), Buffer.from(bytes).toString("hex"));
        assert.deepEqual(wordIndexes(packed), indexes);
        const written = formatPhrase(packed);
        assert.equal(written.bytes.toString(), [...indexes].map((index) => english[index]).join(" "));
        assert.ok(okValue(parsePhrase(written.bytes)).equals(packed));
      }),
      { numRuns: 300 },
    );
  });

  it("of an aezeed begins with one of eight words", () => {
    fc.assert(fc.property(phrases, (phrase) => (wordIndexes(phrase)[0] ?? 8) < 8));
  });
});
