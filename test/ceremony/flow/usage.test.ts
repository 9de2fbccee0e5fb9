import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { CEREMONY_USAGE, parseOptions, parseScriptMode } from "../../../ceremony/host/usage.ts";
import { configHash, parseConfig } from "../../../ceremony/table/config.ts";
import { RECIPIENT } from "../../signer/bundle/samples.ts";
import { REHEARSAL as WITH_SIGNER } from "./table.ts";

const { recipient: _, ...REHEARSAL } = WITH_SIGNER;

const STAMP = "20261122-120000";
const parse = (line: string) =>
  parseOptions(
    line.split(" ").filter((word) => word !== ""),
    STAMP,
  );
const PRODUCTION = "--mode production --network mainnet --out /media/stick";

function parsed(line: string) {
  const config = parse(line);
  assert.ok(config.ok, `${line}: ${JSON.stringify(config)}`);
  return config.value;
}

function refused(line: string): string {
  const config = parse(line);
  assert.ok(!config.ok, line);
  assert.equal(config.error.code, "usage");
  return config.error.text;
}

test("nothing said is a rehearsal on regtest, in a folder of its own", () => {
  assert.deepEqual(parsed(""), REHEARSAL);
});

test("each option sets what it says, in any order", () => {
  assert.equal(parsed("--out there").out, "there");
  assert.equal(parsed("--rolls 128").rolls, 128);
  assert.equal(parsed("--plates 2").plates, 2);
  for (const passphrase of ["typed", "dice", "none"])
    assert.equal(parsed(`--passphrase ${passphrase}`).passphrase, passphrase);
  for (const network of ["mainnet", "testnet", "signet", "simnet"]) {
    const { mode, network: set, out } = parsed(`--out /media/stick --network ${network} --mode production`);
    assert.deepEqual([mode, set, out], ["production", network, "/media/stick"]);
  }
});

test("--option=value is --option value", () => {
  assert.deepEqual(parsed(PRODUCTION.replaceAll(/(--\w+) /g, "$1=")), parsed(PRODUCTION));
  assert.equal(parsed("--out=a=b").out, "a=b");
  assert.ok(parseScriptMode(["--mode=rehearsal"]).ok);
});

