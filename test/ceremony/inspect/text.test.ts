import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readInput, typedIndex } from "../../../ceremony/inspect/input.ts";
import { toUtf8 } from "../../../ceremony/inspect/text.ts";
import { findWord } from "../../../ceremony/seed/wordlist.ts";
import { askInspect, block, INSPECT_PASSPHRASE, INSPECT_WORDS, LIST } from "./read.ts";

const row = (from: number, to: number, by = " ") => LIST.slice(from, to).join(by);
const numbered = (label: (number: number) => string, end = "\n") =>
  LIST.map((word, at) => `${label(at + 1)}${word}`).join(end);
const wide = (text: string) => [...text].map((letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)).join("");
const utf16be = (text: string) => Buffer.from(text, "utf16le").swap16();
const FRAME = "!!!YOU MUST WRITE DOWN THIS SEED TO BE ABLE TO RESTORE THE WALLET!!!";
const framed = `${FRAME}\n\n---------------BEGIN LND CIPHER SEED---------------\n${block()}\n---------------END LND CIPHER SEED-----------------\n\n${FRAME}`;
const answer = { cipher_seed_mnemonic: LIST, enciphered_seed: "AFjKabcdefghABCDEFGH0123456789abcdefghijklmn" };

/** The words as people have them; the passphrase is put on the line after. */
const TEXTS: Readonly<Record<string, string>> = {
  "lncli's block": block(),
  "lncli's block with what stands around it": framed,
  commas: LIST.join(", "),
  "commas without spaces": LIST.join(","),
  "semicolons and bars": `| ${LIST.join(" | ")} |;`,
  JSON: JSON.stringify(LIST),
  "JSON over many lines": JSON.stringify(LIST, undefined, 2),
  "lnd's answer to GenSeed": JSON.stringify(answer),
  "lnd's answer to GenSeed over many lines": JSON.stringify(answer, undefined, 4),
  "JSON by number": JSON.stringify(Object.fromEntries(LIST.map((word, at) => [at + 1, word]))),
  "a JSON string": JSON.stringify({ mnemonic: INSPECT_WORDS }),
  "JSON with escapes": JSON.stringify({ mnemonic: LIST.join("\n") }),
  "no-break spaces": LIST.join("\u00a0 "),
  "ideographic spaces": LIST.join("\u3000"),
  "thin spaces and tabs": LIST.join("\u2009\t"),
  "zero-width spaces": LIST.join("\u200b"),
  "zero-width marks within words": LIST.join(" ").replaceAll("s", "s\u2060"),
  "soft hyphens within words": LIST.map((word) => `${word.slice(0, 2)}\u00ad${word.slice(2)}`).join(" "),
  "a byte order mark": `\ufeff${INSPECT_WORDS}`,
  "a byte order mark on each line": LIST.map((word) => `\ufeff${word}`).join("\n"),
  "two lines of twelve": `${row(0, 12)}\n${row(12, 24)}`,
  "an uneven break": `${row(0, 5)}\n${row(5, 23)}\n${row(23, 24)}`,
  "numbers with dots": numbered((number) => `${number}. `),
  "numbers with brackets": numbered((number) => `${number}) `, "  "),
  "numbers with leading zeros": numbered((number) => `${String(number).padStart(2, "0")} - `),
  "numbers against the words": numbered((number) => `${number}`, " "),
  "numbers in brackets": numbered((number) => `[${number}] `),
  "numbers behind": LIST.map((word, at) => `${word} ${at + 1}`).join("\n"),
  "circled numbers": numbered((number) => (number <= 20 ? String.fromCodePoint(0x245f + number) : `${number}`), " "),
  keycaps: numbered((number) => `${[...String(number)].map((digit) => `${digit}\ufe0f\u20e3`).join("")} `),
  "wide digits": numbered((number) => `${wide(String(number))}\uff0e`),
  "numbers from 0": numbered((number) => `${number - 1}: `),
  "a table": numbered((number) => `| ${number} | `, " |\n"),
  bullets: numbered(() => "\u2022 "),
  dashes: LIST.join(" \u2014 "),
  quotes: LIST.map((word) => `\u201c${word}\u201d`).join(" "),
  underscores: LIST.join("_"),
  "escaped line ends": LIST.join("\\n"),
  capitals: INSPECT_WORDS.toUpperCase(),
  "four letters": LIST.map((word) => word.slice(0, 4)).join(" "),
  "letters of full width": wide(INSPECT_WORDS.replaceAll(" ", "\u3000")).replaceAll("\u{12ee0}", " "),
  ligatures: INSPECT_WORDS.replace("misery", "misery").replaceAll("ffi", "\ufb03"),
  "empty lines between": LIST.join("\n\n"),
  "spaces at both ends": `   ${INSPECT_WORDS}   `,
};

/** What a text is taken apart to: the words that were meant, and the passphrase. */
function taken(text: string | Buffer) {
  const input = readInput(toUtf8(Buffer.from(text)));
  const { complete, words, wordsGoOn } = input;
  assert.equal(wordsGoOn, false);
  return { indexes: words.map((word) => typedIndex(word)), passphrase: input.passphrase.toString(), complete };
}

/** Line ends, and the keys that are named: no signs of a list. */
const NOT_BETWEEN = "\n\r\v\f\u0085\u2028\u2029\b\u001b\u007f";
const INDEXES = LIST.map((word) => findWord(Buffer.from(word)));

