import { createHash, scryptSync } from "node:crypto";
import { Secret } from "../../core/secret.ts";
import { encryptAge } from "../bundle/age.ts";
import { hkdfSha256 } from "../mix/hkdf.ts";
import { restoreAgain } from "../second/restore.ts";
import { aezEncrypt } from "../seed/aez.ts";
import { decipher, encipher } from "../seed/aezeed.ts";
import { crc32c } from "../seed/crc32c.ts";
import { walletIdentity } from "../seed/derivation.ts";
import { formatPhrase, parsePhrase } from "../seed/phrase.ts";
import { type CheckResult, pass, red } from "./result.ts";

// Known answers: the arithmetic of this program on this machine against values that others published. A processor that
// errs and a runtime that was exchanged are found here; an attacker who knows the questions is not.

/** What is asked: the very functions that the ceremony calls. A parameter, so that a test can break each of them. */
export interface Primitives {
  readonly sha256: (text: string) => string;
  readonly hkdfSha256: typeof hkdfSha256;
  readonly scrypt: (passphrase: string, salt: string, n: number, length: number) => Buffer;
  readonly crc32c: typeof crc32c;
  readonly aezEncrypt: typeof aezEncrypt;
  readonly encryptAge: typeof encryptAge;
  readonly encipher: typeof encipher;
  readonly decipher: typeof decipher;
  readonly identity: typeof walletIdentity;
  readonly restoreAgain: typeof restoreAgain;
}

/** What the ceremony really calls. */
export const PRIMITIVES: Primitives = {
  sha256: (text) => createHash("sha256").update(text).digest("hex"),
  hkdfSha256,
  // Node's own limit of 32 MiB is just too low for N = 32768, r = 8.
  scrypt: (passphrase, salt, n, length) =>
    scryptSync(passphrase, salt, length, { N: n, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }),
  crc32c,
  aezEncrypt,
  encryptAge,
  encipher,
  decipher,
  identity: walletIdentity,
  restoreAgain,
};

export interface KnownAnswer {
  readonly id: string;
  /** At most 44 characters. */
  readonly title: string;
  /** Where question and answer come from. */
  readonly source: string;
  readonly expected: string;
  readonly answer: (primitives: Primitives) => string;
}

/** The seeds in here are published: their bytes may be strings. */
const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const secret = (hex: string): Secret => Secret.copyOf(bytes(hex));

/**
 * A seed whose key at `m/1017'` begins with a zero byte, as 1 seed in 256 does: lnd derives another node id from it than
 * BIP32 would. Node id, words and birthday as a running lnd v0.21.2 had them (btcwallet waddrmgr/manager.go, DeriveNonStandard).
 */
const SEED = {
  entropy: "56f1562a3f6a1e94a0a24ba114fa6e96",
  salt: "0102030405",
  internalVersion: 1,
  birthdayDays: 6000,
};
const WORDS =
  "able want spell link brief elite wild target jaguar swarm camera never jar awful garlic lunch suit useless dog " +
  "alcohol doctor salad change proud";
const NODE_ID = "0202ee5745dce8d8a972f21ff181254ac4220dfbd03b45295c38972829e7a37ed5";
const FINGERPRINT = "cee9eaaa";

/** Of the X25519 secret 01 02 … 20. */
const RECIPIENT = "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c";

const EMPTY = Secret.copyOf(Buffer.alloc(0));

