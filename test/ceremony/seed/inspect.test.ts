import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type InspectIo, inspect } from "../../../ceremony/inspect/command.ts";
import { encipher } from "../../../ceremony/seed/aezeed.ts";
import { formatPhrase } from "../../../ceremony/seed/phrase.ts";
import { REPORT, runInspectWith } from "./command.ts";
import { error, FAST, hexSecret, okValue, SAMPLE_WORDS, textSecret } from "./samples.ts";

const list = SAMPLE_WORDS.split(" ");
const PASSPHRASE = " Tr\u00fcb\tand true ";
const seed = {
  internalVersion: 1,
  birthdayDays: 6023,
  entropy: hexSecret("50e4d00b98f80bd83565bdb8baa8d42b"),
  salt: hexSecret("a61dc8b3cf"),
};
const guarded = formatPhrase(encipher(seed, textSecret(PASSPHRASE), FAST)).bytes.toString();
describe("what inspect reads", () => {
  const read = (input: string) => inspect(Buffer.from(input), ["regtest"], FAST);
  const problem = (result: ReturnType<typeof read>) => error(result).problem;
  const column = (words: string, end = "\n") => words.split(" ").join(end) + end;
  const numbered = guarded.split(" ").map((word, at) => `${at + 1}. ${word}`);

  const accepted: Record<string, string> = {
    "one line and the passphrase": `${guarded}\n${PASSPHRASE}\n`,
    "no line end after the passphrase": `${guarded}\n${PASSPHRASE}`,
    "lines of another system": `${guarded}\r\n${PASSPHRASE}\r\n`,
    "one word a line": `${column(guarded)}${PASSPHRASE}\n`,
    "one word a line, with CRLF": `${column(guarded, "\r\n")}${PASSPHRASE}\r\n`,
    "one numbered word a line": `${numbered.join("\n")}\n${PASSPHRASE}\n`,
    "a numbered list on one line": `${numbered.join("  ")}\n${PASSPHRASE}\n`,
    "four capital letters of each": `${guarded
      .split(" ")
      .map((word) => word.slice(0, 4).toUpperCase())
      .join("\n")}\n${PASSPHRASE}\n`,
    "something after the passphrase": `${guarded}\n${PASSPHRASE}\nthe rest\n`,
  };
  for (const [name, input] of Object.entries(accepted)) {
    it(`reads ${name}`, () => assert.deepEqual(okValue(read(input)).reports, [REPORT]));
  }

  it("takes one line end off the passphrase and nothing else", () => {
    for (const other of [`${PASSPHRASE}\r\r\n`, `${PASSPHRASE} \n`, `${PASSPHRASE}\r`, PASSPHRASE.trim()]) {
      assert.equal(problem(read(`${guarded}\n${other}`)).code, "wrong_passphrase", JSON.stringify(other));
    }
    const raw = formatPhrase(encipher(seed, textSecret("x\r"), FAST)).bytes.toString();
    assert.ok(read(`${raw}\nx\r\r\n`).ok);
  });

  it("takes the passphrase after an empty line if none does not open the seed, and says so", () => {
    const found = okValue(read(`${guarded}\n\n\n${PASSPHRASE}\n`));
    assert.deepEqual([found.reports, found.afterBlank], [[REPORT], true]);
  });

  it("takes a passphrase that is empty or not there for lnd's default", () => {
    const plain = formatPhrase(encipher(seed, textSecret(""), FAST)).bytes.toString();
    for (const input of [
      `${plain}\n\n`,
      `${plain}\n`,
      plain,
      `${plain}\naezeed\n`,
      `${column(plain)}\n`,
      column(plain),
      `${plain}\r\n\r\n`,
    ]) {
      assert.deepEqual(okValue(read(input)).reports, [REPORT], JSON.stringify(input));
    }
  });

  it("reads words until there are 24, over empty lines too", () => {
    const rows = (count: number) =>
      guarded
        .split(" ")
        .map((word, at) => word + (at % count === count - 1 ? "\n" : " "))
        .join("");
    for (const count of [2, 3, 4, 6, 8, 12])
      assert.deepEqual(okValue(read(`${rows(count)}${PASSPHRASE}\n`)).reports, [REPORT], String(count));
    assert.deepEqual(okValue(read(`\n\n${rows(6).replaceAll("\n", "\n\n").trimEnd()}\n${PASSPHRASE}\n`)).reports, [
      REPORT,
    ]);
  });

  it("counts the words before the passphrase, whatever that is made of", () => {
    const short = guarded.split(" ").slice(0, 23);
    for (const words of [short.join(" "), short.join("\n")])
      for (const passphrase of ["El Psy Kongroo", "1234!", "Grüße aus dem Bunker"])
        assert.deepEqual(problem(read(`${words}\n${passphrase}\n`)), { code: "word_count", count: 23, absent: [] });
    assert.deepEqual(problem(read("")), { code: "word_count", count: 0, absent: [] });
    // Its place is the place of a word: it may be one that is misspelt.
    assert.deepEqual(problem(read(`${short.join("\n")}\nKongroo\n`)), { code: "unknown_word", position: 24 });
  });

  it("gives errors in lnd's order, with their places", () => {
    const swap = guarded.split(" ");
    [swap[4], swap[11]] = [swap[11] ?? "", swap[4] ?? ""];
    const first = guarded.split(" ").with(0, "zoo").join(" ");
    assert.deepEqual(problem(read(`${guarded.split(" ").with(6, "kek").join(" ")}\nx\n`)), {
      code: "unknown_word",
      position: 7,
    });
    assert.deepEqual(problem(read(`${first}\nx\n`)), { code: "bad_version" });
    assert.deepEqual(problem(read(`${swap.join(" ")}\nx\n`)), { code: "bad_checksum", suspectPositions: [[5, 12]] });
    assert.deepEqual(problem(read(`${guarded.split(" ").with(23, "zoo").join(" ")}\nx\n`)), {
      code: "bad_checksum",
      suspectPositions: [24],
    });
    assert.equal(problem(read(`${guarded}\nx\n`)).code, "wrong_passphrase");
  });
});

