import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  KNOWN_ANSWERS,
  type KnownAnswer,
  knownAnswer,
  PRIMITIVES,
  type Primitives,
} from "../../../ceremony/check/known.ts";
import { ok } from "../../../core/result.ts";
import { Secret } from "../../../core/secret.ts";

/** Each primitive broken in the least way that still is one: a bit, a digit, a flag. */
const BROKEN: { readonly [P in keyof Primitives]: Primitives[P] } = {
  sha256: (text) => createHash("sha1").update(text).digest("hex"),
  hkdfSha256: (salt, key, info, length) =>
    PRIMITIVES.hkdfSha256(salt, key, Buffer.concat([info, Buffer.of(0)]), length),
  scrypt: (passphrase, salt, n, length) => PRIMITIVES.scrypt(passphrase, salt, n / 2, length),
  crc32c: (bytes) => (PRIMITIVES.crc32c(bytes) ^ 1) >>> 0,
  aezEncrypt: (key, data, plaintext) => {
    const ciphertext = PRIMITIVES.aezEncrypt(key, data, plaintext);
    ciphertext[22] = (ciphertext[22] ?? 0) ^ 1;
    return ciphertext;
  },
  encryptAge: (plaintext, recipient, random) =>
    PRIMITIVES.encryptAge(plaintext, recipient, { ...random, nonce: random.fileKey }),
  encipher: (seed, passphrase) => PRIMITIVES.encipher({ ...seed, internalVersion: 0 }, passphrase, { scryptN: 16 }),
  decipher: (enciphered, passphrase, options) => {
    const opened = PRIMITIVES.decipher(enciphered, passphrase, options);
    return opened.ok ? ok({ ...opened.value, birthdayDays: opened.value.birthdayDays + 1 }) : opened;
  },
  identity: (entropy, network) => ({ ...PRIMITIVES.identity(entropy, network), masterFingerprint: "00000000" }),
  restoreAgain: () => {
    throw new TypeError("not a function");
  },
};

const QUESTIONS: Readonly<Record<keyof Primitives, readonly string[]>> = {
  sha256: ["known_sha256"],
  hkdfSha256: ["known_hkdf"],
  crc32c: ["known_crc32c"],
  aezEncrypt: ["known_aez"],
  encryptAge: ["known_age"],
  identity: ["known_derivation", "known_short_key"],
  scrypt: ["known_scrypt"],
  encipher: ["known_encipher"],
  decipher: ["known_decipher"],
  restoreAgain: ["known_second"],
};

const asked = (ids: readonly string[]): KnownAnswer[] => KNOWN_ANSWERS.filter((known) => ids.includes(known.id));
const answers = (primitives: Primitives, questions: readonly KnownAnswer[] = KNOWN_ANSWERS) =>
  questions.map((known) => knownAnswer(known, primitives));
/** The questions that take a scrypt at full strength are asked of the broken primitive alone. */
const QUICK = KNOWN_ANSWERS.slice(0, 6);

test("every known answer is right", () => {
  for (const { id, outcome, value } of answers(PRIMITIVES)) assert.equal(outcome, "pass", `${id}: ${value}`);
});

for (const name of Object.keys(BROKEN) as (keyof Primitives)[]) {
  test(`a broken ${name} turns its own answers red, and only them`, () => {
    const questions = [...new Set([...QUICK, ...asked(QUESTIONS[name])])];
    const results = answers({ ...PRIMITIVES, [name]: BROKEN[name] }, questions);
    assert.deepEqual(
      results.filter(({ outcome }) => outcome === "fail").map(({ id }) => id),
      QUESTIONS[name],
    );
  });
}

test("every question asks a primitive, and each primitive is asked", () => {
  assert.deepEqual(Object.values(QUESTIONS).flat().sort(), KNOWN_ANSWERS.map(({ id }) => id).sort());
});

test("BIP32 without lnd's rule is red", () => {
  // What plain BIP32 makes of the seed with the short key (btcwallet waddrmgr/manager.go, DeriveNonStandard).
  const plain: Primitives["identity"] = (entropy, network) => {
    const right = PRIMITIVES.identity(entropy, network);
    return right.nodeId.startsWith("0202ee57")
      ? { ...right, nodeId: "038e704db44fd63ad42ab6a70ddae9c589fd007a3ada1ae1028949ab2f0c4ecb15" }
      : right;
  };
  const results = answers({ ...PRIMITIVES, identity: plain }, asked(["known_derivation", "known_short_key"]));
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ["pass", "fail"],
  );
});

test("the public seeds are not shown, so that a search for words in a transcript finds none", () => {
  for (const { value } of answers(PRIMITIVES, asked(["known_encipher", "known_crc32c"])))
    assert.equal(value, "as published");
  const lost: Primitives["encipher"] = () => Secret.copyOf(Buffer.alloc(33));
  const [result] = answers({ ...PRIMITIVES, encipher: lost }, asked(["known_encipher"]));
  assert.equal(result?.value, "differs from what is published");
});
