import { hkdfSync } from "node:crypto";
import { Secret } from "../../core/secret.ts";

/**
 * HKDF-SHA256, extract and expand (RFC 5869, sections 2.2 and 2.3).
 *
 * @param salt public, any length.
 * @param keyMaterial the secret input (IKM). It stays with the caller.
 * @param info the label that separates one output from another.
 * @param length of the output in bytes, 1 to 8160 (RFC 5869: at most 255 hashes).
 */
export function hkdfSha256(salt: Uint8Array, keyMaterial: Secret, info: Uint8Array, length: number): Secret {
  return Secret.take(new Uint8Array(hkdfSync("sha256", keyMaterial.bytes, salt, info, length)));
}
