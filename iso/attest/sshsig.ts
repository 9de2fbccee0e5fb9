import { fail, ok, type Result } from "../../core/result.ts";
import { isKeyBlob, isTokenType, stringsOf } from "./keyblob.ts";

/** PROTOCOL.sshsig: `SSHSIG`, then the version, 1, in four bytes. */
const MAGIC = Buffer.from("SSHSIG\0\0\0\x01", "latin1");
const ARMOUR = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n$/;

/** PROTOCOL.u2f: the bit of a token's flags that says that somebody touched it. */
const USER_PRESENCE = 0x01;
/** After a token's signature: one byte of flags, four of its counter. */
const TOKEN_BYTES = 5;
const ED25519_SIGNATURE_BYTES = 64;

export type PresenceError =
  | "form" // not what ssh-keygen writes of an Ed25519 key, byte for byte
  | "touchless"; // a token signed, and nobody touched it

/**
 * Whether somebody was there when a signature was made, as far as it can say so: a key on a disk cannot, and passes. A
 * token can be told to sign without a touch (`no-touch-required`); `ssh-keygen -Y verify` takes that for good, and has no
 * option against it. Says nothing on whether the signature is right.
 */
export function presence(armoured: string): Result<undefined, PresenceError> {
  const base64 = (ARMOUR.exec(armoured)?.[1] ?? "").replaceAll("\n", "");
  const blob = Buffer.from(base64, "base64");
  if (base64 === "" || blob.toString("base64") !== base64 || !blob.subarray(0, MAGIC.length).equals(MAGIC))
    return fail("form");
  // Key, namespace, a reserved string, the name of the hash, signature.
  const parts = stringsOf(blob.subarray(MAGIC.length));
  const [key, , , , signature] = parts ?? [];
  if (parts?.length !== 5 || key === undefined || signature === undefined) return fail("form");
  const [keyType] = stringsOf(key) ?? [];
  const type = keyType?.toString("latin1") ?? "";
  if (!isKeyBlob(key, type)) return fail("form");
  const isToken = isTokenType(type);
  const end = signature.length - (isToken ? TOKEN_BYTES : 0);
  const [signatureType, bytes, ...more] = (end > 0 ? stringsOf(signature.subarray(0, end)) : undefined) ?? [];
  if (signatureType?.toString("latin1") !== type || bytes?.length !== ED25519_SIGNATURE_BYTES || more.length > 0)
    return fail("form");
  if (isToken && ((signature[end] ?? 0) & USER_PRESENCE) === 0) return fail("touchless");
  return ok(undefined);
}
