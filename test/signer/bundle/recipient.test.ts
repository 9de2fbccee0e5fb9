import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { bech32 } from "@scure/base";
import { armor, Decrypter, Encrypter, identityToRecipient } from "age-encryption";
import fc from "fast-check";
import { readSmallFile } from "../../../core/files.ts";
import { pgpBytes } from "../../../core/pgpwords.ts";
import { fail, ok } from "../../../core/result.ts";
import { Secret } from "../../../core/secret.ts";
import { decodeBech32, encodeBech32 } from "../../../signer/bundle/bech32.ts";
import { openIdentity, parseIdentity } from "../../../signer/bundle/identity.ts";
import { type PassphraseIo, processPassphraseIo } from "../../../signer/bundle/prompt.ts";
import { runRecipient } from "../../../signer/bundle/recipient.ts";
import { signerKey } from "../../rehearsal/papers.ts";
import { needs } from "../../tools/need.ts";
import { IDENTITY, RECIPIENT } from "./samples.ts";

const secret = (text: string): Secret => Secret.copyOf(Buffer.from(text));
let folder = "";
const path = (): string => join(folder, "signer-identity.txt");
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recipient-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** `typed` are the answers to the prompts, in order; `held` is what every descriptor holds. */
async function run(args: readonly string[], typed: readonly string[] = [], held?: string) {
  const said = { out: "", err: "", prompts: [] as string[] };
  const left = [...typed];
  const io: PassphraseIo = {
    async ask(prompt) {
      said.prompts.push(prompt);
      const next = left.shift();
      return next === undefined ? fail({ code: "passphrase_ended" as const }) : ok(secret(next));
    },
    readFd: () => (held === undefined ? fail({ code: "passphrase_fd" as const }) : ok(secret(held))),
  };
  const exit = await runRecipient(args, {
    ...io,
    stdout: (text) => {
      said.out += text;
    },
    stderr: (text) => {
      said.err += text;
    },
  });
  return { exit, ...said };
}

async function identityIn(bytes: Uint8Array, passphrase?: string): Promise<string> {
  const opened = await openIdentity(bytes, passphrase === undefined ? undefined : secret(passphrase));
  assert.ok(opened.ok, JSON.stringify(opened));
  return bech32.encodeFromBytes("age-secret-key-", Uint8Array.from(opened.value.bytes)).toUpperCase();
}

