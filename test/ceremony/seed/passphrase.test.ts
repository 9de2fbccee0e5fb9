import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PASSPHRASE_MAX } from "../../../ceremony/limits.ts";
import { checkNewPassphrase } from "../../../ceremony/seed/passphrase.ts";
import { error, okValue, passphrases, textSecret } from "./samples.ts";

const STRICT = { mayBeDefault: false };
const OPEN = { mayBeDefault: true };

describe("new passphrase", () => {
  const refused: readonly (readonly [string, string])[] = [
    ["", "passphrase_empty"],
    ["aezeed", "passphrase_default"],
    [" leading", "passphrase_space"],
    ["trailing ", "passphrase_space"],
    [" ", "passphrase_space"],
    ["two  blanks", "passphrase_blanks"],
    ["a".repeat(PASSPHRASE_MAX + 1), "passphrase_long"],
    ["tab\there", "passphrase_not_ascii"],
    ["line\n", "passphrase_not_ascii"],
    ["caf\u00e9", "passphrase_not_ascii"],
    ["cafe\u0301", "passphrase_not_ascii"],
    ["del\u007f", "passphrase_not_ascii"],
    ["nul\u0000", "passphrase_not_ascii"],
  ];
  for (const [typed, code] of refused) {
    it(`refuses ${JSON.stringify(typed)} as ${code}`, () => {
      assert.deepEqual(error(checkNewPassphrase(textSecret(typed), STRICT)), { code });
    });
  }

  it("may be lnd's default where the policy says so, and nothing else is let off", () => {
    okValue(checkNewPassphrase(textSecret(""), OPEN));
    okValue(checkNewPassphrase(textSecret("aezeed"), OPEN));
    assert.equal(error(checkNewPassphrase(textSecret(" x"), OPEN)).code, "passphrase_space");
    assert.equal(error(checkNewPassphrase(textSecret("\u00e9"), OPEN)).code, "passphrase_not_ascii");
  });

  it("may be any other printable ASCII, single spaces inside included", () => {
    for (const typed of [
      "a".repeat(PASSPHRASE_MAX),
      "a b",
      "Aezeed",
      "aezeed1",
      "~!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}",
    ]) {
      okValue(checkNewPassphrase(textSecret(typed), STRICT));
    }
    fc.assert(fc.property(passphrases, (typed) => checkNewPassphrase(textSecret(typed), OPEN).ok));
  });
});
