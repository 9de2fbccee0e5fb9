import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { armor, Decrypter } from "age-encryption";
import fc from "fast-check";
import { encryptAge } from "../../../ceremony/bundle/age.ts";
import { identityBundle } from "../../../ceremony/bundle/bundle.ts";
import { mixSeed } from "../../../ceremony/mix/mixer.ts";
import { walletIdentity } from "../../../ceremony/seed/derivation.ts";
import type { Config } from "../../../ceremony/table/config.ts";
import { parseRecipient } from "../../../ceremony/table/recipient.ts";
import { Secret } from "../../../core/secret.ts";
import { REHEARSAL } from "../../ceremony/flow/table.ts";
import { mixInput, VECTORS } from "../../ceremony/mix/vectors.ts";
import { needs } from "../../tools/need.ts";
import { IDENTITY, RECIPIENT } from "./samples.ts";

const [VECTOR] = VECTORS;
assert.ok(VECTOR);
const INPUT = mixInput(VECTOR.opened);

function keyOf(recipient: string): Buffer {
  const parsed = parseRecipient(recipient);
  assert.ok(parsed.ok);
  return Buffer.from(parsed.value.hex, "hex");
}

const randomness = (seed: number) => ({
  fileKey: Secret.copyOf(Buffer.alloc(16, seed)),
  nonce: Secret.copyOf(Buffer.alloc(16, seed + 1)),
  ephemeral: Secret.copyOf(Buffer.alloc(32, seed + 2)),
});

async function opened(text: string): Promise<Buffer> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(IDENTITY);
  return Buffer.from(await decrypter.decrypt(armor.decode(text)));
}

const { recipient: _, ...WITHOUT } = REHEARSAL;

function bundleOf(input = INPUT, config: Config = REHEARSAL): string {
  const { entropy } = mixSeed(input);
  return identityBundle(input, entropy, walletIdentity(entropy, config.network).nodeId, config) ?? "";
}

test("age-encryption opens what is written, whatever its length and bytes", async () => {
  const key = keyOf(RECIPIENT);
  const property = fc.asyncProperty(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.integer({ min: 0, max: 250 }),
    async (plaintext, seed) => {
      const text = encryptAge(Secret.copyOf(plaintext), key, randomness(seed));
      assert.ok((await opened(text)).equals(plaintext));
      assert.match(
        text,
        /^-----BEGIN AGE ENCRYPTED FILE-----\n(?:[\w+/]{64}\n)*[\w+/=]{1,64}\n-----END AGE ENCRYPTED FILE-----\n$/,
      );
    },
  );
  await fc.assert(property, { numRuns: 50 });
  const whole = Buffer.alloc(65_536, 7);
  assert.ok((await opened(encryptAge(Secret.copyOf(whole), key, randomness(1)))).equals(whole));
});

test("what would not open is not written", () => {
  const key = keyOf(RECIPIENT);
  const plaintext = Secret.copyOf(Buffer.from("a"));
  const good = randomness(1);
  for (const name of ["fileKey", "nonce", "ephemeral"] as const)
    assert.throws(() => encryptAge(plaintext, key, { ...good, [name]: Secret.copyOf(Buffer.alloc(24)) }), RangeError);
  for (const length of [0, 65_537])
    assert.throws(() => encryptAge(Secret.copyOf(Buffer.alloc(length)), key, good), RangeError);
});

describe("Debian's age", needs("age"), () => {
  test("opens a bundle, and finds a changed byte", () => {
    const folder = mkdtempSync(join(tmpdir(), "age-"));
    try {
      const [file, key] = [join(folder, "identity.age"), join(folder, "key.txt")];
      writeFileSync(key, `${IDENTITY}\n`, { mode: 0o600 });
      writeFileSync(file, bundleOf());
      const age = () => spawnSync("age", ["-d", "-i", key, file], { encoding: "utf8" });
      assert.match(age().stdout, /^version 1\nnetwork regtest\nmode rehearsal\nnode-id 0[23]/);
      const bytes = Buffer.from(armor.decode(bundleOf()));
      bytes[bytes.length - 20] = (bytes.at(-20) ?? 0) ^ 1;
      writeFileSync(file, bytes);
      assert.notEqual(age().status, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test("the same inputs give the same bytes, and each other input other bytes", () => {
  const first = bundleOf();
  assert.equal(bundleOf(), first);
  assert.equal(first.length, 666);
  const other = (change: Partial<typeof INPUT>) => bundleOf({ ...INPUT, ...change });
  const share = Buffer.from(INPUT.share.bytes);
  share[31] = (share[31] ?? 0) ^ 1;
  const changed = [
    other({ ceremonyId: "node-2026-b" }),
    other({ configHash: "11".repeat(32) }),
    other({ share: Secret.copyOf(share) }),
    other({ dice: Secret.copyOf(Buffer.from([...INPUT.dice.bytes].reverse())) }),
    bundleOf(INPUT, { ...REHEARSAL, recipient: "age1fj5ureh06ywgx3z0ku68fcedwwy9m8tgf40aq5f6uv4yajaxh5gq5pnyjl" }),
    bundleOf(INPUT, { ...REHEARSAL, mode: "production", network: "mainnet" }),
  ];
  assert.equal(new Set([first, ...changed]).size, changed.length + 1);
});

test("no recipient, no bundle", () => {
  assert.equal(bundleOf(INPUT, WITHOUT), "");
});

test("a recipient in upper case is the same; every other text is refused", () => {
  const wanted = parseRecipient(RECIPIENT);
  assert.ok(wanted.ok && wanted.value.recipient === RECIPIENT);
  assert.deepEqual(parseRecipient(RECIPIENT.toUpperCase()), wanted);
  const mixed = `${RECIPIENT.slice(0, 20)}${RECIPIENT.slice(20).toUpperCase()}`;
  const swapped = RECIPIENT.replace("e0q", "0eq");
  for (const text of [
    "",
    "none",
    "age1",
    IDENTITY,
    mixed,
    swapped,
    ` ${RECIPIENT}`,
    `${RECIPIENT}\n`,
    RECIPIENT.slice(0, -1),
  ])
    assert.deepEqual(parseRecipient(text), { ok: false, error: { code: "recipient_form" } }, text);
});

test("points of low order, and second ways to write one, are refused", async () => {
  const { bech32 } = await import("@scure/base");
  const prime = Buffer.from(`ed${"ff".repeat(30)}7f`, "hex");
  const points = [
    Buffer.alloc(32),
    Buffer.from(`01${"00".repeat(31)}`, "hex"),
    // RFC 7748 has no list; these are the two points of order eight.
    Buffer.from("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "hex"),
    Buffer.from("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", "hex"),
    Buffer.from(`ec${"ff".repeat(30)}7f`, "hex"),
    prime,
    Buffer.from(`f6${"ff".repeat(30)}7f`, "hex"),
    Buffer.concat([keyOf(RECIPIENT).subarray(0, 31), Buffer.of((keyOf(RECIPIENT)[31] ?? 0) | 0x80)]),
  ];
  for (const point of points)
    assert.equal(parseRecipient(bech32.encodeFromBytes("age", point)).ok, false, point.toString("hex"));
});
