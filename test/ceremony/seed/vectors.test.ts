import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HDKey } from "@scure/bip32";
import { decipher, encipher, SCRYPT_N } from "../../../ceremony/seed/aezeed.ts";
import { birthdayFromUnix, birthdayUnix, GENESIS_UNIX } from "../../../ceremony/seed/birthday.ts";
import { familyPublicKey, LND_PURPOSE, walletIdentity, withAccountKeys } from "../../../ceremony/seed/derivation.ts";
import { formatPhrase, parsePhrase } from "../../../ceremony/seed/phrase.ts";
import vectors from "../../vectors/aezeed.json" with { type: "json" };
import { FAST, hexSecret, okValue, textSecret, toHex } from "./samples.ts";

interface Fields {
  readonly internalVersion: number;
  readonly birthdayDays: number;
  readonly entropy: string;
  readonly salt: string;
}

/** The words must come out of the fields, and the fields out of the words. */
function check(words: string, passphrase: string, fields: Fields, scryptN: number): void {
  const { internalVersion, birthdayDays } = fields;
  const seed = { internalVersion, birthdayDays, entropy: hexSecret(fields.entropy), salt: hexSecret(fields.salt) };
  assert.equal(formatPhrase(encipher(seed, textSecret(passphrase), { scryptN })).bytes.toString(), words);
  const phrase = okValue(parsePhrase(Buffer.from(words)));
  const back = okValue(decipher(phrase, textSecret(passphrase), { scryptN }));
  assert.deepEqual(
    { ...fields },
    {
      internalVersion: back.internalVersion,
      birthdayDays: back.birthdayDays,
      entropy: toHex(back.entropy),
      salt: toHex(back.salt),
    },
  );
}

describe("lnd's unit vectors, at N = 16", () => {
  for (const vector of vectors.lnd_unit_vectors.vectors) {
    it(vector.expected_mnemonic.slice(0, 40), () => {
      const birthdayDays = okValue(birthdayFromUnix(vector.time_unix));
      assert.equal(birthdayDays, vector.expected_birthday);
      const fields = {
        internalVersion: vector.internal_version,
        birthdayDays,
        entropy: vector.entropy_hex,
        salt: vector.salt_hex,
      };
      check(vector.expected_mnemonic, vector.password, fields, vectors.lnd_unit_vectors.scrypt.N);
    });
  }

  it("count their days from the same block", () => {
    assert.equal(GENESIS_UNIX, vectors.lnd_unit_vectors.genesis_unix);
  });
});

it("npm aezeed's vector, at N = 16", () => {
  const vector = vectors.npm_extra_vector;
  assert.equal(okValue(birthdayFromUnix(vector.time_ms / 1000)), vector.expected_birthday);
  const fields = {
    internalVersion: vector.internal_version,
    birthdayDays: vector.expected_birthday,
    entropy: vector.entropy_hex,
    salt: vector.salt_hex,
  };
  check(vector.expected_mnemonic, vector.password, fields, FAST.scryptN);
});

describe("lnd's unit inputs at full N", () => {
  for (const vector of vectors.production_N_encodings_of_lnd_unit_inputs) {
    it(vector.mnemonic_N32768.slice(0, 40), () => {
      const fields = {
        internalVersion: vector.internal_version,
        birthdayDays: vector.birthday,
        entropy: vector.entropy_hex,
        salt: vector.salt_hex,
      };
      check(vector.mnemonic_N32768, vector.password, fields, SCRYPT_N);
    });
  }
});

