import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { inspect } from "../../../ceremony/inspect/command.ts";
import { passphraseForms } from "../../../ceremony/inspect/passphrase.ts";
import { encipher } from "../../../ceremony/seed/aezeed.ts";
import { formatPhrase } from "../../../ceremony/seed/phrase.ts";
import { seedReport } from "../../../ceremony/seed/report.ts";
import { Secret } from "../../../core/secret.ts";
import { FAST, textSecret } from "../seed/samples.ts";

const SEED = {
  internalVersion: 1,
  birthdayDays: 6532,
  entropy: textSecret("sixteen bytes!!!"),
  salt: textSecret("salty"),
};

/** What is answered for a seed of the passphrase `made` when `typed` is typed. */
function answer(made: string | Buffer, typed: string | Buffer) {
  const words = formatPhrase(encipher(SEED, Secret.copyOf(Buffer.from(made)), FAST)).bytes;
  return inspect(Buffer.concat([words, Buffer.from("\n"), Buffer.from(typed), Buffer.from("\n")]), ["mainnet"], FAST);
}

function fits(made: string | Buffer, typed: string | Buffer): string | undefined {
  const done = answer(made, typed);
  assert.ok(!done.ok && done.error.problem.code === "wrong_passphrase");
  if (done.error.problem.fits !== undefined) assert.deepEqual(done.error.reports, [seedReport(SEED, "mainnet")]);
  return done.error.problem.fits;
}

const NFC = "Gr\u00fc\u00dfe aus 1 Bunker";
const NFD = NFC.normalize("NFD");
const LATIN1 = Buffer.from(NFC, "latin1");

describe("a passphrase that does not fit", () => {
  it("is tried in the Unicode forms and in Latin-1, from each to each", () => {
    assert.deepEqual([fits(NFD, NFC), fits(NFC, NFD)], ["nfd", "nfc"]);
    assert.deepEqual([fits(LATIN1, NFC), fits(LATIN1, NFD)], ["latin1", "latin1"]);
    assert.deepEqual([fits(NFC, LATIN1), fits(NFD, LATIN1)], ["latin1_nfc", "latin1_nfd"]);
  });

  it("is tried without what nobody sees, and as other keyboards give it", () => {
    assert.equal(fits("El Psy Kongroo", "El Psy Kongroo "), "trimmed");
    assert.equal(fits("El Psy Kongroo", "\ufeffEl Psy Kongroo\r"), "trimmed");
    assert.equal(fits("El Psy Kongroo", "El\u00a0Psy  Kongroo"), "spaces");
    assert.equal(fits("El Psy Kongroo", '"El Psy Kongroo"'), "unquoted");
    assert.equal(fits("El Psy Kongroo", "eL pSY kONGROO"), "case_swapped");
    assert.equal(fits(NFD, `${NFC} `), "nfd");
  });

  it("is told from the wallet's password where the seed has none", () => {
    assert.equal(fits("", "wallet password"), "none");
  });

  it("is not taken for another: what looks the same on no keyboard does not fit", () => {
    assert.equal(fits("El Psy Kongroo", "El Psy Congroo"), undefined);
    assert.equal(fits(NFC, "Grusse aus 1 Bunker"), undefined);
  });

  it("is said to have what cannot be seen in it, by kind", () => {
    const done = answer("right", "two  spaces\u00a0and\ta tab ");
    assert.ok(!done.ok && done.error.problem.code === "wrong_passphrase");
    assert.equal(done.error.problem.unseen.length, 4);
  });

  it("is normalised piece by piece to what normalising the whole gives", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 12 }), (typed) => {
        const forms = passphraseForms(Buffer.from(typed), undefined).map(({ bytes }) => bytes.toString());
        for (const form of ["NFC", "NFD"]) {
          const whole = typed.normalize(form);
          assert.ok(whole === typed || forms.includes(whole), JSON.stringify(typed));
        }
      }),
    );
  });
});
