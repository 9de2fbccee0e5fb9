import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { restoreAgain } from "../../../ceremony/second/restore.ts";
import { watchOnlyAccounts } from "../../../ceremony/seed/accounts.ts";
import { encipher } from "../../../ceremony/seed/aezeed.ts";
import { birthdayUnix } from "../../../ceremony/seed/birthday.ts";
import { walletIdentity } from "../../../ceremony/seed/derivation.ts";
import { formatPhrase } from "../../../ceremony/seed/phrase.ts";
import { NETWORKS } from "../../../core/network.ts";
import { error, okValue, passphrases, SAMPLE_WORDS, seeds, textSecret } from "./samples.ts";

const networks = fc.constantFrom(...NETWORKS);

describe("against the second implementation, at full N", () => {
  it("20 random seeds: version, birthday, node, fingerprint and all 259 accounts", () => {
    fc.assert(
      fc.property(seeds, fc.nat(1), passphrases, networks, (any, internalVersion, passphrase, network) => {
        const seed = { ...any, internalVersion };
        const phrase = formatPhrase(encipher(seed, textSecret(passphrase)));
        const again = okValue(restoreAgain(phrase.bytes.toString(), passphrase, network));
        assert.deepEqual(again, {
          internalVersion,
          birthdayDays: seed.birthdayDays,
          birthdayUnix: birthdayUnix(seed.birthdayDays),
          ...walletIdentity(seed.entropy, network),
          accounts: watchOnlyAccounts(seed.entropy, network).map(({ extendedPublicKey }) => extendedPublicKey),
        });
      }),
      { numRuns: 20 },
    );
  });

  it("gives every error of npm aezeed a code, and fills its holes", () => {
    const restored = (words: string, passphrase = "") => restoreAgain(words, passphrase, "regtest");
    assert.equal(error(restored(SAMPLE_WORDS.replace("wolf", "kek"))).code, "unknown_word");
    assert.equal(error(restored(SAMPLE_WORDS.replace("about ", ""))).code, "unknown_word");
    assert.equal(error(restored(SAMPLE_WORDS.replace("about", "zoo"))).code, "bad_version");
    assert.equal(error(restored(SAMPLE_WORDS.replace("wolf", "zoo"))).code, "bad_checksum");
    assert.equal(error(restored(SAMPLE_WORDS, "x")).code, "wrong_passphrase");
    assert.equal(okValue(restored(SAMPLE_WORDS)).nodeId, okValue(restored(SAMPLE_WORDS, "aezeed")).nodeId);
    const [seed] = fc.sample(seeds, 1);
    assert.ok(seed !== undefined);
    const odd = formatPhrase(encipher({ ...seed, internalVersion: 2 }, textSecret("")));
    assert.equal(error(restored(odd.bytes.toString())).code, "unknown_internal_version");
  });
});
