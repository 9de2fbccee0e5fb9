import { createHash } from "node:crypto";
import native from "secp256k1/bindings.js";

/** The signature of a frame, as lnd's `SignMessage` makes it: DER, low S, RFC 6979. */
export function signFrame(wire: Uint8Array, privateKey: Uint8Array): Uint8Array {
  return native.signatureExport(native.ecdsaSign(sha256(wire), privateKey).signature);
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
