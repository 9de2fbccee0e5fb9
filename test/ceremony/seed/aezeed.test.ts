import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { checkEnciphered, decipher, encipher, type Kdf } from "../../../ceremony/seed/aezeed.ts";
import { crc32c } from "../../../ceremony/seed/crc32c.ts";
import { packIndexes, parsePhrase, wordIndexes } from "../../../ceremony/seed/phrase.ts";
import { Secret } from "../../../core/secret.ts";
import { error, FAST, hexSecret, okValue, passphrases, SAMPLE_WORDS, seeds, textSecret, toHex } from "./samples.ts";

const whole = okValue(parsePhrase(Buffer.from(SAMPLE_WORDS)));

/** A key derivation that counts its calls: what an error costs is measured by them and not by time. */
function counter(): { kdf: Kdf; calls: () => number } {
  let calls = 0;
  const kdf: Kdf = () => {
    calls += 1;
    return Buffer.alloc(32);
  };
  return { kdf, calls: () => calls };
}

/** The 33 bytes with some of them changed, and the checksum made right again if asked for. */
function altered(change: (bytes: Buffer) => void, checksum: "kept" | "mended"): Secret {
  const bytes = Buffer.from(whole.bytes);
  change(bytes);
  if (checksum === "mended") bytes.writeUInt32BE(crc32c(bytes.subarray(0, 29)), 29);
  return Secret.copyOf(bytes);
}

describe("CRC-32C", () => {
  it("gives the published check value and the vectors of RFC 3720 B.4", () => {
    assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
    assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
    assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
    assert.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, at) => at))), 0x46dd794e);
    assert.equal(crc32c(Buffer.alloc(0)), 0);
  });
});

describe("errors of decipher come in lnd's order", () => {
  it("a wrong version comes before a wrong checksum, and costs no scrypt", () => {
    const { kdf, calls } = counter();
    for (const checksum of ["kept", "mended"] as const) {
      const other = altered((bytes) => bytes.writeUInt8(44, 0), checksum);
      assert.deepEqual(error(decipher(other, textSecret(""), { kdf })), { code: "bad_version" });
      assert.deepEqual(error(checkEnciphered(other)), { code: "bad_version" });
    }
    assert.equal(calls(), 0);
  });

  it("a wrong checksum comes before the passphrase, and costs no scrypt", () => {
    const { kdf, calls } = counter();
    for (let bit = 8; bit < 264; bit++) {
      const flipped = altered(
        (bytes) => bytes.writeUInt8(bytes.readUInt8(bit >>> 3) ^ (0x80 >>> (bit & 7)), bit >>> 3),
        "kept",
      );
      assert.deepEqual(error(decipher(flipped, textSecret(""), { kdf })), { code: "bad_checksum" });
    }
    assert.equal(calls(), 0);
  });

  it("two words swapped, as in lnd's own test, are a wrong checksum", () => {
    const words = wordIndexes(whole);
    const swapped = packIndexes(words.with(9, words[13] ?? 0).with(13, words[9] ?? 0));
    assert.deepEqual(error(decipher(swapped, textSecret(""))), { code: "bad_checksum" });
  });

  it("a wrong passphrase, and a damaged seed whose checksum is right, cost one scrypt each", () => {
    const { kdf, calls } = counter();
    assert.deepEqual(error(decipher(whole, textSecret(""), { kdf })), { code: "wrong_passphrase" });
    assert.equal(calls(), 1);
    assert.deepEqual(error(decipher(whole, textSecret("wrong"), FAST)), { code: "wrong_passphrase" });
    for (let at = 1; at < 29; at++) {
      const damaged = altered((bytes) => bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at), "mended");
      assert.deepEqual(
        error(decipher(damaged, textSecret(""), { ...FAST })),
        { code: "wrong_passphrase" },
        `byte ${at}`,
      );
    }
  });

  it("the passphrase is taken byte for byte", () => {
    const seed = {
      internalVersion: 1,
      birthdayDays: 6000,
      entropy: hexSecret("00".repeat(16)),
      salt: hexSecret("0102030405"),
    };
    const enciphered = encipher(seed, textSecret("caf\u00e9"), FAST);
    for (const typed of ["cafe\u0301", "Caf\u00e9", "caf\u00e9 ", " caf\u00e9", "caf\u00e9\n", ""]) {
      assert.deepEqual(error(decipher(enciphered, textSecret(typed), FAST)), { code: "wrong_passphrase" });
    }
    const raw = Secret.copyOf(Buffer.of(0xff, 0x00, 0xfe));
    assert.ok(decipher(encipher(seed, raw, FAST), raw, FAST).ok);
  });

  it("scrypt's N is the parameter: lnd's 32768 if none is given", () => {
    const seen: number[] = [];
    const kdf: Kdf = (_passphrase, _salt, scryptN) => Buffer.alloc(32, seen.push(scryptN));
    decipher(whole, textSecret(""), { kdf });
    decipher(whole, textSecret(""), { kdf, scryptN: 16 });
    assert.deepEqual(seen, [32_768, 16]);
  });

  it("any internal version is passed on: lnd looks at it only when it makes the wallet", () => {
    const seed = {
      internalVersion: 200,
      birthdayDays: 0,
      entropy: hexSecret("11".repeat(16)),
      salt: hexSecret("0102030405"),
    };
    assert.equal(okValue(decipher(encipher(seed, textSecret("x"), FAST), textSecret("x"), FAST)).internalVersion, 200);
  });
});

