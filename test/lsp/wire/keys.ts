import { createHash } from "node:crypto";
import native from "secp256k1/bindings.js";

/** SEC 2 2.4.1: n. */
export const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The signature of a frame, as lnd's `SignMessage` makes it: DER, low S, RFC 6979. */
export function signFrame(wire: Uint8Array, privateKey: Uint8Array): Uint8Array {
  return native.signatureExport(native.ecdsaSign(sha256Bytes(wire), privateKey).signature);
}

export function sha256Bytes(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** 32 bytes, big-endian; more where the number needs more. */
export function uint256(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex");
}

uint256.from = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);

/** DER of r and s by the rule of X.690: minimal, positive integers. Not by the library that is under test. */
export function derOf(r: Uint8Array, s: Uint8Array): Buffer {
  const body = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.subarray(first < 0 ? bytes.length - 1 : first);
  const sign = (digits[0] ?? 0) >= 0x80 ? [0] : [];
  return Buffer.from([2, digits.length + sign.length, ...sign, ...digits]);
}
