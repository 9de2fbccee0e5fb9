/** Order of secp256k1. */
const ORDER = Buffer.from("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", "hex");

/**
 * a + b modulo the order: 32 bytes each, big endian, without a branch on `b` or on the sum. Bytes and not bigints, so
 * that a private key can be wiped.
 *
 * BIP32: "In case parse256(IL) ≥ n or ki = 0, the resulting key is invalid". Nobody will see that (2^-127): an `a` that
 * is too large throws here, and a sum of zero where a key is made of it.
 */
export function addModOrder(a: Uint8Array, b: Uint8Array): Buffer {
  if (Buffer.compare(a, ORDER) >= 0) throw new Error("the derived key is not below the order of the curve");
  const sum = Buffer.alloc(32);
  const reduced = Buffer.alloc(32);
  let carry = 0;
  let borrow = 0;
  for (let i = 31; i >= 0; i--) {
    const added = (a[i] ?? 0) + (b[i] ?? 0) + carry;
    sum[i] = added;
    carry = added >>> 8;
    const taken = (added & 0xff) - (ORDER[i] ?? 0) - borrow;
    reduced[i] = taken;
    borrow = (taken >>> 8) & 1;
  }
  // The sum is the smaller one exactly if taking the order away needs more than the carry.
  const keep = -(borrow & ~carry & 1);
  for (let i = 0; i < 32; i++) reduced[i] = ((sum[i] ?? 0) & keep) | ((reduced[i] ?? 0) & ~keep);
  sum.fill(0);
  return reduced;
}