test("an identity is made for its owner alone, and its recipient printed in words too", async () => {
  const { exit, out, err } = await run(["--out", path()]);
  assert.deepEqual([exit, err], [0, ""]);
  assert.equal(statSync(path()).mode & 0o777, 0o600);
  const [recipient = "", , ...rows] = out.trimEnd().split("\n");
  const file = readFileSync(path(), "utf8");
  assert.match(file, /^# public key: age1[a-z0-9]{58}\nAGE-SECRET-KEY-1[A-Z0-9]{58}\n$/);
  assert.equal(await identityToRecipient(file.split("\n")[1] ?? ""), recipient);
  assert.ok(file.includes(recipient));
  const words = rows.flatMap((row) => row.slice(17).trim().split(/\s+/));
  assert.deepEqual(pgpBytes(words), ok(signerKey(recipient)));
  assert.equal(rows.map((row) => row.slice(6, 15).replace(" ", "")).join(""), signerKey(recipient));
  assert.equal(await identityIn(readFileSync(path())), file.split("\n")[1]);
});

test("no identity is ever overwritten", async () => {
  writeFileSync(path(), "kept");
  const { exit, out, err } = await run(["--out", path()]);
  assert.deepEqual([exit, out], [1, ""]);
  assert.match(err, /\(file_exists\)/);
  assert.equal(readFileSync(path(), "utf8"), "kept");
  assert.match((await run(["--out", join(folder, "no/where")])).err, /\(file_not_written\)/);
});

test("with a passphrase the file is locked, and age's own scrypt opens it", async () => {
  const typed = ["correct horse 42", "correct horse 42"];
  const { exit, out, prompts } = await run(["--out", path(), "--passphrase"], typed);
  assert.deepEqual([exit, prompts], [0, ["passphrase: ", "passphrase, again: "]]);
  const file = readFileSync(path());
  assert.match(file.toString(), /^-----BEGIN AGE ENCRYPTED FILE-----\n/);
  const decrypter = new Decrypter();
  decrypter.addPassphrase("correct horse 42");
  const plain = await decrypter.decrypt(armor.decode(file.toString()), "text");
  assert.equal(await identityToRecipient(plain.split("\n")[1] ?? ""), out.split("\n")[0]);
  assert.equal(await identityIn(file, "correct horse 42"), plain.split("\n")[1]);
  for (const wrong of ["correct horse 43", ""])
    assert.deepEqual(await openIdentity(file, secret(wrong)), fail({ code: "passphrase_wrong" }));
  assert.deepEqual(await openIdentity(file), fail({ code: "identity_locked" }));
});

test("two people type a half each, each twice; the halves are one passphrase", async () => {
  const { exit, prompts } = await run(
    ["--out", path(), "--passphrase", "--halves"],
    ["first of two", "first of two", "second one", "second one"],
  );
  assert.equal(exit, 0);
  assert.deepEqual(prompts, [
    ...["first half of the passphrase: ", "first half of the passphrase, again: "],
    ...["second half of the passphrase: ", "second half of the passphrase, again: "],
  ]);
  assert.match(await identityIn(readFileSync(path()), "first of twosecond one"), /^AGE-SECRET-KEY-1/);
});

test("a passphrase that was mistyped, is short or empty, or is not there, makes no file", async () => {
  const asked = ["--out", path(), "--passphrase"];
  const cases: [string[], string[], string | undefined, string][] = [
    [asked, ["correct horse 42", "correct horse 43"], undefined, "passphrase_differs"],
    [asked, ["eleven char", "eleven char"], undefined, "passphrase_short"],
    [asked, [""], undefined, "passphrase_empty"],
    [asked, [], undefined, "passphrase_ended"],
    [[...asked, "--halves"], ["first of two", "first of two", "", ""], undefined, "passphrase_empty"],
    [["--out", path(), "--passphrase-fd", "3"], [], "one line\nand another\n", "passphrase_fd"],
    [["--out", path(), "--passphrase-fd", "3", "--halves"], [], "only one line\n", "passphrase_fd"],
    [["--out", path(), "--passphrase-fd", "3"], [], undefined, "passphrase_fd"],
  ];
  for (const [args, typed, held, code] of cases) {
    const { exit, err } = await run(args, typed, held);
    assert.deepEqual([exit, /\((\w+)\)\n$/.exec(err)?.[1]], [1, code]);
    assert.equal(readSmallFile(path(), "secret").ok, false);
  }
});

test("a descriptor holds the passphrase on a line, or its halves on two", async () => {
  assert.equal((await run(["--out", path(), "--passphrase-fd", "3"], [], "correct horse 42\r\n")).exit, 0);
  assert.match(await identityIn(readFileSync(path()), "correct horse 42"), /^AGE/);
  const second = join(folder, "second");
  assert.equal((await run(["--out", second, "--passphrase-fd", "3", "--halves"], [], "correct \nhorse 42")).exit, 0);
  assert.match(await identityIn(readFileSync(second), "correct horse 42"), /^AGE/);
  assert.deepEqual(processPassphraseIo().readFd(987), fail({ code: "passphrase_fd" }));
});

test("usage", async () => {
  const wrong = [
    ...[[], ["--out"], ["--out", ""], ["--out", "a", "--out", "b"], ["--halves", "--out", "a"], ["a"]],
    ["--out", "a", "--passphrase-fd", "x"],
  ];
  for (const args of wrong) {
    const { exit, err } = await run(args);
    assert.equal(exit, 2, args.join(" "));
    assert.match(err, /usage: signer recipient/);
  }
});

test("an identity file has comments and one key; others are refused", () => {
  const good = [`${IDENTITY}`, `# a\n\n${IDENTITY}\n`, `# a\r\n${IDENTITY}\r\n`, IDENTITY.toLowerCase()];
  for (const text of good) assert.ok(parseIdentity(Buffer.from(text)).ok, text);
  const changed = IDENTITY.replace("QYPQ", "QYQP");
  const bad = ["", "# a\n", `${IDENTITY}\n${IDENTITY}\n`, changed, ` ${IDENTITY}`, RECIPIENT, IDENTITY.slice(0, -1)];
  for (const text of bad) assert.deepEqual(parseIdentity(Buffer.from(text)), fail({ code: "identity_form" }), text);
});

test("a passphrase for a file that has none is refused; so is a work factor that would take the machine", async () => {
  const plain = await openIdentity(Buffer.from(IDENTITY), secret("correct horse 42"));
  assert.deepEqual(plain, fail({ code: "identity_not_locked" }));
  const encrypter = new Encrypter();
  encrypter.setPassphrase("correct horse 42");
  encrypter.setScryptWorkFactor(10);
  const low = await encrypter.encrypt(`${IDENTITY}\n`);
  assert.equal(await identityIn(low, "correct horse 42"), IDENTITY);
  const heavy = Buffer.from(Buffer.from(low).toString("latin1").replace(" 10\n", " 21\n"), "latin1");
  assert.deepEqual(await openIdentity(heavy, secret("correct horse 42")), fail({ code: "passphrase_wrong" }));
});

test("a secret file that others may read, or a large one, is not read", () => {
  writeFileSync(path(), IDENTITY, { mode: 0o600 });
  assert.ok(readSmallFile(path(), "secret").ok);
  chmodSync(path(), 0o640);
  const owner = `${process.getuid?.()}:${process.getgid?.()}`;
  assert.deepEqual(readSmallFile(path(), "secret"), fail({ code: "file_mode", why: `mode 640, owner ${owner}` }));
  assert.ok(readSmallFile(path(), "public").ok);
  writeFileSync(path(), Buffer.alloc(65_537));
  assert.deepEqual(readSmallFile(path(), "public"), fail({ code: "file_size", why: "65537 bytes" }));
  assert.deepEqual(readSmallFile(join(folder, "none"), "public"), fail({ code: "file_not_read", why: "ENOENT" }));
});

test("bech32 over bytes is bech32", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = encodeBech32("age-secret-key-", Secret.copyOf(bytes)).bytes.toString("latin1");
      assert.equal(text, bech32.encode("age-secret-key-", bech32.toWords(bytes), false));
      for (const form of [text, text.toUpperCase()])
        assert.ok(decodeBech32("age-secret-key-", Buffer.from(form))?.equals(Secret.copyOf(bytes)));
    }),
  );
  const text = Buffer.from(IDENTITY);
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const changed = Buffer.from(text);
      changed[at] = byte;
      if (!changed.equals(text)) assert.equal(decodeBech32("age-secret-key-", changed), undefined);
    }),
    { numRuns: 1000 },
  );
});

describe("Debian's age-keygen", needs("age"), () => {
  test("names the same recipient for a file of ours, and we open a file of its own", async () => {
    const { out } = await run(["--out", path()]);
    const named = spawnSync("age-keygen", ["-y", path()], { encoding: "utf8" });
    assert.equal(named.stdout, `${out.split("\n")[0]}\n`);
    const theirs = join(folder, "theirs");
    spawnSync("age-keygen", ["-o", theirs]);
    assert.match(await identityIn(readFileSync(theirs)), /^AGE/);
  });
});
