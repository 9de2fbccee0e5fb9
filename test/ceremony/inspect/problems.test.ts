import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { adviceText, PROBLEMS } from "../../../ceremony/inspect/advice.ts";
import { inspect } from "../../../ceremony/inspect/command.ts";
import { encipher } from "../../../ceremony/seed/aezeed.ts";
import { formatPhrase } from "../../../ceremony/seed/phrase.ts";
import { NETWORKS } from "../../../core/network.ts";
import { ROOT } from "../../tools/sources.ts";
import { FAST, textSecret } from "../seed/samples.ts";

const SEED = {
  internalVersion: 1,
  birthdayDays: 6532,
  entropy: textSecret("sixteen bytes!!!"),
  salt: textSecret("salty"),
};
const WORDS = formatPhrase(encipher(SEED, textSecret("right"), FAST)).bytes.toString();
const LIST = WORDS.split(" ");
const BIP39 = `${"abandon ".repeat(11)}about`;

/** An input for each problem of the words, and what a person reads. */
const TRIGGERS: Readonly<Record<string, readonly [string, RegExp]>> = {
  unreadable_character: [`${WORDS.replace(LIST[6] ?? "", "caf\u00e9")}\nright\n`, /Word 7 has a character/],
  unknown_word: [`${LIST.with(23, "kek").join(" ")}\nright\n`, /Word 24 is not.*passphrase, a word is missing/s],
  word_count: [`${LIST.slice(0, 12).join(" ")}\n`, /words are 12.*other plate, or the other side/s],
  too_many_missing: [`? ? ? ? ? ${LIST.slice(5).join(" ")}\nright\n`, /5 words are given as \?/],
  not_recovered: [`? ? ${LIST.slice(2).join(" ")}\nwrong\n`, /1 phrases were tried/],
  bip39_phrase: [`${BIP39}\n\n`, /These 12 words are a BIP39 phrase/],
  half_repeated: [`${LIST.slice(0, 12).join(" ")}\n${LIST.slice(0, 12).join(" ")}\nright\n`, /first twelve again/],
  word_order: [`${LIST.toReversed().join(" ")}\nright\n`, /from the last to the first.*Read so, it is this node/s],
  bad_version: [`${LIST.with(0, "zoo").join(" ")}\nright\n`, /Word 1 does not begin/],
  bad_checksum: [`${LIST.with(8, "zoo").join(" ")}\nright\n`, /Check word 9\./],
  wrong_passphrase: [`${WORDS}\nRIGHT\n`, /Caps Lock was on/],
};
/** Those of the file are triggered in test/ceremony/seed/accountsfile.test.ts. */
const OF_THE_FILE = ["file_exists", "file_not_written"];

const ask = (input: string) => {
  const done = inspect(Buffer.from(input), NETWORKS, FAST);
  assert.ok(!done.ok, "there is no problem");
  return { problem: done.error.problem, reports: done.error.reports };
};

describe("the problems of inspect", () => {
  it("are the same in the registry, in docs/inspect.md and here", () => {
    const page = readFileSync(join(ROOT, "docs/inspect.md"), "utf8");
    const rows = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, code, means]) => [code, means?.trim()]);
    assert.deepEqual(Object.fromEntries(rows), PROBLEMS);
    assert.deepEqual([...Object.keys(TRIGGERS), ...OF_THE_FILE], Object.keys(PROBLEMS));
  });

  for (const [code, [input, advice]] of Object.entries(TRIGGERS)) {
    it(`${code}: is triggered, and says what to do within 80 columns`, () => {
      const { problem, reports } = ask(input);
      assert.equal(problem.code, code);
      const shown = adviceText(problem, "", reports[0]?.nodeId);
      assert.match(shown, advice);
      assert.deepEqual(
        shown.split("\n").filter((line) => line.length > 80),
        [],
      );
      assert.ok(!LIST.some((word, at) => at > 0 && shown.includes(`${LIST[at - 1]} ${word}`)), shown);
    });
  }

  it("a BIP39 phrase of 24 words is named too, and one whose seed is an aezeed is not", () => {
    assert.deepEqual(ask(`${"abandon ".repeat(23)}art\n\n`).problem, { code: "bip39_phrase", count: 24 });
    assert.deepEqual(ask(`${"zoo ".repeat(11)}zoo\n\n`).problem.code, "word_count");
  });

  it("25 words over two lines are too many, whichever word is more", () => {
    for (const more of ["El", "zoo"]) {
      const halves = `${LIST.slice(0, 12).join(" ")}\n${LIST.slice(12).join(" ")} ${more}\n\n`;
      assert.deepEqual(ask(halves).problem, { code: "word_count", count: 25, absent: [] });
    }
  });
});