describe("encipher", () => {
  const seed = {
    internalVersion: 1,
    birthdayDays: 6000,
    entropy: hexSecret("22".repeat(16)),
    salt: hexSecret("0102030405"),
  };

  it("takes an empty passphrase for aezeed, in both directions", () => {
    const empty = encipher(seed, textSecret(""), FAST);
    assert.ok(empty.equals(encipher(seed, textSecret("aezeed"), FAST)));
    assert.ok(decipher(empty, textSecret("aezeed"), FAST).ok);
    assert.ok(!empty.equals(encipher(seed, textSecret("aezeee"), FAST)));
  });

  it("refuses what its fields would wrap or cut", () => {
    for (const birthdayDays of [-1, 65_536, 1.5, Number.NaN]) {
      assert.throws(() => encipher({ ...seed, birthdayDays }, textSecret(""), FAST), RangeError);
    }
    for (const internalVersion of [-1, 256, 0.5]) {
      assert.throws(() => encipher({ ...seed, internalVersion }, textSecret(""), FAST), RangeError);
    }
    assert.throws(() => encipher({ ...seed, entropy: hexSecret("22".repeat(15)) }, textSecret(""), FAST), RangeError);
    assert.throws(() => encipher({ ...seed, salt: hexSecret("22".repeat(6)) }, textSecret(""), FAST), RangeError);
    assert.throws(() => checkEnciphered(hexSecret("00".repeat(32))), RangeError);
  });

  it("has the salt alone in words 19 to 21, which stay when only the passphrase changes", () => {
    const one = wordIndexes(encipher(seed, textSecret("one"), FAST));
    const two = wordIndexes(encipher(seed, textSecret("two"), FAST));
    assert.deepEqual(one.subarray(18, 21), two.subarray(18, 21));
    assert.notDeepEqual(one.subarray(0, 18), two.subarray(0, 18));
  });

  it("is undone by decipher, for every seed and passphrase", () => {
    fc.assert(
      fc.property(seeds, passphrases, (any, typed) => {
        const back = okValue(decipher(encipher(any, textSecret(typed), FAST), textSecret(typed), FAST));
        assert.deepEqual(
          [back.internalVersion, back.birthdayDays, toHex(back.entropy), toHex(back.salt)],
          [any.internalVersion, any.birthdayDays, toHex(any.entropy), toHex(any.salt)],
        );
      }),
      { numRuns: 500 },
    );
  });

  it("leaves seed and passphrase to the caller", () => {
    const entropy = randomBytes(16);
    const kept = { ...seed, entropy: Secret.copyOf(entropy) };
    const passphrase = textSecret("kept");
    const enciphered = encipher(kept, passphrase, FAST);
    decipher(enciphered, passphrase, FAST);
    assert.deepEqual(kept.entropy.bytes, entropy);
    assert.equal(passphrase.bytes.toString(), "kept");
    assert.ok(checkEnciphered(enciphered).ok);
  });
});
