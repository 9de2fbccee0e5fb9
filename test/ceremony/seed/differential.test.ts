import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CipherSeed as NpmSeed } from "aezeed";
import { PARAMS } from "aezeed/src/params.js";
import fc from "fast-check";
import { deriveIdentity } from "../../../ceremony/second/derivation.ts";
import { decipher, encipher, SCRYPT_N } from "../../../ceremony/seed/aezeed.ts";
import { birthdayUnix } from "../../../ceremony/seed/birthday.ts";
import { walletIdentity } from "../../../ceremony/seed/derivation.ts";
import { formatPhrase, parsePhrase } from "../../../ceremony/seed/phrase.ts";
import { NETWORKS } from "../../../core/network.ts";
import { FAST, okValue, passphrases, seeds, textSecret, toHex } from "./samples.ts";

const networks = fc.constantFrom(...NETWORKS);

/** npm `aezeed` has its N in a table that everybody can write to. */
function setNpmScryptN(n: number): void {
  const [version0] = PARAMS;
  assert.ok(version0 !== undefined);
  version0.n = n;
}

describe("against npm aezeed and the second derivation, at N = 16", () => {
  before(() => setNpmScryptN(FAST.scryptN));
  after(() => setNpmScryptN(SCRYPT_N));

  it("2,000 random seeds: the same words, each reads the other's, the same node", () => {
    fc.assert(
      fc.property(seeds, passphrases, networks, (seed, passphrase, network) => {
        const { internalVersion, birthdayDays, entropy, salt } = seed;
        const enciphered = encipher(seed, textSecret(passphrase), FAST);
        const ours = formatPhrase(enciphered).bytes.toString();
        const npm = new NpmSeed(entropy.bytes, salt.bytes, internalVersion, birthdayDays);
        const theirs = passphrase === "" ? npm.toMnemonic() : npm.toMnemonic(passphrase);
        assert.equal(ours, theirs);

        const there = NpmSeed.fromMnemonic(ours, passphrase === "" ? undefined : passphrase);
        const here = okValue(decipher(okValue(parsePhrase(Buffer.from(theirs))), textSecret(passphrase), FAST));
        assert.deepEqual(
          [here.internalVersion, here.birthdayDays, toHex(here.entropy), toHex(here.salt)],
          [there.internalVersion, there.birthday, there.entropy.toString("hex"), there.salt.toString("hex")],
        );
        assert.equal(birthdayUnix(birthdayDays), there.birthDate.getTime() / 1000);
        assert.deepEqual(walletIdentity(here.entropy, network), deriveIdentity(there.entropy, network));
      }),
      { numRuns: 2000 },
    );
  });

  it("300 damaged phrases: the same verdict", () => {
    const change = fc.record({ position: fc.nat(23), word: fc.nat(23) });
    fc.assert(
      fc.property(seeds, fc.array(change, { maxLength: 2 }), fc.boolean(), (any, changes, wrongPassphrase) => {
        const enciphered = encipher({ ...any, internalVersion: 1 }, textSecret("right"), FAST);
        const words = formatPhrase(enciphered).bytes.toString().split(" ");
        for (const { position, word } of changes) words[position] = words[word] ?? "";
        const passphrase = wrongPassphrase ? "wrong" : "right";
        const phrase = words.join(" ");
        const first = decipher(okValue(parsePhrase(Buffer.from(phrase))), textSecret(passphrase), FAST);
        const second = verdict(phrase, passphrase);
        assert.equal(first.ok ? "ok" : first.error.code, second);
      }),
      { numRuns: 300 },
    );
  });
});

/** npm's verdict alone: 300 times 259 accounts would take most of the time. */
function verdict(phrase: string, passphrase: string): string {
  const codes = { "Invalid cipherSeedVersion": "bad_version", "CRC checksum mismatch": "bad_checksum" } as const;
  try {
    NpmSeed.fromMnemonic(phrase, passphrase);
    return "ok";
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : "";
    return codes[message as keyof typeof codes] ?? (message === "Invalid Password" ? "wrong_passphrase" : message);
  }
}
