import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { HARDENED_OFFSET, HDKey } from "@scure/bip32";
import { deriveAccounts, deriveIdentity } from "../../ceremony/second/derivation.ts";
import { watchOnlyAccounts } from "../../ceremony/seed/accounts.ts";
import { familyPublicKey, identity, identityPrivateKey } from "../../ceremony/seed/derivation.ts";
import type { Network } from "../../ceremony/seed/network.ts";
import { Secret } from "../../ceremony/seed/secret.ts";

const bip32 = (entropy: Secret, path: string) =>
  Buffer.from(HDKey.fromMasterSeed(entropy.bytes).derive(path).publicKey ?? []).toString("hex");
const entropyOf = (index: number) => Secret.take(createHash("sha256").update(`seed ${index}`).digest().subarray(0, 16));
const isShort = (key: HDKey) => key.privateKey?.[0] === 0;

/** Seeds, from the first on, for which `wanted` says true of the purpose and coin keys that BIP32 gives. */
function search(
  count: number,
  purpose: number,
  coin: number,
  wanted: (purpose: HDKey, coin: HDKey) => boolean,
): Secret[] {
  const found: Secret[] = [];
  for (let index = 0; found.length < count; index++) {
    const entropy = entropyOf(index);
    const purposeKey = HDKey.fromMasterSeed(entropy.bytes).deriveChild(HARDENED_OFFSET + purpose);
    if (wanted(purposeKey, purposeKey.deriveChild(HARDENED_OFFSET + coin))) found.push(entropy);
  }
  return found;
}

function agree(entropy: Secret, network: Network): string[] {
  const keys = watchOnlyAccounts(entropy, network).map((account) => account.extendedPublicKey);
  assert.deepEqual(keys, deriveAccounts(entropy.bytes, network));
  assert.deepEqual(identity(entropy, network), deriveIdentity(entropy.bytes, network));
  return keys;
}

describe("leading zeros, found by search", () => {
  const plain = { public: 0x043587cf, private: 0 };
  const account = (entropy: Secret, path: string) =>
    HDKey.fromMasterSeed(entropy.bytes, plain).derive(path).publicExtendedKey;

  it("a short key at m/1017' changes the node id and all 256 accounts", () => {
    for (const entropy of search(4, 1017, 1, isShort)) {
      const keys = agree(entropy, "regtest").slice(3);
      assert.ok(keys.every((key, index) => key !== account(entropy, `m/1017'/1'/${index}'`)));
      assert.notEqual(identity(entropy, "regtest").nodeId, bip32(entropy, "m/1017'/1'/6'/0/0"));
    }
  });

  it("a short key at m/1017'/1' changes account 0 and nothing else", () => {
    const onlyCoin = (purpose: HDKey, coin: HDKey) => !isShort(purpose) && isShort(coin);
    for (const entropy of search(4, 1017, 1, onlyCoin)) {
      const keys = agree(entropy, "regtest").slice(3);
      assert.notEqual(keys[0], account(entropy, "m/1017'/1'/0'"));
      assert.ok(keys.slice(1).every((key, index) => key === account(entropy, `m/1017'/1'/${index + 1}'`)));
      assert.equal(identity(entropy, "regtest").nodeId, bip32(entropy, "m/1017'/1'/6'/0/0"));
      assert.notEqual(familyPublicKey(entropy, "regtest", 0, 0), bip32(entropy, "m/1017'/1'/0'/0/0"));
    }
  });

  it("a short key at m/86' or m/86'/0' changes the taproot account", () => {
    for (const [entropy] of [search(1, 86, 0, isShort), search(1, 86, 0, (_, coin) => isShort(coin))]) {
      assert.ok(entropy !== undefined);
      assert.notEqual(agree(entropy, "regtest")[2], account(entropy, "m/86'/0'/0'"));
    }
  });

  it("a short master key changes nothing", () => {
    let index = 0;
    while (!isShort(HDKey.fromMasterSeed(entropyOf(index).bytes))) index += 1;
    const entropy = entropyOf(index);
    const keys = agree(entropy, "regtest").slice(3);
    assert.ok(keys.every((key, family) => key === account(entropy, `m/1017'/1'/${family}'`)));
  });
});

describe("derivation", () => {
  it("gives families and indexes as BIP32 does where no key is short", () => {
    const [entropy] = search(1, 1017, 0, (purpose, coin) => !isShort(purpose) && !isShort(coin));
    assert.ok(entropy !== undefined);
    for (const [family, index] of [
      [0, 0],
      [1, 7],
      [7, 0],
      [9, 2],
      [99, 1],
      [255, 2 ** 31 - 1],
    ] as const) {
      assert.equal(
        familyPublicKey(entropy, "mainnet", family, index),
        bip32(entropy, `m/1017'/0'/${family}'/0/${index}`),
      );
    }
  });

  it("gives the private key of the node id", () => {
    for (const network of ["mainnet", "regtest"] as const) {
      const entropy = entropyOf(1);
      const privateKey = identityPrivateKey(entropy, network).bytes;
      const key = new HDKey({ privateKey, chainCode: Buffer.alloc(32) });
      assert.equal(Buffer.from(key.publicKey ?? []).toString("hex"), identity(entropy, network).nodeId);
    }
  });

  it("keeps leading zeros in hex", () => {
    let index = 0;
    while (HDKey.fromMasterSeed(entropyOf(index).bytes).fingerprint >= 2 ** 24) index += 1;
    assert.match(identity(entropyOf(index), "mainnet").masterFingerprint, /^0[0-9a-f]{7}$/);
  });

  it("leaves the entropy to the caller, and the same for the next call", () => {
    const entropy = entropyOf(2);
    const before = entropy.bytes.toString("hex");
    assert.deepEqual(identity(entropy, "signet"), identity(entropy, "signet"));
    assert.equal(entropy.bytes.toString("hex"), before);
  });
});