describe("words are read", () => {
  for (const [name, words] of Object.entries(TEXTS)) {
    it(name, () => {
      for (const end of ["\n", "\r\n"]) {
        const text = `${words.replaceAll("\n", end)}${end}${INSPECT_PASSPHRASE}${end}`;
        const { indexes, passphrase, complete } = taken(text);
        assert.deepEqual(indexes, INDEXES);
        assert.deepEqual([passphrase, complete], [INSPECT_PASSPHRASE, true]);
      }
    });
  }

  it("in UTF-16, with its mark and without, in both orders", () => {
    const text = `\ufeff${block()}\r\n${INSPECT_PASSPHRASE}\r\n`;
    for (const bytes of [
      Buffer.from(text, "utf16le"),
      utf16be(text),
      Buffer.from(text.slice(1), "utf16le"),
      utf16be(text.slice(1)),
    ])
      assert.deepEqual(taken(bytes), { indexes: INDEXES, passphrase: INSPECT_PASSPHRASE, complete: true });
  });

  it("with the line ends of other systems, CR alone and Unicode's", () => {
    for (const end of ["\r", "\u2028", "\u0085", "\v"])
      assert.deepEqual(
        taken(`${row(0, 12)}${end}${row(12, 24)}${end}${INSPECT_PASSPHRASE}${end}`),
        { indexes: INDEXES, passphrase: INSPECT_PASSPHRASE, complete: true },
        JSON.stringify(end),
      );
  });

  it("with any signs between them", () => {
    const sign = fc
      .integer({ min: 1, max: 0x2fff })
      .map((point) => String.fromCodePoint(point))
      .filter((sign) => !/[\p{L}\p{M}\p{Cn}?\\{[]/u.test(sign) && !NOT_BETWEEN.includes(sign));
    fc.assert(
      fc.property(fc.array(sign, { minLength: 1, maxLength: 3 }), (signs) => {
        // A zero-width sign may stand within a word, so it needs another beside it.
        const between = `${signs.join("")} `;
        const { indexes, passphrase } = taken(`${LIST.join(between)}\n${INSPECT_PASSPHRASE}\n`);
        assert.deepEqual([indexes, passphrase], [INDEXES, INSPECT_PASSPHRASE], JSON.stringify(between));
      }),
      { numRuns: 300 },
    );
  });

  it("in the order of their numbers, if they have them, and that is said", async () => {
    const order = LIST.map((_, at) => (at % 4) * 6 + Math.floor(at / 4));
    const across = order.map((place) => `${place + 1}. ${LIST[place]}`).join("\n");
    const { code, err } = await askInspect(`${across}\n${INSPECT_PASSPHRASE}\n`);
    assert.equal(code, 0);
    assert.match(err, /order of their numbers/);
    // Numbers that contradict a right order are not followed.
    const wrong = LIST.map((word, at) => `${order[at]! + 1}. ${word}`).join("\n");
    assert.deepEqual(await askInspect(`${wrong}\n${INSPECT_PASSPHRASE}\n`).then((ended) => [ended.code, ended.err]), [
      0,
      "",
    ]);
  });
});

describe("what cannot be read is named", () => {
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ["\u00f6", 3, /Word 3 .*ö \(U\+00F6\)/],
    ["o\u0308", 3, /Word 3 .*U\+0308, an accent/],
    ["\u0430", 24, /Word 24 .*а \(U\+0430\)/],
    ["0", 12, /Word 12 .*0 \(U\+0030\)/],
    ["\ufffd", 1, /Word 1 .*U\+FFFD/],
    ["\u001b[A", 5, /Word 5 .*arrow key/],
  ];
  for (const [character, position, text] of cases) {
    it(`${JSON.stringify(character)} in word ${position}`, async () => {
      const words = LIST.with(
        position - 1,
        `${LIST[position - 1]?.slice(0, 2)}${character}${LIST[position - 1]?.slice(3)}`,
      );
      const { code, err } = await askInspect(`${block(words)}\n${INSPECT_PASSPHRASE}\n`);
      assert.equal(code, 1);
      assert.match(err, text);
      assert.ok(!err.includes(String(LIST[position - 1])));
    });
  }

  it("a byte that is no UTF-8", async () => {
    const bytes = Buffer.from(`${INSPECT_WORDS.replace("noble", "n\u00f6ble")}\n${INSPECT_PASSPHRASE}\n`, "latin1");
    assert.match((await askInspect(bytes)).err, /Word 2 .*byte F6/);
    assert.deepEqual(JSON.parse((await askInspect(bytes, ["--json"])).out), {
      error: { code: "unreadable_character", position: 2, character: "byte F6" },
    });
  });
});

describe("the passphrase has a line of its own", () => {
  for (const rest of [" El", " El Psy Kongroo", " 12345", " !", ", El", "] x"]) {
    it(`${JSON.stringify(rest)} behind word 24 is told where it goes`, async () => {
      for (const words of [INSPECT_WORDS, `${row(0, 12)}\n${row(12, 24)}`, block()]) {
        const { code, err } = await askInspect(`${words}${rest}\n\n`);
        assert.equal(code, 1);
        assert.match(err, /passphrase goes on a line of its own/);
      }
    });
  }

  it("numbers that no word has are named", async () => {
    const { err } = await askInspect(`${block().replace(/ 7. train +/, "")}\n${INSPECT_PASSPHRASE}\n`);
    assert.match(err, /are 23, .*No word has the number 7\./s);
  });
});
