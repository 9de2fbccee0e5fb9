import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { restoreAgain } from "../../ceremony/second/restore.ts";
import { watchOnlyAccounts } from "../../ceremony/seed/accounts.ts";
import { encipher } from "../../ceremony/seed/aezeed.ts";
import { birthdayUnix } from "../../ceremony/seed/birthday.ts";
import { identity } from "../../ceremony/seed/derivation.ts";
import { NETWORKS } from "../../ceremony/seed/network.ts";
import { formatPhrase } from "../../ceremony/seed/phrase.ts";
import { error, passphrases, seeds, text, value, WORDS } from "./samples.ts";

const networks = fc.constantFrom(...NETWORKS);

describe("against the second implementation, at full N", () => {
  it("20 random seeds: version, birthday, node, fingerprint and all 259 accounts", () => {
    fc.assert(
      fc.property(seeds, fc.nat(1), passphrases, networks, (any, internalVersion, passphrase, network) => {
        const seed = { ...any, internalVersion };
        const phrase = formatPhrase(encipher(seed, text(passphrase)));
        const again = value(restoreAgain(phrase.bytes.toString(), passphrase, network));
        assert.deepEqual(again, {
          internalVersion,
          birthdayDays: seed.birthdayDays,
          birthdayUnix: birthdayUnix(seed.birthdayDays),
          ...identity(seed.entropy, network),
          accounts: watchOnlyAccounts(seed.entropy, network).map(({ extendedPublicKey }) => extendedPublicKey),
        });
      }),
      { numRuns: 20 },
    );
  });

  it("gives every error of npm aezeed a code, and fills its holes", () => {
    const restored = (words: string, passphrase = "") => restoreAgain(words, passphrase, "regtest");
    assert.equal(error(restored(WORDS.replace("wolf", "kek"))).code, "unknown_word");
    assert.equal(error(restored(WORDS.replace("about ", ""))).code, "unknown_word");
    assert.equal(error(restored(WORDS.replace("about", "zoo"))).code, "bad_version");
    assert.equal(error(restored(WORDS.replace("wolf", "zoo"))).code, "bad_checksum");
    assert.equal(error(restored(WORDS, "x")).code, "wrong_passphrase");
    assert.equal(value(restored(WORDS)).nodeId, value(restored(WORDS, "aezeed")).nodeId);
    const [seed] = fc.sample(seeds, 1);
    assert.ok(seed !== undefined);
    const odd = formatPhrase(encipher({ ...seed, internalVersion: 2 }, text("")));
    assert.equal(error(restored(odd.bytes.toString())).code, "unknown_internal_version");
  });
});
