import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { describe, test } from "node:test";
import * as noble from "@noble/secp256k1";
import fc from "fast-check";
import native from "secp256k1/bindings.js";
import { isCompressedKey, verifyFrame } from "../../../lsp/wire/signature.ts";
import vectors from "../../vectors/wire.json" with { type: "json" };
import { derOf, ORDER, sha256Bytes, signFrame, uint256 } from "./keys.ts";

const KEY = Buffer.from(vectors.private_key, "hex");
const NODE = Buffer.from(vectors.public_key, "hex");
const FRAME = Buffer.from(vectors.requests[0]?.frame ?? "", "hex");
const DER = signFrame(FRAME, KEY);
const COMPACT = Buffer.from(native.signatureImport(DER));
const R = COMPACT.subarray(0, 32);
const S = COMPACT.subarray(32);
const UNCOMPRESSED = Buffer.from(noble.getPublicKey(KEY, false));

test("holds for any frame and key, and for that key alone", () => {
  const scalar = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((key) => native.privateKeyVerify(key));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), scalar, scalar, (frame, key, other) => {
      const der = signFrame(frame, key);
      assert.ok(verifyFrame(frame, der, native.publicKeyCreate(key, true)));
      assert.equal(verifyFrame(frame, der, native.publicKeyCreate(other, true)), Buffer.compare(key, other) === 0);
    }),
  );
});

test("no bit of frame, signature or key may change", () => {
  const parts = [FRAME, DER, NODE] as const;
  assert.ok(verifyFrame(...parts));
  for (const [which, part] of parts.entries()) {
    for (let bit = 0; bit < part.length * 8; bit++) {
      const at = bit >> 3;
      const changed = Uint8Array.from(part).with(at, (part[at] ?? 0) ^ (1 << (bit & 7)));
      const [frame, der, key] = parts.with(which, changed) as [Uint8Array, Uint8Array, Uint8Array];
      assert.equal(verifyFrame(frame, der, key), false, `part ${which}, bit ${bit}`);
    }
  }
});

describe("what is signed is one SHA-256 of the whole frame", () => {
  const signatureOf = (digest: Uint8Array) => native.signatureExport(native.ecdsaSign(digest, KEY).signature);
  const digests = {
    "two of SHA-256, as Bitcoin has it": sha256Bytes(sha256Bytes(FRAME)),
    "the payload alone": sha256Bytes(FRAME.subarray(5)),
    "the frame before it was compressed": sha256Bytes(Buffer.from(FRAME).fill(1, 0, 1)),
    "lnd's SignMessage of its other service": sha256Bytes(
      Buffer.concat([Buffer.from("Lightning Signed Message:"), FRAME]),
    ),
  };
  for (const [name, digest] of Object.entries(digests)) {
    test(`refuses a signature over ${name}`, () => {
      assert.ok(native.ecdsaVerify(native.signatureImport(signatureOf(digest)), digest, NODE));
      assert.equal(verifyFrame(FRAME, signatureOf(digest), NODE), false);
    });
  }
});

describe("a high S is refused", () => {
  const high = derOf(R, uint256(ORDER - uint256.from(S)));

  test("which OpenSSL takes, so the rest of it is right", () => {
    const spki = Buffer.concat([Buffer.from("3056301006072a8648ce3d020106052b8104000a034200", "hex"), UNCOMPRESSED]);
    assert.ok(verify("sha256", FRAME, createPublicKey({ key: spki, format: "der", type: "spki" }), high));
    assert.equal(verifyFrame(FRAME, high, NODE), false);
  });

  test("accepts s = n/2, refuses n/2 + 1", () => {
    const digest = sha256Bytes(FRAME);
    // With the nonce k = 1, r is the x of the generator, and s = z + r d: a key for each s that is wanted.
    const r = Buffer.from(native.publicKeyCreate(uint256(1n), true).subarray(1));
    for (const [s, accepted] of [
      [ORDER / 2n, true],
      [ORDER / 2n + 1n, false],
    ] as const) {
      const d = modulo((s - uint256.from(digest)) * inverse(uint256.from(r)));
      const key = native.publicKeyCreate(uint256(d), true);
      const compact = Buffer.concat([r, uint256(s)]);
      assert.equal(noble.verify(compact, digest, key, { prehash: false, lowS: false }), true);
      assert.equal(noble.verify(compact, digest, key, { prehash: false, lowS: true }), accepted);
      assert.equal(verifyFrame(FRAME, derOf(r, uint256(s)), key), accepted);
    }
  });
});

