import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { addModOrder } from "../../../ceremony/seed/scalar.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const bytes = (value: bigint) => Buffer.from(value.toString(16).padStart(64, "0"), "hex");

/** Scalars that lie everywhere, and often where a carry or a borrow runs through all the bytes. */
const scalars = fc.oneof(
  fc.bigInt({ min: 0n, max: ORDER - 1n }),
  fc.bigInt({ min: 0n, max: 300n }),
  fc.bigInt({ min: 0n, max: 300n }).map((small) => ORDER - 1n - small),
  fc.bigInt({ min: 0n, max: 300n }).map((small) => 2n ** 256n - ORDER + small),
);

describe("addition modulo the order of secp256k1", () => {
  it("is that of bigint", () => {
    fc.assert(
      fc.property(scalars, scalars, (a, b) => {
        assert.deepEqual(addModOrder(bytes(a), bytes(b)), bytes((a + b) % ORDER));
      }),
      { numRuns: 5000 },
    );
  });

  it("refuses a tweak that is not below the order", () => {
    for (const a of [ORDER, ORDER + 1n, 2n ** 256n - 1n]) assert.throws(() => addModOrder(bytes(a), bytes(1n)));
    assert.deepEqual(addModOrder(bytes(ORDER - 1n), bytes(1n)), bytes(0n));
  });
});
