import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { commitOutput, commitShare } from "../../../ceremony/mix/commitment.ts";
import { mixSeed } from "../../../ceremony/mix/mixer.ts";
import { encipher, INTERNAL_VERSION } from "../../../ceremony/seed/aezeed.ts";
import { formatPhrase } from "../../../ceremony/seed/phrase.ts";
import { seedReport } from "../../../ceremony/seed/report.ts";
import { type Config, configHash } from "../../../ceremony/table/config.ts";
import { Secret } from "../../../core/secret.ts";
import { needs } from "../../tools/need.ts";
import { CONFIG, mixInput, type Opened, VECTORS } from "./vectors.ts";

interface Rehearsal {
  readonly opened: Opened;
  readonly passphrase: string;
  readonly birthdayDays: number;
  readonly config: Config;
}

const CONFIGURATION: Config = JSON.parse(CONFIG);
const [FIRST] = VECTORS;
assert.ok(FIRST);
const EXAMPLE: Rehearsal = {
  opened: FIRST.opened,
  passphrase: "correct horse 42",
  birthdayDays: 6532,
  config: CONFIGURATION,
};

type Files = Record<"opened.json" | "node.json" | "words.txt" | "transcript.jsonl", string>;

/** What a rehearsal leaves, as far as it is recomputed, made by the ceremony's own mix and seed. */
function leave({ opened, passphrase, birthdayDays, config }: Rehearsal): Files {
  const input = mixInput(opened);
  const { entropy, salt } = mixSeed(input);
  const seed = { internalVersion: INTERNAL_VERSION, birthdayDays, entropy, salt };
  const words = formatPhrase(encipher(seed, Secret.copyOf(Buffer.from(passphrase))));
  const report = seedReport(seed, config.network);
  const { ceremonyId } = opened;
  const events = [
    { step: "selftest", data: { ceremonyId, config, configHash: configHash(config) } },
    { step: "share", data: { commitment: commitShare(input) } },
    { step: "dice", data: { count: opened.dice.length } },
    {
      step: "mix",
      data: {
        birthdayDate: report.birthdayDate,
        nodeId: report.nodeId,
        outputCommitment: commitOutput({ ...input, entropy, salt }),
      },
    },
  ];
  return {
    "opened.json": JSON.stringify(opened),
    "node.json": JSON.stringify({ ...report, ceremonyId, mode: config.mode }),
    "words.txt": `${words.bytes.toString("ascii")}\n${passphrase}\n`,
    "transcript.jsonl": `${events.map((event) => JSON.stringify(event)).join("\n")}\n`,
  };
}

/** The names of the form, by what they are in small letters. */
const KEYS: Readonly<Record<string, string>> = Object.fromEntries(
  ["ceremonyId", "round", "configHash", "machineShare", "blind", "dice"].map((name) => [
    `"${name.toLowerCase()}":`,
    `"${name}":`,
  ]),
);

const SCRIPT = join(import.meta.dirname, "../..", "recompute.py");

function python(args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync("python3", [SCRIPT, ...args], { encoding: "utf8", input });
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  return { status, stdout, stderr, named: last.replace("DIFFERENT: ", "").split(", ") };
}

