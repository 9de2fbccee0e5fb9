import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from "node:crypto";
import { bech32 } from "@scure/base";
import { fail, ok, type Result } from "../../core/result.ts";

// RFC 8410: what stands before the 32 bytes of an X25519 key in PKCS #8 and in SubjectPublicKeyInfo.
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");
const PUBLIC_PREFIX = Buffer.from("302a300506032b656e032100", "hex");
const KEY_BYTES = 32;
/** 2^255 - 19, little endian. */
const PRIME = Buffer.from(`edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f`, "hex");

/**
 * An age recipient, `age1…`, all lower or all upper case (BIP173). Of an X25519 point there must be one way to write it,
 * because age hashes what is written; and of the eight points of low order none, because what is encrypted to one of
 * them everybody can read.
 *
 * @returns the recipient in lower case and its 32 bytes in hex
 */
export function parseRecipient(
  text: string,
): Result<{ readonly recipient: string; readonly hex: string }, { readonly code: "recipient_form" }> {
  const wrong = fail({ code: "recipient_form" as const });
  const decoded = bech32.decodeUnsafe(text);
  const bytes = decoded?.prefix === "age" ? bech32.fromWordsUnsafe(decoded.words) : undefined;
  if (bytes?.length !== KEY_BYTES) return wrong;
  const key = Buffer.from(bytes);
  if (Buffer.from(key).reverse().compare(Buffer.from(PRIME).reverse()) >= 0) return wrong;
  if (isLowOrder(key)) return wrong;
  return ok({ recipient: text.toLowerCase(), hex: key.toString("hex") });
}

/** The bytes of an X25519 scalar as node:crypto takes them. OpenSSL keeps a copy and clears it with the object. */
export function privateKeyOf(scalar: Uint8Array): KeyObject {
  const key = Buffer.concat([PRIVATE_PREFIX, scalar]);
  try {
    return createPrivateKey({ key, format: "der", type: "pkcs8" });
  } finally {
    key.fill(0);
  }
}

export function publicKeyOf(point: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, point]), format: "der", type: "spki" });
}

/** The 32 bytes of the point that belongs to a private key. */
export function pointOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: "der", type: "spki" }).subarray(PUBLIC_PREFIX.length);
}

/** OpenSSL refuses a shared secret of zeros (RFC 7748, 6.1), which is what every scalar gives with such a point. */
function isLowOrder(point: Buffer): boolean {
  try {
    diffieHellman({ privateKey: privateKeyOf(Buffer.alloc(KEY_BYTES, 1)), publicKey: publicKeyOf(point) });
    return false;
  } catch {
    return true;
  }
}