describe("ceremony inspect", () => {
  it("--json is one line with these fields in this order", async () => {
    const { code, out, err } = await runInspectWith(["--network", "regtest", "--json"], `${SAMPLE_WORDS}\n\n`);
    assert.deepEqual([code, out, err], [0, `${JSON.stringify(REPORT)}\n`, ""]);
  });

  it("shows a person the same, in lines of 80 columns, and what the birthday is for", async () => {
    const { code, out, err } = await runInspectWith(["--network=regtest"], `${SAMPLE_WORDS}\n\n`);
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(
      out,
      `aezeed version      0
internal version    1 (taproot)
birthday            day 6023, 2025-07-01, unix 1751393705
master fingerprint  dcd74308
network             regtest
node id   03c0da201eedf786d432b6b93fc054355478aee2a97448971cdfcfa8f13953c58c

Compare the node id with identity_pubkey of lncli getinfo. lnd looks for coins
from the birthday on and skips the blocks before it. No accounts file can carry
it: lncli createwatchonly asks for it, in unix seconds.
`,
    );
    assert.ok(out.split("\n").every((line) => line.length <= 80));
  });

  it("is for mainnet if no network is given", async () => {
    const { out } = await runInspectWith(["--json"], `${SAMPLE_WORDS}\n\n`);
    assert.equal(JSON.parse(out).network, "mainnet");
    assert.notEqual(JSON.parse(out).nodeId, REPORT.nodeId);
  });

  const mistakes: Record<string, readonly [string, object, RegExp]> = {
    "an unknown word": [
      SAMPLE_WORDS.replace("smooth", "smoth"),
      { code: "unknown_word", position: 13 },
      /Word 13 .*first four letters/s,
    ],
    "a missing word": [SAMPLE_WORDS.replace("smooth ", ""), { code: "word_count" }, /are 23, and a seed has 24/],
    "another format": [SAMPLE_WORDS.replace("about", "zoo"), { code: "bad_version" }, /Word 1 .*another wallet/s],
    "a wrong word": [
      SAMPLE_WORDS.replace("smooth", "zoo"),
      { code: "bad_checksum", suspectPositions: [13] },
      /Check word 13\./,
    ],
    "two words swapped": [
      SAMPLE_WORDS.replace("wolf boost", "boost wolf"),
      { code: "bad_checksum", suspectPositions: [[2, 3]] },
      /Check words 2 and 3, which may/,
    ],
    "two wrong words": [
      SAMPLE_WORDS.replace("wolf", "zoo").replace("one", "zoo"),
      { code: "bad_checksum", suspectPositions: [] },
      /More than one is wrong/,
    ],
    "a wrong passphrase": [
      `${formatPhrase(encipher(seed, textSecret("the right one"))).bytes.toString()}\nxyzzy`,
      { code: "wrong_passphrase", unseen: [], missing: [] },
      /passphrase is not.*empty line.*wallet\npassword is another/s,
    ],
  };
  for (const [name, [input, expected, advice]] of Object.entries(mistakes)) {
    it(`answers ${name} with exit code 1, a code and advice`, async () => {
      const machine = await runInspectWith(["--json"], `${input}\n`);
      assert.deepEqual([machine.code, machine.out, machine.err], [1, `${JSON.stringify({ error: expected })}\n`, ""]);
      const person = await runInspectWith([], `${input}\n`);
      assert.deepEqual([person.code, person.out], [1, ""]);
      assert.match(person.err, advice);
      assert.ok(person.err.split("\n").every((line) => line.length <= 80));
    });
  }

  it("answers a wrong command line with exit code 2 before it reads anything", async () => {
    const unread = () => assert.fail("read");
    for (const args of [
      ["--network", "bitcoin"],
      ["--network"],
      ["--accounts"],
      ["--accounts="],
      ["--verbose"],
      ["abandon"],
      ["--json=1"],
    ]) {
      const { code, out, err } = await runInspectWith(args, "", { stdin: unread });
      assert.deepEqual([code, out], [2, ""], args.join(" "));
      assert.match(err, /usage: ceremony inspect/);
      assert.ok(!err.includes("abandon") && !err.includes("bitcoin"));
    }
    const help = await runInspectWith(["--help"], "", { stdin: unread });
    assert.equal(help.code, 0);
    assert.match(help.out, /usage: ceremony inspect/);
  });

  it("knows when it has read enough, so that a terminal needs no end of file", async () => {
    for (const input of [
      `${SAMPLE_WORDS}\nsecret\n`,
      `${SAMPLE_WORDS}\n\n`,
      `${list.join("\r\n")}\r\n\r\n`,
      `${SAMPLE_WORDS} secret\n`,
    ]) {
      let enoughAt = -1;
      const stdin: InspectIo["stdin"] = (enough) => {
        for (let end = 0; end <= input.length && enoughAt < 0; end++) {
          if (enough(Buffer.from(input.slice(0, end)))) enoughAt = end;
        }
        return Buffer.from(input);
      };
      await runInspectWith([], "", { stdin });
      assert.equal(enoughAt, input.length, JSON.stringify(input));
    }
  });

  it("echoes nothing of what was typed, and wipes it", async () => {
    const canary = "correct-horse-battery";
    const inputs = [
      `${SAMPLE_WORDS}\n${canary}\n`,
      `${SAMPLE_WORDS} ${canary}\n`,
      `${canary}\n${SAMPLE_WORDS}\n`,
      `${list.toReversed().join(" ")}\n${canary}\n`,
      `${SAMPLE_WORDS}\n\n`,
    ];
    for (const input of inputs) {
      for (const args of [[], ["--json"], [canary], ["--network", canary], [`--${canary}`]]) {
        const { out, err, buffer } = await runInspectWith(args, input);
        const shown = (out + err).toLowerCase();
        assert.ok(!shown.includes(canary), `${args.join(" ")}: ${shown}`);
        assert.ok(!list.some((word, at) => at > 0 && shown.includes(`${list[at - 1]} ${word}`)));
        for (const word of ["asthma", "tunnel", "multiply", "purchase"]) assert.ok(!shown.includes(word), word);
        if (args.length === 0) assert.ok(buffer.every((byte) => byte === 0));
      }
    }
  });
});
