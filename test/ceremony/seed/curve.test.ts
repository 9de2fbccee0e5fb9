import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { hashes, sign } from "@noble/secp256k1";
import { bech32 } from "@scure/base";
import vectors from "../../vectors/aezeed.json" with { type: "json" };

const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
hashes.sha256 = (message) => sha256(message);
hashes.hmacSha256 = (key, ...messages) => createHmac("sha256", key).update(Buffer.concat(messages)).digest();

/** DER of a 64-byte signature: two INTEGERs, minimal and positive. */
function der(signature: Uint8Array): string {
  const integer = (part: Uint8Array) => {
    const digits = Buffer.from(part.subarray(part.findIndex((byte) => byte !== 0)));
    const positive = (digits[0] ?? 0) < 0x80 ? digits : Buffer.concat([Buffer.of(0), digits]);
    return Buffer.concat([Buffer.of(2, positive.length), positive]);
  };
  const body = Buffer.concat([integer(signature.subarray(0, 32)), integer(signature.subarray(32))]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]).toString("hex");
}

describe("the curve of the second implementation signs as btcec does", () => {
  for (const { key_hex, msg_utf8, der_hex } of vectors.ecdsa_rfc6979.vectors) {
    it(`RFC 6979: ${msg_utf8.slice(0, 30)}, ${key_hex.slice(0, 8)}`, () => {
      assert.equal(der(sign(Buffer.from(msg_utf8), Buffer.from(key_hex, "hex"))), der_hex);
    });
  }

  for (const invoice of vectors.bolt11_known_key.invoices) {
    it(`BOLT 11: ${invoice.slice(-16)}`, () => {
      const { prefix, words } = bech32.decode(invoice as `${string}1${string}`, false);
      // The last 104 words are the 65 bytes of r, s and recovery id; the words before are padded with zeros to bytes.
      const signature = bech32.fromWords(words.slice(-104));
      const bits = words
        .slice(0, -104)
        .map((word) => word.toString(2).padStart(5, "0"))
        .join("");
      const data = (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2));
      const digest = sha256(Buffer.from(prefix), Buffer.from(data));
      const key = Buffer.from(vectors.bolt11_known_key.priv_hex, "hex");
      assert.deepEqual(Buffer.from(sign(digest, key, { prehash: false })), Buffer.from(signature.subarray(0, 64)));
    });
  }
});