describe("published phrases", () => {
  for (const { source, mnemonic, password, published, computed } of vectors.production_vectors.vectors) {
    it(`${mnemonic.slice(0, 30)} (${source.slice(0, 50)})`, () => {
      const fields = {
        internalVersion: computed.internal_version,
        birthdayDays: computed.birthday,
        entropy: computed.entropy_hex,
        salt: computed.salt_hex,
      };
      check(mnemonic, password, fields, SCRYPT_N);
      assert.equal(birthdayUnix(computed.birthday), computed.birthday_unix);

      const entropy = hexSecret(computed.entropy_hex);
      const masterFingerprint = computed.master_fingerprint;
      assert.deepEqual(walletIdentity(entropy, "mainnet"), { nodeId: computed.identity_coin0, masterFingerprint });
      for (const network of ["testnet", "signet", "simnet", "regtest"] as const) {
        assert.deepEqual(walletIdentity(entropy, network), { nodeId: computed.identity_coin1, masterFingerprint });
      }
      const known: Record<string, string | undefined> = { ...published };
      assert.equal(known["identity_coin1"] ?? computed.identity_coin1, computed.identity_coin1);
      assert.equal(known["root_tprv"] ?? computed.root_tprv, computed.root_tprv);
      assert.equal(HDKey.fromMasterSeed(entropy.bytes).privateExtendedKey, known["root_xprv"] ?? computed.root_xprv);
    });
  }
});

describe("seeds whose keys have leading zeros", () => {
  for (const { why, entropy_hex, mnemonic, keys } of vectors.btcwallet_nonstandard_derivation.vectors) {
    it(why, () => {
      const { words, password, internal_version, birthday, salt_hex } = mnemonic;
      const fields = {
        internalVersion: internal_version,
        birthdayDays: birthday,
        entropy: entropy_hex,
        salt: salt_hex,
      };
      check(words, password, fields, SCRYPT_N);
      const master = HDKey.fromMasterSeed(Buffer.from(entropy_hex, "hex"));
      for (const { path, lnd_pubkey, bip32_pubkey } of keys) {
        const family = Number(/\/(\d+)'\/0\/0$/.exec(path)?.[1]);
        assert.equal(familyPublicKey(hexSecret(entropy_hex), "mainnet", family, 0), lnd_pubkey, path);
        assert.equal(Buffer.from(master.derive(path).publicKey ?? []).toString("hex"), bip32_pubkey, path);
      }
    });
  }

  it("and what a running lnd v0.21.2-beta showed for the first of them on regtest", () => {
    const [first] = vectors.btcwallet_nonstandard_derivation.vectors;
    const shown = "0202ee5745dce8d8a972f21ff181254ac4220dfbd03b45295c38972829e7a37ed5";
    assert.equal(walletIdentity(hexSecret(first?.entropy_hex ?? ""), "regtest").nodeId, shown);
  });
});

it("lnd's integration test: identity and accounts below a published root key", () => {
  const { root_tprv, master_fingerprint, identity_coin1, accounts } = vectors.lnd_itest_root;
  const prefixes = { tpub: 0x043587cf, upub: 0x044a5262, vpub: 0x045f1cf6 };
  const root = (version: number) => {
    const key = HDKey.fromExtendedKey(root_tprv, { private: 0x04358394, public: prefixes.tpub });
    const { privateKey, chainCode } = key;
    assert.ok(privateKey !== null && chainCode !== null);
    return new HDKey({ privateKey, chainCode, versions: { private: 0, public: version } });
  };
  assert.equal(root(prefixes.tpub).fingerprint.toString(16), master_fingerprint);
  for (const [label, key] of Object.entries(accounts)) {
    const [, purpose, coin, account, prefix] = /^m\/(\d+)'\/(\d+)'\/(\d+)' \((\w+)\)$/.exec(label) ?? [];
    const scope = { purpose: Number(purpose), coin: Number(coin) };
    const derived = withAccountKeys(
      root(prefixes[prefix as keyof typeof prefixes]),
      scope,
      (accountKey) => accountKey(Number(account)).publicExtendedKey,
    );
    assert.equal(derived, key, label);
  }
  const nodeKey = withAccountKeys(root(prefixes.tpub), { purpose: LND_PURPOSE, coin: 1 }, (accountKey) =>
    accountKey(6).deriveChild(0).deriveChild(0),
  );
  assert.equal(Buffer.from(nodeKey.publicKey ?? []).toString("hex"), identity_coin1);
});