function recompute(files: Partial<Files>) {
  const folder = mkdtempSync(join(tmpdir(), "recompute-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return python([folder]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("recompute.py, which shares nothing with the ceremony,", needs("python3"), () => {
  it("agrees with every vector, its own and lnd's", () => {
    const { status, stdout, stderr } = python(["--self-test"]);
    assert.equal(status, 0, `${stdout}${stderr}`);
    for (const name of ["mix.json 3", "lnd unit 2", "production 11", "leading zero 2"])
      assert.ok(stdout.includes(`[equal: ${name}]`), name);
  });

  it("goes from an opened round to the same words and node id", () => {
    const files = leave(EXAMPLE);
    const { status, stdout, stderr } = recompute(files);
    assert.equal(status, 0, `${stdout}${stderr}`);
    const [words = ""] = files["words.txt"].split("\n");
    assert.ok(stdout.includes(`words              ${words}  [equal: words.txt]`));
    assert.ok(stdout.includes(JSON.parse(files["node.json"]).nodeId));
  });

  it("agrees on any round, network, passphrase and birthday", () => {
    const hex = (bytes: number) =>
      fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString("hex"));
    const faces = fc.array(fc.constantFrom(..."123456"), { minLength: 64, maxLength: 128 });
    const rehearsal = fc
      .record({
        opened: fc.record({
          ceremonyId: fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/),
          round: fc.integer({ min: 1, max: 255 }),
          machineShare: hex(32),
          blind: hex(32),
          dice: faces.map((thrown) => thrown.join("")),
        }),
        passphrase: fc.stringMatching(/^[ -~]{0,64}$/),
        birthdayDays: fc.nat(65_535),
        network: fc.constantFrom("mainnet", "regtest"),
      })
      .map(({ opened, network, ...rest }) => {
        const config: Config = { ...CONFIGURATION, network };
        return { ...rest, config, opened: { ...opened, configHash: configHash(config) } };
      });
    fc.assert(
      fc.property(rehearsal, (example) => {
        const { status, stdout, stderr } = recompute(leave(example));
        assert.equal(status, 0, `${stdout}${stderr}`);
      }),
      { numRuns: 6 },
    );
  });

  it("reads words one a line and line ends of Windows", () => {
    const files = leave(EXAMPLE);
    const [words = "", passphrase = ""] = files["words.txt"].split("\n");
    const lines = [...words.split(" "), passphrase, ""].join("\r\n");
    assert.equal(recompute({ ...files, "words.txt": lines }).status, 0);
  });

  it("finds that one die changes the words and the node id", () => {
    const { opened } = EXAMPLE;
    const face = opened.dice.endsWith("1") ? "2" : "1";
    const changed = { ...opened, dice: `${opened.dice.slice(0, -1)}${face}` };
    const { status, named } = recompute({ ...leave(EXAMPLE), "opened.json": JSON.stringify(changed) });
    assert.equal(status, 1);
    assert.deepEqual(named, [
      "output commitment of transcript.jsonl",
      "words of words.txt",
      "fingerprint of node.json",
      "node id of node.json",
      "node id of transcript.jsonl",
    ]);
  });

  it("finds that one byte of the share changes the commitment, the words and the node id", () => {
    const { opened } = EXAMPLE;
    const changed = { ...opened, machineShare: `01${opened.machineShare.slice(2)}` };
    const { status, named } = recompute({ ...leave(EXAMPLE), "opened.json": JSON.stringify(changed) });
    assert.equal(status, 1);
    assert.deepEqual(named.slice(0, 3), [
      "commitment of transcript.jsonl",
      "output commitment of transcript.jsonl",
      "words of words.txt",
    ]);
  });

  it("names what differs, and only that", () => {
    const files = leave(EXAMPLE);
    const cases: [Partial<Files>, string][] = [
      [{ "words.txt": files["words.txt"].replace("horse", "house") }, "words of words.txt"],
      [{ "words.txt": files["words.txt"].replace("42\n", "42 \n") }, "words of words.txt"],
      [{ "node.json": files["node.json"].replace('"nodeId":"0', '"nodeId":"1') }, "node id of node.json"],
      [{ "node.json": files["node.json"].replace('"node-2026-a"', '"node-2026-b"') }, "ceremony id of node.json"],
      [
        { "transcript.jsonl": files["transcript.jsonl"].replace('"plates":1', '"plates":2') },
        "config hash of opened.json",
      ],
      [
        { "transcript.jsonl": files["transcript.jsonl"].replace('"count":64', '"count":63') },
        "throws of transcript.jsonl",
      ],
    ];
    for (const [change, expected] of cases) {
      const { status, named } = recompute({ ...files, ...change });
      assert.equal(status, 1, expected);
      assert.deepEqual(named, [expected]);
    }
  });

  it("exits 2 where it cannot read, and never calls that equal", () => {
    const { "node.json": _, ...rest } = leave(EXAMPLE);
    assert.equal(recompute(rest).status, 2);
    assert.equal(recompute({ ...leave(EXAMPLE), "opened.json": "{}" }).status, 2);
    assert.equal(recompute({ ...leave(EXAMPLE), "transcript.jsonl": "{" }).status, 2);
    assert.equal(recompute({ ...leave(EXAMPLE), "transcript.jsonl": "" }).status, 1);
    assert.equal(python([]).status, 2);
  });

  it("takes the form that docs/mix.md has, in groups, by the command that stands there", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/mix.md"), "utf8");
    const [, form = ""] = /```json\n([^`]+)```/.exec(page) ?? [];
    const [, command = ""] = /```sh\npython3 test\/recompute.py ([^`\n]+)\n```/.exec(page) ?? [];
    const folder = mkdtempSync(join(tmpdir(), "recompute-"));
    try {
      const path = join(folder, "opened.json");
      const args = command.split(" ").map((word) => (word === "opened.json" ? path : word));
      for (const text of [
        form,
        form.toUpperCase().replace(/"([A-Z]+)":/g, (name) => KEYS[name.toLowerCase()] ?? name),
      ]) {
        writeFileSync(path, text.replace("NODE-2026-A", "node-2026-a"));
        const { status, stdout, stderr } = python(args, `${EXAMPLE.passphrase}\n`);
        assert.equal(status, 0, stderr);
        const files = leave(EXAMPLE);
        assert.ok(stdout.includes(`words              ${files["words.txt"].split("\n")[0]}`));
        assert.ok(stdout.includes(commitShare(mixInput(EXAMPLE.opened))));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("names the field of opened.json that is missing or too short", () => {
    const { opened } = EXAMPLE;
    const wrong: [object, RegExp][] = [
      [{ ...opened, blind: opened.blind.slice(2) }, /blind has 62 characters of hex, not 64/],
      [{ ...opened, machineShare: undefined }, /machineShare is missing/],
      [{ ...opened, dice: `${opened.dice.slice(1)}7` }, /dice are 64 to 128 digits/],
    ];
    for (const [changed, named] of wrong) {
      const { status, stderr } = recompute({ ...leave(EXAMPLE), "opened.json": JSON.stringify(changed) });
      assert.equal(status, 2);
      assert.match(stderr, named);
    }
  });

  it("prints what an opened.json alone gives, with the words for a birthday and a passphrase", () => {
    const folder = mkdtempSync(join(tmpdir(), "recompute-"));
    try {
      const files = leave(EXAMPLE);
      const path = join(folder, "opened.json");
      writeFileSync(path, files["opened.json"]);
      const { status, stdout } = python([path, "--birthday", "6532"], `${EXAMPLE.passphrase}\n`);
      assert.equal(status, 0);
      assert.ok(stdout.includes(files["words.txt"].split("\n")[0] ?? "no words"));
      assert.ok(stdout.includes(`node id, others    ${JSON.parse(files["node.json"]).nodeId}`));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