/** In the order of cost: a fault is seen before a second has gone. */
export const KNOWN_ANSWERS: readonly KnownAnswer[] = [
  {
    id: "known_sha256",
    title: "SHA-256",
    source: "FIPS 180-2 B.1",
    expected: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    answer: ({ sha256 }) => sha256("abc"),
  },
  {
    id: "known_hkdf",
    title: "HKDF-SHA256",
    source: "RFC 5869 A.1",
    expected: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    answer: ({ hkdfSha256: hkdf }) =>
      hkdf(
        bytes("000102030405060708090a0b0c"),
        secret("0b".repeat(22)),
        bytes("f0f1f2f3f4f5f6f7f8f9"),
        42,
      ).bytes.toString("hex"),
  },
  {
    id: "known_crc32c",
    title: "CRC-32C",
    source: "RFC 3720 B.4, check value of the polynomial",
    expected: "e3069283",
    answer: ({ crc32c: crc }) => crc(Buffer.from("123456789")).toString(16).padStart(8, "0"),
  },
  {
    id: "known_aez",
    title: "AEZ",
    source: "lnd aezeed/cipherseed_test.go, second vector",
    expected: "5cff599a8e7257cd0708abd3b1ac94aa6372edc3fac968",
    answer: ({ aezEncrypt: aez }) =>
      aez(
        bytes("d3cff3f69d91514703c5446d2140ab31853c75cca2ae1eb02499aef50b35da5a"),
        bytes("0073616c7431"),
        bytes("000d2581b637d86359e6960de795e41e0b4cfd"),
      ).toString("hex"),
  },
  {
    id: "known_derivation",
    title: "Derivation of the node id",
    source: "chantools walletinfo_test.go, a wallet.db of lnd",
    expected: "03b99ab108e39e9e4cf565c1b706480180a70a4fdc4828e44c504530c056be5b5f 45bc5593",
    answer: ({ identity: derive }) => {
      const { nodeId, masterFingerprint } = derive(secret("e49c917ab839007e30ee8195ef1ec79f"), "testnet");
      return `${nodeId} ${masterFingerprint}`;
    },
  },
  {
    id: "known_short_key",
    title: "Derivation from a key with a leading zero",
    source: "lnd v0.21.2-beta on regtest",
    expected: `${NODE_ID} ${FINGERPRINT}`,
    answer: ({ identity: derive }) => {
      const { nodeId, masterFingerprint } = derive(secret(SEED.entropy), "regtest");
      return `${nodeId} ${masterFingerprint}`;
    },
  },
  {
    id: "known_age",
    title: "X25519, ChaCha20-Poly1305 and age's format",
    source: "test/recompute.py; opened by age 1.1.1",
    expected: "4b24715951f615b40cea222651633c8326f905fd8b4e74402a4f61791cdeffb5",
    answer: ({ encryptAge: encrypt, sha256 }) =>
      sha256(
        encrypt(secret("61626364"), bytes(RECIPIENT), {
          fileKey: secret("00".repeat(16)),
          nonce: secret("11".repeat(16)),
          ephemeral: secret("22".repeat(32)),
        }),
      ),
  },
  {
    id: "known_scrypt",
    title: "scrypt",
    source: "RFC 7914 12, third vector",
    expected:
      "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2" +
      "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
    answer: ({ scrypt }) => scrypt("pleaseletmein", "SodiumChloride", 16_384, 64).toString("hex"),
  },
  {
    id: "known_encipher",
    title: "aezeed: seed to words",
    source: "lnd v0.21.2-beta on regtest",
    expected: WORDS,
    answer: ({ encipher: seal }) => {
      const seed = { ...SEED, entropy: secret(SEED.entropy), salt: secret(SEED.salt) };
      return formatPhrase(seal(seed, EMPTY)).bytes.toString("ascii");
    },
  },
  {
    id: "known_decipher",
    title: "aezeed: words to seed",
    source: "lnd v0.21.2-beta on regtest",
    expected: `${SEED.entropy} ${SEED.salt} ${SEED.internalVersion} ${SEED.birthdayDays}`,
    answer: ({ decipher: open }) => {
      const phrase = parsePhrase(Buffer.from(WORDS));
      if (!phrase.ok) return phrase.error.code;
      const opened = open(phrase.value, EMPTY);
      if (!opened.ok) return opened.error.code;
      const { entropy, salt, internalVersion, birthdayDays } = opened.value;
      return `${entropy.bytes.toString("hex")} ${salt.bytes.toString("hex")} ${internalVersion} ${birthdayDays}`;
    },
  },
  {
    id: "known_second",
    title: "Second implementation agrees",
    source: "lnd v0.21.2-beta on regtest",
    expected: `${NODE_ID} ${FINGERPRINT} ${SEED.internalVersion} ${SEED.birthdayDays}`,
    answer: ({ restoreAgain: restore }) => {
      const restored = restore(WORDS, "", "regtest");
      if (!restored.ok) return restored.error.code;
      const { nodeId, masterFingerprint, internalVersion, birthdayDays } = restored.value;
      return `${nodeId} ${masterFingerprint} ${internalVersion} ${birthdayDays}`;
    },
  },
];

/** Answers one question. A primitive that throws is as wrong as one that errs. */
export function knownAnswer(known: KnownAnswer, primitives: Primitives = PRIMITIVES): CheckResult {
  try {
    const right = known.answer(primitives) === known.expected;
    return { id: known.id, ...(right ? pass("as published") : red("differs from what is published")) };
  } catch (error) {
    return { id: known.id, ...red(`failed: ${error instanceof Error ? error.name : "no error"}`) };
  }
}
