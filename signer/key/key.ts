import { createHash, createHmac, randomBytes, randomFillSync, timingSafeEqual } from "node:crypto";
import * as noble from "@noble/secp256k1";
import native from "secp256k1/bindings.js";
import { fail, ok, type Result } from "../../core/result.ts";
import type { Secret } from "../../core/secret.ts";

/**
 * The node's identity key, and the one thing it does. The bytes stay in the Secret that was given: this module makes no
 * copy of them, and the binding reads them where they are.
 */
export interface IdentityKey {
  /** 33 bytes, lower-case hex. */
  readonly nodeId: string;
  /**
   * DER, low-S. The nonce is that of RFC 6979; without extra data, byte for byte what lnd's `SignMessage` gives for the
   * same digest, else with 32 bytes of it (3.6).
   */
  sign(digest: Uint8Array): Uint8Array;
  /** Overwrites the key. No signature can be made after. */
  wipe(): void;
}

export type KeyError = {
  readonly code: /** The private key is not the one of the node id that it came with. */
    | "key_mismatch"
    /** libsecp256k1 and the second library disagree: one of them is broken, and neither is to be trusted. */
    | "key_library";
};

noble.hashes.sha256 = (message) => Uint8Array.from(createHash("sha256").update(message).digest());
noble.hashes.hmacSha256 = (key, message) => Uint8Array.from(createHmac("sha256", key).update(message).digest());

/**
 * Opens the key with libsecp256k1's native binding and checks it once against another implementation.
 *
 * The binding, and not the package's main entry: that one falls back to JavaScript without a word. Measured on two
 * shared cores, signatures a second on one thread: native 28k, tiny-secp256k1 (wasm) 11k, @noble/secp256k1 4.8k, and
 * node:crypto cannot do RFC 6979.
 *
 * @param entropy gives 32 bytes for each signature; without it the same digest has the same signature
 */
export function openKey(privateKey: Secret, nodeId: string, entropy?: () => Uint8Array): Result<IdentityKey, KeyError> {
  const key = privateKey.bytes;
  if (key.length !== 32 || !native.privateKeyVerify(key)) return fail({ code: "key_mismatch" });
  const publicKey = Buffer.from(native.publicKeyCreate(key, true));
  const expected = Buffer.from(nodeId, "hex");
  if (expected.length !== publicKey.length || !timingSafeEqual(expected, publicKey))
    return fail({ code: "key_mismatch" });
  native.contextRandomize(randomBytes(32));
  if (!agrees(key, publicKey)) return fail({ code: "key_library" });
  return ok({
    nodeId,
    sign: (digest) => native.signatureExport(signed(digest, key, entropy?.()).signature),
    wipe: () => privateKey.wipe(),
  });
}

function signed(digest: Uint8Array, key: Uint8Array, data: Uint8Array | undefined) {
  return data === undefined ? native.ecdsaSign(digest, key) : native.ecdsaSign(digest, key, { data });
}

/** Draws of the system's randomness for so many signatures at once: one draw each costs as much as the hedge itself. */
const DRAWS = 128;
const DRAW_BYTES = 32;

/**
 * Hedges the nonces of a signer that answers all day. With RFC 6979 alone, two signatures of one digest of which one had
 * a fault, say a flipped bit in the multiplication, give away the key to whoever has both: the nonce is the same. With
 * fresh data it never is, and where the randomness fails it is RFC 6979's again. The other defence, to verify each
 * signature before it leaves, costs 62 µs beside the 45 of signing; this costs 2.
 */
export function freshEntropy(): () => Uint8Array {
  const pool = Buffer.alloc(DRAWS * DRAW_BYTES);
  let used = DRAWS;
  return () => {
    if (used === DRAWS) {
      randomFillSync(pool);
      used = 0;
    }
    const at = used * DRAW_BYTES;
    used += 1;
    return pool.subarray(at, at + DRAW_BYTES);
  };
}

/** One signature by both libraries, byte for byte, and each public key by the other's code. */
function agrees(key: Uint8Array, publicKey: Uint8Array): boolean {
  const digest = createHash("sha256").update("the same digest for both").digest();
  const ours = native.ecdsaSign(digest, key).signature;
  const theirs = noble.sign(digest, key, { prehash: false, lowS: true });
  return (
    Buffer.from(ours).equals(theirs) &&
    Buffer.from(noble.getPublicKey(key, true)).equals(publicKey) &&
    native.ecdsaVerify(theirs, digest, publicKey)
  );
}
