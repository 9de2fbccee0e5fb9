import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { HDKey } from "@scure/bip32";
import { entropyToMnemonic, wordlists } from "bip39";
import fc from "fast-check";
import { eventually } from "../tools/wait.ts";
import { searchBytes, searchFiles, searchProcess } from "./memory.ts";
import { type CeremonySecrets, needlesFor } from "./needles.ts";

const LIST = wordlists["english"] ?? [];

/** Not consecutive in the list, of all lengths from three letters to eight, one of them twice. */
const WORDS =
  "zoo abstract cat dinosaur legal marble thank pigeon wave sausage novel bracket elephant robot crystal act shield noble tiger inside yellow cat umbrella mimic".split(
    " ",
  );
const SECRETS: CeremonySecrets = {
  words: WORDS,
  passphrase: "Plum-Orbit 7 Lantern",
  entropy: Buffer.from("81b637d86359e6960de795e41e0b4cfd", "hex"),
  others: { dice: "6152436112536124356123446251634251634266134526354162516415263453" },
};
const NEEDLES = needlesFor(SECRETS);
const ROOT = createHmac("sha512", "Bitcoin seed").update(SECRETS.entropy).digest();
const KEY = ROOT.subarray(0, 32);
const NUMBERS = WORDS.map((word) => LIST.indexOf(word));
const SHORT = WORDS.map((word) => word.slice(0, 4));

/** Numbers as V8 keeps them in an array: the value in the upper half of eight bytes. */
function integers(values: readonly number[]): Buffer {
  return Buffer.concat(values.map((value) => Buffer.from(new BigInt64Array([BigInt(value) << 32n]).buffer)));
}

function bigintDigits(key: Uint8Array): Buffer {
  return Buffer.from(
    new BigUint64Array(
      [192n, 128n, 64n, 0n]
        .reverse()
        .map((shift) => (BigInt(`0x${Buffer.from(key).toString("hex")}`) >> shift) & 0xffffffffffffffffn),
    ).buffer,
  );
}

