import { webcrypto } from "node:crypto";
import { armor, Decrypter, Encrypter, identityToRecipient } from "age-encryption";
import { fail, ok, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";
import { decodeBech32, encodeBech32 } from "./bech32.ts";
import { PassphraseIdentity, PassphraseRecipient } from "./passphrase.ts";

export type AgeIdentityError = {
  readonly code: /** Not one line `AGE-SECRET-KEY-1…` between comments. */
    | "identity_form"
    /** Encrypted with a passphrase, and none was given. */
    | "identity_locked"
    /** Not encrypted, and a passphrase was given: this is not the file that was meant. */
    | "identity_not_locked"
    /** Another passphrase, or the file was changed. */
    | "passphrase_wrong";
};

const PREFIX = "age-secret-key-";
const INTRO = Buffer.from("age-encryption.org/v1\n");
const ARMOR = Buffer.from("-----BEGIN AGE ENCRYPTED FILE-----");
const LINE_END = 0x0a;
/** RFC 8410: what stands before the 32 bytes of an X25519 key in PKCS #8. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");

/** An X25519 secret as age-encryption takes it: the platform's key object, and no string. */
async function keyOf(scalar: Secret): Promise<webcrypto.CryptoKey> {
  const pkcs8 = Buffer.concat([PKCS8_PREFIX, scalar.bytes]);
  try {
    return await webcrypto.subtle.importKey("pkcs8", pkcs8, { name: "X25519" }, false, ["deriveBits"]);
  } finally {
    pkcs8.fill(0);
  }
}

export async function recipientOf(identity: Secret): Promise<string> {
  return identityToRecipient(await keyOf(identity));
}

/** A decrypter that opens what is encrypted to this identity. */
export async function decrypterOf(identity: Secret): Promise<Decrypter> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(await keyOf(identity));
  return decrypter;
}

/** The file as `age-keygen` writes it, so that age itself can use it. The caller's to wipe. */
export async function formatIdentity(identity: Secret): Promise<Secret> {
  const line = encodeBech32(PREFIX, identity);
  // BIP173: a text is all upper or all lower case; age writes identities in upper case, recipients in lower.
  for (const [at, letter] of line.bytes.entries()) if (letter >= 0x61) line.bytes[at] = letter - 0x20;
  const file = Buffer.concat([
    Buffer.from(`# public key: ${await recipientOf(identity)}\n`),
    line.bytes,
    Buffer.of(LINE_END),
  ]);
  line.wipe();
  return Secret.take(file);
}

/** The secret of an identity file: comments, empty lines and one key. The caller's to wipe. */
export function parseIdentity(file: Uint8Array): Result<Secret, AgeIdentityError> {
  let found: Secret | undefined;
  for (let start = 0; start < file.length; ) {
    const next = file.indexOf(LINE_END, start);
    const end = next < 0 ? file.length : next;
    const line = file.subarray(start, file[end - 1] === 0x0d ? end - 1 : end);
    start = end + 1;
    if (line.length === 0 || line[0] === 0x23) continue;
    const secret = decodeBech32(PREFIX, line);
    if (secret?.length !== 32 || found !== undefined) {
      found?.wipe();
      secret?.wipe();
      return fail({ code: "identity_form" });
    }
    found = secret;
  }
  return found === undefined ? fail({ code: "identity_form" }) : ok(found);
}

/** Whether the identity file is encrypted with a passphrase. */
export function isLocked(file: Uint8Array): boolean {
  const starts = (text: Buffer): boolean => text.equals(file.subarray(0, text.length));
  return starts(ARMOR) || starts(INTRO);
}

/** The identity file under a passphrase: an armored age file of scrypt, which `age -d` opens too. */
export async function lockIdentity(file: Secret, passphrase: Secret): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(new PassphraseRecipient(passphrase));
  return armor.encode(await encrypter.encrypt(file.bytes));
}

/** The secret of an identity file, encrypted or not. Files, passphrase and result are the caller's to wipe. */
export async function openIdentity(file: Uint8Array, passphrase?: Secret): Promise<Result<Secret, AgeIdentityError>> {
  if (!isLocked(file)) return passphrase === undefined ? parseIdentity(file) : fail({ code: "identity_not_locked" });
  if (passphrase === undefined) return fail({ code: "identity_locked" });
  const decrypter = new Decrypter();
  decrypter.addIdentity(new PassphraseIdentity(passphrase));
  let plain: Uint8Array;
  try {
    const text = Buffer.from(file).toString("latin1");
    plain = await decrypter.decrypt(text.startsWith("-") ? armor.decode(text) : file);
  } catch {
    // age-encryption throws for a wrong passphrase and for a damaged file alike: its MAC cannot tell them apart either.
    return fail({ code: "passphrase_wrong" });
  }
  const identity = parseIdentity(plain);
  plain.fill(0);
  return identity;
}
