import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as noble from "@noble/secp256k1";
import fc from "fast-check";
import native from "secp256k1/bindings.js";
import { Secret } from "../../../core/secret.ts";
import { freshEntropy, openKey } from "../../../signer/key/key.ts";

/** The key and frames of docs/contract.md#vectors. */
const KEY = "11".repeat(32);
const NODE = "034f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa";
const CTX = `0a300a09088080f9c0c1c4820312230a21${NODE}`;
const FRAMES = [
  {
    frame: `0000000032${CTX}`,
    signature: "MEUCIQC7qplMw1ncHKfw2f8x6xGYHraAlo8wZXfKpbEbecnjfgIgI5O5uAMX3m4FHo//PVxDg+H6zGNDvPAbghvrDV/DmhU=",
  },
  {
    frame: `0000000066${CTX}1a300a2e0a2c62637274317177353038643671656a7874646734793572337a6172766172793063357877376b7967743038302001`,
    signature: "MEUCIQDWgenaCXkR1KPiukAs6oHJpK9V7UvDBjRC9vJM1LMqQAIgOypu9GNs+lhqVbo7uB76BCSSu56ldFxPClLmGac7VQo=",
  },
];
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const secret = (hex: string) => Secret.take(Buffer.from(hex, "hex"));

function opened(hex: string, nodeId: string) {
  const key = openKey(secret(hex), nodeId);
  assert(key.ok);
  return key.value;
}

test("signs the frames of the specification as they are published", () => {
  const key = opened(KEY, NODE);
  for (const { frame, signature } of FRAMES)
    assert.equal(Buffer.from(key.sign(sha256(Buffer.from(frame, "hex")))).toString("base64"), signature);
});

test("signs btcec's RFC 6979 vectors byte for byte", () => {
  const vectors = JSON.parse(readFileSync(join(import.meta.dirname, "../../vectors/aezeed.json"), "utf8")).ecdsa_rfc6979
    .vectors as { key_hex: string; msg_utf8: string; der_hex: string }[];
  assert.equal(vectors.length, 6);
  for (const { key_hex, msg_utf8, der_hex } of vectors) {
    const nodeId = Buffer.from(noble.getPublicKey(Buffer.from(key_hex, "hex"), true)).toString("hex");
    assert.equal(Buffer.from(opened(key_hex, nodeId).sign(sha256(Buffer.from(msg_utf8)))).toString("hex"), der_hex);
  }
});

test("agrees with another library for any key and digest, and always with a low S", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      (raw, digest) => {
        fc.pre(noble.utils.isValidSecretKey(raw));
        const nodeId = Buffer.from(noble.getPublicKey(raw, true)).toString("hex");
        const der = opened(Buffer.from(raw).toString("hex"), nodeId).sign(digest);
        const compact = noble.sign(digest, raw, { prehash: false, lowS: true });
        assert.deepEqual(derOf(compact), Buffer.from(der));
        assert(noble.verify(compact, digest, Buffer.from(nodeId, "hex"), { prehash: false, lowS: true }));
      },
    ),
    { numRuns: 60 },
  );
});

test("a key that is not the node's, is no key, or has another length is refused", () => {
  const other = NODE.replace(/^03/, "02");
  for (const [hex, nodeId] of [
    [KEY, other],
    ["00".repeat(32), NODE],
    ["ff".repeat(32), NODE],
    ["11".repeat(31), NODE],
    [KEY, ""],
  ] as const)
    assert.deepEqual(openKey(secret(hex), nodeId), { ok: false, error: { code: "key_mismatch" } });
});

test("hedged, the same digest has another nonce each time, and each signature holds", () => {
  const key = openKey(secret(KEY), NODE, freshEntropy());
  assert(key.ok);
  const digest = sha256(Buffer.from("x"));
  // More than are drawn at once.
  const signatures = Array.from({ length: 300 }, () => native.signatureImport(key.value.sign(digest)));
  for (const signature of signatures) {
    assert(native.ecdsaVerify(signature, digest, Buffer.from(NODE, "hex")));
    assert(noble.verify(signature, digest, Buffer.from(NODE, "hex"), { prehash: false, lowS: true }));
  }
  const nonces = signatures.map((signature) => Buffer.from(signature.subarray(0, 32)).toString("hex"));
  assert.equal(new Set(nonces).size, nonces.length);
});

test("the extra data is RFC 6979's, as another library has it", () => {
  const data = sha256(Buffer.from("extra"));
  const key = openKey(secret(KEY), NODE, () => data);
  assert(key.ok);
  const digest = sha256(Buffer.from("x"));
  const theirs = noble.sign(digest, Buffer.from(KEY, "hex"), { prehash: false, lowS: true, extraEntropy: data });
  assert.deepEqual(derOf(theirs), Buffer.from(key.value.sign(digest)));
});

test("a wiped key signs no more", () => {
  const key = opened(KEY, NODE);
  key.wipe();
  assert.throws(() => key.sign(sha256(Buffer.from("x"))));
});

/** DER of r and s, by the rule of X.690: minimal, positive integers. */
function derOf(compact: Uint8Array): Buffer {
  const integer = (bytes: Uint8Array): Buffer => {
    let from = 0;
    while (from < bytes.length - 1 && bytes[from] === 0) from += 1;
    const body = bytes.subarray(from);
    const sign = (body[0] ?? 0) >= 0x80 ? [0] : [];
    return Buffer.from([2, body.length + sign.length, ...sign, ...body]);
  };
  const both = Buffer.concat([integer(compact.subarray(0, 32)), integer(compact.subarray(32, 64))]);
  return Buffer.from([0x30, both.length, ...both]);
}