describe("DER has one form", () => {
  const integer = (bytes: Uint8Array) => Buffer.concat([Buffer.from([2, bytes.length]), bytes]);
  const sequence = (...parts: Uint8Array[]) => {
    const body = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([0x30, body.length]), body]);
  };
  // The first byte of R is above 0x7f, that of S is not: one has a sign byte, the other must not have one.
  const r = integer(Buffer.concat([Buffer.alloc(1), R]));
  const s = integer(S);
  const body = Buffer.concat([r, s]);
  const forms: Record<string, Uint8Array> = {
    nothing: Buffer.alloc(0),
    "r and s, 64 bytes": COMPACT,
    "r and s and a recovery id": Buffer.concat([COMPACT, Buffer.alloc(1)]),
    "a long length": Buffer.concat([Buffer.from([0x30, 0x81, body.length]), body]),
    "an indefinite length": Buffer.concat([Buffer.from([0x30, 0x80]), body, Buffer.alloc(2)]),
    "a byte after it": Buffer.concat([DER, Buffer.alloc(1)]),
    "a sighash type after it": Buffer.concat([DER, Buffer.from([1])]),
    "a byte within it": sequence(r, s, Buffer.alloc(1)),
    "a byte too few": DER.subarray(0, -1),
    "another tag": Buffer.concat([Buffer.from([0x31]), DER.subarray(1)]),
    "a negative r": sequence(integer(R), s),
    "an s with a zero too many": sequence(r, integer(Buffer.concat([Buffer.alloc(1), S]))),
    "an r with a zero too many": sequence(integer(Buffer.concat([Buffer.alloc(2), R])), s),
    "one integer": sequence(r),
    "three integers": sequence(r, s, s),
    "an empty r": sequence(integer(Buffer.alloc(0)), s),
    "r = 0": derOf(uint256(0n), S),
    "s = 0": derOf(R, uint256(0n)),
    "r = order": derOf(uint256(ORDER), S),
    "s = order": derOf(R, uint256(ORDER)),
    "s more by the order": sequence(r, integer(uint256(uint256.from(S) + ORDER))),
  };

  test("accepts strict DER", () => {
    assert.deepEqual(sequence(r, s), Buffer.from(DER));
    assert.ok(verifyFrame(FRAME, derOf(R, S), NODE));
  });

  for (const [name, der] of Object.entries(forms)) {
    test(`refuses ${name}`, () => assert.equal(verifyFrame(FRAME, der, NODE), false));
  }
});

describe("a key has one form", () => {
  const x = NODE.subarray(1);
  const forms: Record<string, Uint8Array> = {
    nothing: Buffer.alloc(0),
    "x alone": x,
    uncompressed: UNCOMPRESSED,
    "uncompressed in the hybrid form of X9.62": Buffer.from(UNCOMPRESSED).fill(7, 0, 1),
    "33 bytes of an uncompressed one": UNCOMPRESSED.subarray(0, 33),
    "a byte after it": Buffer.concat([NODE, Buffer.alloc(1)]),
    "the point at infinity": Buffer.alloc(1),
    "33 zeros": Buffer.alloc(33),
    "an x that no point has": Buffer.concat([Buffer.from([2]), uint256(5n)]),
    "an x above the field": Buffer.alloc(33, 0xff).fill(2, 0, 1),
  };

  test("accepts 33 bytes, compressed", () => assert.ok(isCompressedKey(NODE)));

  for (const [name, key] of Object.entries(forms)) {
    test(`refuses ${name}`, () => {
      assert.equal(isCompressedKey(key), false);
      assert.equal(verifyFrame(FRAME, DER, key), false);
    });
  }

  test("as noble has it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (first, rest) => {
        const key = Buffer.concat([Buffer.from([first]), rest]);
        assert.equal(isCompressedKey(key), noble.utils.isValidPublicKey(key));
      }),
    );
  });
});

test("nothing makes it throw", () => {
  const any = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.constantFrom<Uint8Array>(FRAME, DER, NODE));
  fc.assert(
    fc.property(any, any, any, (frame, der, key) => {
      assert.equal(verifyFrame(frame, der, key), frame === FRAME && der === DER && key === NODE);
      assert.equal(typeof isCompressedKey(key), "boolean");
    }),
    { numRuns: 500 },
  );
});

/** Modulo the curve's order, never negative. */
function modulo(value: bigint): bigint {
  return ((value % ORDER) + ORDER) % ORDER;
}

/** By Fermat: the order is a prime. */
function inverse(value: bigint): bigint {
  let [result, base, exponent] = [1n, modulo(value), ORDER - 2n];
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}
