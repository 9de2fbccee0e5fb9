import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { HARDENED_OFFSET, HDKey } from "@scure/bip32";
import { deriveAccounts, deriveIdentity } from "../../../ceremony/second/derivation.ts";
import { watchOnlyAccounts } from "../../../ceremony/seed/accounts.ts";
import { familyPublicKey, identityPrivateKey, walletIdentity } from "../../../ceremony/seed/derivation.ts";
import type { Network } from "../../../core/network.ts";
import { Secret } from "../../../core/secret.ts";

const bip32 = (entropy: Secret, path: string) =>
  Buffer.from(HDKey.fromMasterSeed(entropy.bytes).derive(path).publicKey ?? []).toString("hex");
const entropyOf = (index: number) => Secret.take(createHash("sha256").update(`seed ${index}`).digest().subarray(0, 16));

interface Short {
  readonly master: boolean;
  readonly purpose: boolean;
  readonly coin: boolean;
}

/** Which keys of `m`, `m/purpose'`, `m/purpose'/coin'` begin with a zero byte. No curve is needed to see that. */
function shortKeys(entropy: Secret, purpose: number, coin: number): Short {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const hmac = (key: Buffer | string, data: Buffer) => createHmac("sha512", key).update(data).digest();
  const number = (bytes: Buffer) => BigInt(`0x${bytes.toString("hex")}`);
  const hardened = (node: Buffer, index: number) => {
    const data = Buffer.concat([Buffer.of(0), node.subarray(0, 32), Buffer.alloc(4)]);
    data.writeUInt32BE(HARDENED_OFFSET + index, 33);
    const child = hmac(node.subarray(32), data);
    const key = (number(child.subarray(0, 32)) + number(node.subarray(0, 32))) % order;
    child.write(key.toString(16).padStart(64, "0"), "hex");
    return child;
  };
  const master = hmac("Bitcoin seed", entropy.bytes);
  const purposeKey = hardened(master, purpose);
  return { master: master[0] === 0, purpose: purposeKey[0] === 0, coin: hardened(purposeKey, coin)[0] === 0 };
}

/** The first seeds of which `wanted` says true. The coin key is the one that BIP32 gives. */
function search(count: number, purpose: number, coin: number, wanted: (short: Short) => boolean): Secret[] {
  const found: Secret[] = [];
  for (let index = 0; found.length < count; index++) {
    const entropy = entropyOf(index);
    if (wanted(shortKeys(entropy, purpose, coin))) found.push(entropy);
  }
  return found;
}

function agree(entropy: Secret, network: Network): string[] {
  const keys = watchOnlyAccounts(entropy, network).map((account) => account.extendedPublicKey);
  assert.deepEqual(keys, deriveAccounts(entropy.bytes, network));
  assert.deepEqual(walletIdentity(entropy, network), deriveIdentity(entropy.bytes, network));
  return keys;
}

describe("leading zeros, found by search", () => {
  const plain = { public: 0x043587cf, private: 0 };
  const xpub = (entropy: Secret, path: string) =>
    HDKey.fromMasterSeed(entropy.bytes, plain).derive(path).publicExtendedKey;
  /** The 256 accounts below m/1017'/1' as BIP32 gives them. */
  const families = (entropy: Secret) => {
    const coin = HDKey.fromMasterSeed(entropy.bytes, plain).derive("m/1017'/1'");
    return Array.from({ length: 256 }, (_, family) => coin.deriveChild(HARDENED_OFFSET + family).publicExtendedKey);
  };

  it("a short key at m/1017' changes the node id and all 256 accounts", () => {
    for (const entropy of search(4, 1017, 1, ({ purpose }) => purpose)) {
      const keys = agree(entropy, "regtest").slice(3);
      const standard = families(entropy);
      assert.ok(keys.every((key, family) => key !== standard[family]));
      assert.notEqual(walletIdentity(entropy, "regtest").nodeId, bip32(entropy, "m/1017'/1'/6'/0/0"));
    }
  });

  it("a short key at m/1017'/1' changes account 0 and nothing else", () => {
    for (const entropy of search(4, 1017, 1, ({ purpose, coin }) => coin && !purpose)) {
      const keys = agree(entropy, "regtest").slice(3);
      const standard = families(entropy);
      assert.notEqual(keys[0], standard[0]);
      assert.deepEqual(keys.slice(1), standard.slice(1));
      assert.equal(walletIdentity(entropy, "regtest").nodeId, bip32(entropy, "m/1017'/1'/6'/0/0"));
      assert.notEqual(familyPublicKey(entropy, "regtest", 0, 0), bip32(entropy, "m/1017'/1'/0'/0/0"));
    }
  });

  it("a short key at m/86' or m/86'/0' changes the taproot account", () => {
    for (const [entropy] of [search(1, 86, 0, ({ purpose }) => purpose), search(1, 86, 0, ({ coin }) => coin)]) {
      assert.ok(entropy !== undefined);
      assert.notEqual(agree(entropy, "regtest")[2], xpub(entropy, "m/86'/0'/0'"));
    }
  });

  it("a short master key changes nothing", () => {
    const [entropy] = search(1, 1017, 1, ({ master, purpose, coin }) => master && !purpose && !coin);
    assert.ok(entropy !== undefined);
    const keys = agree(entropy, "regtest").slice(3);
    assert.deepEqual(keys, families(entropy));
  });
});

describe("derivation", () => {
  it("gives families and indexes as BIP32 does where no key is short", () => {
    const [entropy] = search(1, 1017, 0, ({ purpose, coin }) => !purpose && !coin);
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
      assert.equal(Buffer.from(key.publicKey ?? []).toString("hex"), walletIdentity(entropy, network).nodeId);
    }
  });

  it("keeps leading zeros in hex", () => {
    let index = 0;
    while (HDKey.fromMasterSeed(entropyOf(index).bytes).fingerprint >= 2 ** 24) index += 1;
    assert.match(walletIdentity(entropyOf(index), "mainnet").masterFingerprint, /^0[0-9a-f]{7}$/);
  });

  it("leaves the entropy to the caller, and the same for the next call", () => {
    const entropy = entropyOf(2);
    const before = entropy.bytes.toString("hex");
    assert.deepEqual(walletIdentity(entropy, "signet"), walletIdentity(entropy, "signet"));
    assert.equal(entropy.bytes.toString("hex"), before);
  });
});
