import { createHash } from "node:crypto";

/** BIP39: 12, 15, 18, 21 or 24 words, of 4 to 8 bits of checksum. */
const LENGTHS = [12, 15, 18, 21, 24];

/**
 * Whether words (0 to 2047 each) are a BIP39 phrase: "the first ENT / 32 bits of its SHA256 hash" at the end of the
 * entropy. A phrase that is none passes once in 16 for 12 words and once in 256 for 24.
 */
export function isBip39(indexes: Uint16Array): boolean {
  if (!LENGTHS.includes(indexes.length)) return false;
  const bits = 11 * indexes.length;
  const checksumBits = bits / 33;
  const bitAt = (bit: number) => ((indexes[Math.floor(bit / 11)] ?? 0) >>> (10 - (bit % 11))) & 1;
  const entropy = Buffer.alloc((bits - checksumBits) / 8);
  for (let bit = 0; bit < 8 * entropy.length; bit++)
    entropy[bit >>> 3] = (entropy[bit >>> 3] ?? 0) | (bitAt(bit) << (7 - (bit & 7)));
  const hash = createHash("sha256").update(entropy).digest();
  entropy.fill(0);
  let difference = 0;
  for (let bit = 0; bit < checksumBits; bit++)
    difference |= bitAt(8 * entropy.length + bit) ^ (((hash[0] ?? 0) >>> (7 - bit)) & 1);
  return difference === 0;
}