/** What a secret may look like, and the label that says so. */
const FORMS: readonly (readonly [label: string, form: Buffer | string])[] = [
  ["phrase text", WORDS.join(" ")],
  ["phrase text", WORDS.join("\n")],
  ["phrase text", WORDS.join("\t")],
  ["phrase text", WORDS.join(",")],
  ["phrase text", WORDS.join("\0")],
  ["phrase text", WORDS.join("")],
  ["phrase text", WORDS.join(" ").toUpperCase()],
  ["phrase text", JSON.stringify(WORDS)],
  ["phrase text", WORDS.map((word, i) => `${i + 1}. ${word}\r\n`).join("")],
  [
    "phrase text",
    WORDS.map((word, i) => `\x1b[${i};3H${i + 1} ${word} ${[...word.slice(0, 4).toUpperCase()].join(" ")}`).join(""),
  ],
  ["phrase text", WORDS.map((word) => word.padEnd(80)).join("")],
  ["phrase text", WORDS.map((word) => word.padEnd(16, "\0")).join("")],
  ["phrase text", SHORT.join(" ")],
  ["phrase text", SHORT.join("").toUpperCase()],
  ["phrase text", SHORT.map((word) => [...word.toUpperCase()].join(" ")).join("   ")],
  ["phrase text", WORDS.map((word) => [...word.toUpperCase()].join(" ")).join("\r\n")],
  ["phrase text", [WORDS[11], WORDS[12], WORDS[13]].join(" ")],
  ["phrase text", [WORDS[20], WORDS[21], WORDS[22]].join(" ")],
  ["phrase text two-byte", Buffer.from(`\u2580 ${WORDS.join(" ")}`, "utf16le")],
  ["phrase text two-byte", Buffer.from(`\u2580 ${WORDS.join(" ")}`, "utf16le").swap16()],
  ["phrase hex", Buffer.from(WORDS.join(" ")).toString("hex")],
  ["phrase hex", Buffer.from(WORDS.join("\n").toUpperCase()).toString("hex").toUpperCase()],
  ["phrase base64", Buffer.from(WORDS.join(" ")).toString("base64")],
  ["phrase base64", Buffer.from(`x${WORDS.join("\n")}`).toString("base64")],
  ["phrase base64", Buffer.from(`xy${SHORT.join(" ").toUpperCase()}`).toString("base64url")],
  ["phrase hex two-byte", Buffer.from(Buffer.from(WORDS.join(" ")).toString("hex"), "utf16le")],
  ["phrase decimal", JSON.stringify(Buffer.from(WORDS.join(" ")))],
  ["packed phrase bits", NUMBERS.map((number) => number.toString(2).padStart(11, "0")).join("")],
  ["word numbers u16le", Buffer.from(Uint16Array.from(NUMBERS).buffer)],
  ["word numbers u16be", Buffer.from(Uint16Array.from(NUMBERS).buffer).swap16()],
  ["word numbers u32le", Buffer.from(Uint32Array.from(NUMBERS).buffer)],
  ["word numbers smi", integers(NUMBERS)],
  ["entropy raw", Buffer.from(SECRETS.entropy)],
  ["entropy hex", Buffer.from(SECRETS.entropy).toString("hex")],
  ["entropy hex", Buffer.from(SECRETS.entropy).toString("hex").toUpperCase()],
  ["entropy hex two-byte", Buffer.from(Buffer.from(SECRETS.entropy).toString("hex"), "utf16le")],
  ["entropy hex pairs", "<Buffer 81 b6 37 d8 63 59 e6 96 0d e7 95 e4 1e 0b 4c fd>"],
  ["entropy hex fours", "81b6 37d8 6359 e696 0de7 95e4 1e0b 4cfd"],
  ["entropy base64", Buffer.from(SECRETS.entropy).toString("base64")],
  ["entropy base64", Buffer.concat([Buffer.from("x"), SECRETS.entropy]).toString("base64url")],
  ["entropy base64", Buffer.concat([Buffer.from("xy"), SECRETS.entropy]).toString("base64")],
  ["entropy decimal", JSON.stringify(Buffer.from(SECRETS.entropy))],
  ["entropy integers", integers([...SECRETS.entropy])],
  ["entropy bits", [...SECRETS.entropy].map((byte) => byte.toString(2).padStart(8, "0")).join("")],
  ["passphrase text", SECRETS.passphrase],
  ["passphrase text two-byte", Buffer.from(SECRETS.passphrase, "utf16le")],
  ["passphrase hex", Buffer.from(SECRETS.passphrase).toString("hex")],
  ["passphrase base64", Buffer.from(SECRETS.passphrase).toString("base64")],
  ["passphrase base64", Buffer.from(`ab${SECRETS.passphrase}`).toString("base64")],
  ["passphrase decimal", JSON.stringify(Buffer.from(SECRETS.passphrase))],
  ["root key raw", KEY],
  ["root key reversed", bigintDigits(KEY)],
  ["root key swapped", Buffer.from(KEY).swap32()],
  ["root key hex", KEY.toString("hex")],
  ["root key base64", KEY.toString("base64")],
  ["root chain code raw", ROOT.subarray(32)],
  ["root xprv", HDKey.fromMasterSeed(SECRETS.entropy).privateExtendedKey],
  ["root tprv", HDKey.fromMasterSeed(SECRETS.entropy, { private: 0x04358394, public: 0x043587cf }).privateExtendedKey],
  ["root sprv", HDKey.fromMasterSeed(SECRETS.entropy, { private: 0x0420b900, public: 0x0420bd3a }).privateExtendedKey],
  ["dice text", String(SECRETS.others?.["dice"])],
  ["dice text", String(SECRETS.others?.["dice"]).slice(30)],
];

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "memory-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A Node process that has run `script` and keeps `kept` alive. */
async function helper(t: TestContext, script: string, ...args: string[]): Promise<number> {
  const code = `globalThis.kept = []; ${script}; process.stdout.write("up"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["-e", code, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  await once(child.stdout, "data");
  return child.pid ?? 0;
}

/** Other words stand in these between those of the phrase, so that one copy may count as several short ones. */
const BROKEN: readonly (readonly [label: string, form: string])[] = [
  ["phrase text", WORDS.map((word, i) => `{"position":${i + 1},"word":"${word}"}`).join(",")],
  // A plate guide: four columns of six, read down, kept across.
  [
    "phrase text",
    [0, 1, 2, 3, 4, 5].map((row) => [0, 6, 12, 18].map((column) => `[${SHORT[row + column]}]`).join(" ")).join("\n"),
  ],
];

for (const [i, [label, form]] of FORMS.entries()) {
  test(`form ${i + 1} is found once, and as nothing else: ${label}`, () => {
    const noise = Buffer.alloc(999, "- ");
    const found = searchBytes(Buffer.concat([noise, Buffer.from(form), noise]), NEEDLES);
    assert.deepEqual(found, new Map([[label, 1]]));
  });
}

test("a phrase with other words between its own, or in columns, is found", () => {
  for (const [label, form] of BROKEN) assert.deepEqual([...searchBytes(Buffer.from(form), NEEDLES).keys()], [label]);
});

test("a copy is found wherever it lies, and two are two", () => {
  fc.assert(
    fc.property(fc.constantFrom(...FORMS), fc.nat(64), fc.nat(64), ([label, form], before, between) => {
      const [head, middle] = [Buffer.alloc(before, "#"), Buffer.alloc(600 + between, "#")];
      const found = searchBytes(Buffer.concat([head, Buffer.from(form), middle, Buffer.from(form)]), NEEDLES);
      assert.deepEqual(found, new Map([[label, 2]]));
    }),
    { numRuns: 200 },
  );
});

test("half of a key is a find", () => {
  const labels = ["root key raw", "root key hex", "root key base64"];
  for (const [i, form] of [
    KEY.subarray(16),
    KEY.toString("hex").slice(32),
    KEY.toString("base64").slice(24),
  ].entries()) {
    assert.deepEqual([...searchBytes(Buffer.from(form), NEEDLES).keys()], [labels[i]]);
  }
});

test("a copy across two pieces of a large file is found once", (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "deep"));
  const path = join(folder, "deep", "large");
  for (const [label, form] of [FORMS[0], FORMS[20], FORMS[34], FORMS[51]].filter((pair) => pair !== undefined)) {
    for (const shift of [1, 8, 9, Buffer.from(form).length - 1]) {
      const file = Buffer.alloc(3 << 20, "#");
      file.set(Buffer.from(form), (1 << 20) - shift);
      writeFileSync(path, file);
      assert.deepEqual(searchFiles([folder], NEEDLES), new Map([[label, 1]]), `${label} at -${shift}`);
    }
  }
});

test("a file's name is searched like what it holds", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, KEY.toString("hex")), "nothing");
  assert.deepEqual(searchFiles([folder], NEEDLES), new Map([["root key hex", 1]]));
});

test("the word list, two words and other people's secrets are no find", () => {
  const forms = [LIST.join("\n"), LIST.join(" "), LIST.join(""), JSON.stringify(LIST), JSON.stringify(LIST, null, 2)];
  for (const text of [...forms, WORDS.slice(3, 5).join(" "), entropyToMnemonic(Buffer.alloc(32, 7))]) {
    assert.deepEqual(searchBytes(Buffer.from(text), NEEDLES), new Map());
    assert.deepEqual(searchBytes(Buffer.from(text, "utf16le"), NEEDLES), new Map());
  }
});

test("a needle too short to mean anything is refused", () => {
  assert.throws(() => needlesFor({ ...SECRETS, passphrase: "short" }), RangeError);
  assert.throws(() => needlesFor({ ...SECRETS, others: { salt: Buffer.alloc(5) } }), RangeError);
});

test("every form is found in another process, and nothing in one that holds none", async (t) => {
  const folder = temporaryFolder(t);
  for (const [i, [, form]] of FORMS.entries()) writeFileSync(join(folder, `${i}`), form);
  // The list is in the innocent process, so that it has every word of the phrase.
  const list = `globalThis.kept.push(require(${JSON.stringify(import.meta.resolve("bip39").slice(7))}));`;
  const read = `const fs = require("node:fs"); const [folder] = process.argv.slice(-1);
    for (const name of fs.readdirSync(folder)) kept.push(Buffer.from(fs.readFileSync(folder + "/" + name)));`;
  const guilty = searchProcess(await helper(t, list + read, folder), NEEDLES);
  for (const [label] of FORMS) assert.ok((guilty.get(label) ?? 0) >= 1, `${label} is not found`);
  assert.deepEqual(searchProcess(await helper(t, list), NEEDLES), new Map());
});

test("strings of V8 are found, one byte a character and two, also split into words", async (t) => {
  const path = join(temporaryFolder(t), "phrase");
  writeFileSync(path, WORDS.join(" "));
  const held = `const text = require("node:fs").readFileSync(process.argv.at(-1));`;
  const hold = async (expression: string) =>
    searchProcess(await helper(t, `${held} kept.push(${expression}); text.fill(0)`, path), NEEDLES);
  assert.ok((await hold(`text.toString("latin1")`)).has("phrase text"));
  assert.ok((await hold(`Buffer.from("\\u2580 " + text, "utf16le").toString("utf16le")`)).has("phrase text two-byte"));
  assert.ok((await hold(`text.toString("hex")`)).has("phrase hex"));
  assert.ok(
    (await hold(`[...text].length && text.toString("latin1").split(" ").map((word) => word + "")`)).has("phrase text"),
  );
});

test("a process that wiped its only copy holds none", async (t) => {
  const path = join(temporaryFolder(t), "key");
  writeFileSync(path, KEY);
  const script = (after: string) => `const fs = require("node:fs"); const key = Buffer.alloc(32);
    const file = fs.openSync(process.argv.at(-1)); fs.readSync(file, key, 0, 32, 0); kept.push(key); ${after}`;
  assert.deepEqual(searchProcess(await helper(t, script(""), path), NEEDLES), new Map([["root key raw", 1]]));
  assert.deepEqual(searchProcess(await helper(t, script("key.fill(0)"), path), NEEDLES), new Map());
});

test("the process goes on afterwards, and a stopped one stays stopped", async (t) => {
  const pid = await helper(t, "");
  const state = () => /\) (.)/.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1];
  searchProcess(pid, NEEDLES);
  assert.match(state() ?? "", /[RS]/);
  process.kill(pid, "SIGSTOP");
  await eventually("a process that is stopped", () => state() === "T", { pauseMs: 1 });
  searchProcess(pid, NEEDLES);
  assert.equal(state(), "T");
});

test("a process that is gone is an error, not a count of zero", async () => {
  const child = spawn("/bin/true", { stdio: "ignore" });
  await once(child, "exit");
  assert.throws(() => searchProcess(child.pid ?? 0, NEEDLES), /ENOENT|ended/);
});