test("what is wrong is named", () => {
  const wrong: Readonly<Record<string, RegExp>> = {
    "--speed 9": /unknown argument --speed/,
    rehearsal: /unknown argument rehearsal/,
    "-mode production": /unknown argument -mode/,
    "--mode=production": /production needs --out/,
    "--mode production --out x --network testnet4": /testnet4 has testnet's keys: use testnet/,
    "--rolls": /--rolls needs a value/,
    "--rolls 64 --rolls 64": /--rolls is given twice/,
    "--mode drill": /--mode is one of rehearsal, production/,
    "--network litecoin": /--network is one of/,
    "--network mainnet": /--network is regtest in a rehearsal/,
    "--mode production --out x --network regtest": /--network is never regtest/,
    "--mode production --network mainnet": /production needs --out/,
    "--mode production --out x": /production needs --network/,
    "--passphrase maybe": /--passphrase is one of/,
  };
  for (const [line, says] of Object.entries(wrong)) assert.match(refused(line), says, line);
  for (const rolls of ["63", "129", "0", "-64", "64.5", "6e1", "0x40", "", "9999999"])
    assert.match(rolls === "" ? refused("--rolls") : refused(`--rolls ${rolls}`), /^--rolls /);
  for (const plates of ["0", "3", "one"])
    assert.match(refused(`--plates ${plates}`), /^--plates is a number from 1 to 2/);
  for (const out of ["a\tb", "ä", "x".repeat(61)]) assert.match(refused(`--out ${out}`), /^--out is a folder's name/);
  const spaced = parseOptions(["--out", "my folder"], STAMP);
  assert.ok(!spaced.ok && /without a space/.test(spaced.error.text));
});

test("production takes the same policies as a rehearsal", () => {
  const { rolls, passphrase, plates } = parsed(`${PRODUCTION} --rolls 99 --passphrase dice --plates 2`);
  assert.deepEqual([rolls, passphrase, plates], [99, "dice", 2]);
});

test("the usage names every option, value and exit code, in 80 columns", () => {
  for (const option of ["mode", "network", "out", "rolls", "passphrase", "plates", "recipient"])
    assert.ok(CEREMONY_USAGE.includes(`--${option} `));
  for (const command of ["inspect", "verify FILE [--head WORDS]", "hash", "script", "--version", "--help"])
    assert.ok(CEREMONY_USAGE.includes(command), command);
  assert.match(CEREMONY_USAGE, /exit: 0 done {3}1 refused {3}2 usage {3}3 ended early/);
  assert.ok(CEREMONY_USAGE.split("\n").every((row) => row.length <= 80));
});

test("the script of a mode", () => {
  assert.deepEqual(parseScriptMode([]), { ok: true, value: "production" });
  assert.deepEqual(parseScriptMode(["--mode", "rehearsal"]), { ok: true, value: "rehearsal" });
  for (const args of [["--mode"], ["--mode", "drill"], ["rehearsal"], ["--mode", "production", "x"]])
    assert.ok(!parseScriptMode(args).ok, args.join(" "));
});

test("a configuration is exactly its six fields, each of its type", () => {
  assert.deepEqual(parseConfig({ ...REHEARSAL }), { ok: true, value: REHEARSAL });
  for (const field of Object.keys(REHEARSAL)) {
    const { [field as "mode"]: _, ...less } = REHEARSAL;
    for (const value of [
      less,
      { ...REHEARSAL, [field]: null },
      { ...REHEARSAL, [field]: "" },
      { ...REHEARSAL, [field]: [64] },
    ]) {
      const config = parseConfig(value);
      assert.ok(!config.ok && config.error.field === field, `${field} ${JSON.stringify(value)}`);
    }
  }
  const more = parseConfig({ ...REHEARSAL, note: "" });
  assert.ok(!more.ok && more.error.field === "note");
  for (const rolls of ["64", 64.5, Number.NaN, 63]) assert.ok(!parseConfig({ ...REHEARSAL, rolls }).ok);
});

test("a recipient is an age recipient, kept in lower case; none is no field at all", () => {
  for (const text of [RECIPIENT, RECIPIENT.toUpperCase()])
    assert.equal(parsed(`--recipient ${text}`).recipient, RECIPIENT);
  assert.deepEqual(parsed("--recipient none"), REHEARSAL);
  // As the shell hands on what a file of another system holds: "$(cat recipient.txt)" takes the last LF off.
  for (const text of [`${RECIPIENT}\r`, `\uFEFF${RECIPIENT}\r\n`, ` ${RECIPIENT}\t `]) {
    const config = parseOptions(["--recipient", text], STAMP);
    assert.equal(config.ok && config.value.recipient, RECIPIENT, JSON.stringify(text));
  }
  assert.equal(parsed(`${PRODUCTION} --recipient ${RECIPIENT}`).recipient, RECIPIENT);
  for (const text of ["age1", "no", RECIPIENT.slice(0, -1), RECIPIENT.replace("q", "p")])
    assert.match(refused(`--recipient ${text}`), /^--recipient is an age X25519 recipient/);
  for (const recipient of ["none", "", null, 1, undefined]) assert.ok(!parseConfig({ ...REHEARSAL, recipient }).ok);
  assert.notEqual(configHash(WITH_SIGNER), configHash(REHEARSAL));
});

test("the hash of a configuration is that of its canonical JSON, fixed for good", () => {
  const canonical =
    '{"mode":"rehearsal","network":"regtest","out":"rehearsal-20261122-120000","passphrase":"typed","plates":1,"rolls":64}';
  assert.equal(configHash(REHEARSAL), createHash("sha256").update(canonical).digest("hex"));
  assert.equal(configHash(REHEARSAL), "8b372f563e5f966931e9837ee1c43e4c25d166a6bcae008a9e200b0538990712");
  const shuffled = Object.fromEntries(Object.entries(REHEARSAL).reverse()) as unknown as typeof REHEARSAL;
  assert.equal(configHash(shuffled), configHash(REHEARSAL));
  const others = [
    { plates: 2 },
    { rolls: 65 },
    { passphrase: "dice" as const },
    { out: "x" },
    { network: "signet" as const },
    { mode: "production" as const },
  ];
  const hashes = new Set(others.map((change) => configHash({ ...REHEARSAL, ...change })).concat(configHash(REHEARSAL)));
  assert.equal(hashes.size, others.length + 1);
});
