import { crc32c } from "./crc32c.ts";
import { ENCIPHERED_BYTES } from "./phrase.ts";

// A CRC is affine: flipping a set of bits changes it by a value that depends on the set alone, and is the XOR of what
// each bit does by itself. So the mismatch of a whole phrase, its syndrome, is the XOR of what its wrong bits do.

const CHECKSUM_AT = ENCIPHERED_BYTES - 4;
export const WORD_BITS = 11;

/** How far the checksum of 33 enciphered bytes is off: 0 for a right one. */
export function syndromeOf(bytes: Buffer): number {
  return (crc32c(bytes.subarray(0, CHECKSUM_AT)) ^ bytes.readUInt32BE(CHECKSUM_AT)) >>> 0;
}

let table: Uint32Array | undefined;

/** What each of the 264 bits does to the syndrome, first bit first. A property of the format, so it is kept. */
export function bitEffects(): Uint32Array {
  if (table === undefined) {
    table = new Uint32Array(8 * ENCIPHERED_BYTES);
    const bytes = Buffer.alloc(ENCIPHERED_BYTES);
    const nothing = syndromeOf(bytes);
    for (let bit = 0; bit < table.length; bit++) {
      bytes[bit >>> 3] = 0x80 >>> (bit & 7);
      table[bit] = syndromeOf(bytes) ^ nothing;
      bytes[bit >>> 3] = 0;
    }
  }
  return table;
}

/** What changing the word at `word` (from 0) by the bits of `change` does to the syndrome. */
export function wordEffect(word: number, change: number): number {
  let sum = 0;
  for (let bit = 0; bit < WORD_BITS; bit++) {
    if (((change >>> bit) & 1) === 1) sum ^= bitEffects()[word * WORD_BITS + WORD_BITS - 1 - bit] ?? 0;
  }
  return sum;
}

/**
 * All sets of `bits` (numbers from 0 to 263) that change the syndrome by `wanted`: one set and a basis of those that
 * change nothing, as masks whose bit i stands for `bits[i]`; or undefined if there is none. Elimination over GF(2).
 */
export function bitSets(
  bits: readonly number[],
  wanted: number,
): { readonly one: bigint; readonly free: readonly bigint[] } | undefined {
  const effects = bitEffects();
  // By its highest bit, what some set of the bits does, and that set.
  const rows: ({ readonly effect: number; readonly set: bigint } | undefined)[] = new Array(32);
  const free: bigint[] = [];
  const reduce = (effect: number, set: bigint) => {
    let left = { effect, set };
    while (left.effect !== 0) {
      const row = rows[Math.clz32(left.effect)];
      if (row === undefined) break;
      left = { effect: (left.effect ^ row.effect) >>> 0, set: left.set ^ row.set };
    }
    return left;
  };
  for (const [index, bit] of bits.entries()) {
    const left = reduce(effects[bit] ?? 0, 1n << BigInt(index));
    if (left.effect === 0) free.push(left.set);
    else rows[Math.clz32(left.effect)] = left;
  }
  const found = reduce(wanted, 0n);
  return found.effect === 0 ? { one: found.set, free } : undefined;
}
