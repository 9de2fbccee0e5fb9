import { scryptSync } from "node:crypto";
import { fail, ok, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";
import { aezDecrypt, aezEncrypt, PLAINTEXT_BYTES } from "./aez.ts";
import { isBirthday } from "./birthday.ts";
import { crc32c } from "./crc32c.ts";
import { DEFAULT_PASSPHRASE } from "./passphrase.ts";
import { ENCIPHERED_BYTES } from "./phrase.ts";

// aezeed version 0, as lnd `aezeed/cipherseed.go` writes it:
//   plaintext   19 bytes: internal version u8, birthday u16 big endian, entropy 16
//   enciphered  33 bytes: version u8, ciphertext 23, salt 5, CRC-32C u32 big endian over the 29 bytes before it

/** lnd `aezeed.CipherSeedVersion`: the version of the format, byte 0. */
export const AEZEED_VERSION = 0;
/** lnd `keychain.CurrentKeyDerivationVersion`, what its `GenSeed` writes. It changes no key. */
export const INTERNAL_VERSION = 1;

export const ENTROPY_BYTES = 16;
export const SALT_BYTES = 5;
export const SALT_AT = 24;
const CHECKSUM_AT = 29;

/** lnd `aezeed.scryptN`, r, p; its unit tests lower N to 16. */
export const SCRYPT_N = 32_768;
const SCRYPT_R = 8;
const SCRYPT_P = 1;
const KEY_BYTES = 32;

export interface CipherSeed {
  readonly internalVersion: number;
  /** Days since the genesis block, 0 to 65535. */
  readonly birthdayDays: number;
  /** 16 bytes: the BIP32 seed. */
  readonly entropy: Secret;
  /** 5 bytes: words 19 to 21 hold nothing else. */
  readonly salt: Secret;
}

/** The key derivation: passphrase and salt to 32 bytes that the caller wipes. */
export type Kdf = (passphrase: Uint8Array, salt: Uint8Array, scryptN: number) => Buffer;

export interface CipherOptions {
  /** lnd's own vectors were made with 16. */
  readonly scryptN?: number;
  /** Stands in for scrypt, so that a test can count what an error costs. */
  readonly kdf?: Kdf;
}

export type FormatError = { readonly code: "bad_version" | "bad_checksum" };
export type DecipherError = FormatError | { readonly code: "wrong_passphrase" };

/**
 * Enciphers a seed to the 33 bytes that its 24 words spell. An empty passphrase means lnd's default, `aezeed`.
 *
 * Throws RangeError for a value that does not fit its field: Go and the npm package wrap or truncate there.
 */
export function encipher(seed: CipherSeed, passphrase: Secret, options: CipherOptions = {}): Secret {
  const { internalVersion, birthdayDays, entropy, salt } = seed;
  if (!Number.isInteger(internalVersion) || internalVersion < 0 || internalVersion > 255)
    throw new RangeError("the internal version is one byte");
  if (!isBirthday(birthdayDays)) throw new RangeError("the birthday is a day from 0 to 65535");
  if (entropy.length !== ENTROPY_BYTES) throw new RangeError("the entropy is 16 bytes");
  if (salt.length !== SALT_BYTES) throw new RangeError("the salt is 5 bytes");

  const plaintext = Buffer.alloc(PLAINTEXT_BYTES);
  plaintext.writeUInt8(internalVersion, 0);
  plaintext.writeUInt16BE(birthdayDays, 1);
  plaintext.set(entropy.bytes, 3);

  const key = deriveKey(passphrase, salt.bytes, options);
  const enciphered = Buffer.alloc(ENCIPHERED_BYTES);
  enciphered.writeUInt8(AEZEED_VERSION, 0);
  enciphered.set(aezEncrypt(key, associatedData(salt.bytes), plaintext), 1);
  enciphered.set(salt.bytes, SALT_AT);
  enciphered.writeUInt32BE(crc32c(enciphered.subarray(0, CHECKSUM_AT)), CHECKSUM_AT);
  key.fill(0);
  plaintext.fill(0);
  return Secret.take(enciphered);
}

/**
 * Deciphers 33 bytes. Errors come in lnd's order, version, checksum, passphrase, so that no typo costs a scrypt and
 * each is told from a wrong passphrase. A wrong passphrase is taken for the right one once in 2^32.
 *
 * The internal version is returned as it is: lnd looks at it only when it makes the wallet.
 */
export function decipher(
  enciphered: Secret,
  passphrase: Secret,
  options: CipherOptions = {},
): Result<CipherSeed, DecipherError> {
  const checked = checkEnciphered(enciphered);
  if (!checked.ok) return checked;

  const salt = enciphered.bytes.subarray(SALT_AT, CHECKSUM_AT);
  const key = deriveKey(passphrase, salt, options);
  const plaintext = aezDecrypt(key, associatedData(salt), enciphered.bytes.subarray(1, SALT_AT));
  key.fill(0);
  if (plaintext === undefined) return fail({ code: "wrong_passphrase" });

  const seed: CipherSeed = {
    internalVersion: plaintext.readUInt8(0),
    birthdayDays: plaintext.readUInt16BE(1),
    entropy: Secret.take(plaintext.subarray(3)),
    salt: Secret.copyOf(salt),
  };
  plaintext.fill(0);
  return ok(seed);
}

/** The checks that need no passphrase: the version, then the checksum. */
export function checkEnciphered(enciphered: Secret): Result<undefined, FormatError> {
  const bytes = enciphered.bytes;
  if (bytes.length !== ENCIPHERED_BYTES) throw new RangeError("an enciphered seed is 33 bytes");
  if (bytes[0] !== AEZEED_VERSION) return fail({ code: "bad_version" });
  if (bytes.readUInt32BE(CHECKSUM_AT) !== crc32c(bytes.subarray(0, CHECKSUM_AT))) return fail({ code: "bad_checksum" });
  return ok(undefined);
}

/** lnd `encodeAD`: "The AD is: version || salt." */
function associatedData(salt: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(AEZEED_VERSION), salt]);
}

function deriveKey(passphrase: Secret, salt: Uint8Array, options: CipherOptions): Buffer {
  const bytes = passphrase.length === 0 ? DEFAULT_PASSPHRASE : passphrase.bytes;
  return (options.kdf ?? scrypt)(bytes, salt, options.scryptN ?? SCRYPT_N);
}

/** lnd's key derivation: 32 bytes, 32 MiB of memory, most of the time that a seed takes. */
export function scrypt(passphrase: Uint8Array, salt: Uint8Array, scryptN: number): Buffer {
  // Node refuses more than 32 MiB by default, and these parameters need 32 MiB and a little.
  const maxmem = 64 * 1024 * 1024;
  return scryptSync(passphrase, salt, KEY_BYTES, { N: scryptN, r: SCRYPT_R, p: SCRYPT_P, maxmem });
}
