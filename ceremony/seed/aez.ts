import { blake2b } from "@noble/hashes/blake2.js";
import { AES_BLOCK, aesRound } from "./aes.ts";

// AEZ v5 (Hoang, Krovetz, Rogaway, 2017), the part that aezeed needs: no nonce, one item of associated data shorter
// than a block, an authenticator of four zero bytes, and 23 bytes to encipher. The names and formulas are the paper's.

/** Plaintext of an aezeed, in bytes. */
export const PLAINTEXT_BYTES = 19;
/** lnd `aezeed.CipherTextExpansion`. lnd's README says 8, its code 4. A wrong key passes once in 2^32. */
const TAU_BYTES = 4;
const CIPHERTEXT_BYTES = PLAINTEXT_BYTES + TAU_BYTES;

/** 23 bytes are two halves of 92 bits: eleven bytes and a nibble each. */
const HALF_BYTES = 12;
/** AEZ-tiny: from 128 bits on, k ← 8 and i ← 6. */
const ROUNDS = 8;

interface Subkeys {
  readonly i: Buffer;
  readonly j: Buffer;
  readonly l: Buffer;
}

/** Enciphers `plaintext` (19 bytes) under `key` (any length) and `data` (less than 16 bytes): 23 bytes. */
export function aezEncrypt(key: Uint8Array, data: Uint8Array, plaintext: Uint8Array): Buffer {
  // Encrypt: X ← M ∥ 0^τ; C ← Encipher(K, T, X).
  const padded = Buffer.alloc(CIPHERTEXT_BYTES);
  padded.set(plaintext);
  const ciphertext = tiny(key, data, padded, (round) => round);
  padded.fill(0);
  return ciphertext;
}

/** The way back, or undefined if the authenticator is wrong, which means the key or the data is. */
export function aezDecrypt(key: Uint8Array, data: Uint8Array, ciphertext: Uint8Array): Buffer | undefined {
  // A Feistel net whose output halves are swapped is undone by itself with the rounds counted down.
  const padded = tiny(key, data, ciphertext, (round) => ROUNDS - 1 - round);
  // Decrypt: if the last τ bits are not zero, return ⊥. All four bytes are looked at, whatever the first one is.
  const wrong = padded.subarray(PLAINTEXT_BYTES).reduce((seen, byte) => seen | byte, 0);
  const plaintext = Buffer.alloc(PLAINTEXT_BYTES);
  plaintext.set(padded.subarray(0, PLAINTEXT_BYTES));
  padded.fill(0);
  if (wrong === 0) return plaintext;
  plaintext.fill(0);
  return undefined;
}

/** AEZ-tiny: for j ← 0 to k−1: R′ ← L ⊕ E_K^{0,i}(Δ ⊕ R10* ⊕ [j])[1..n]; L ← R; R ← R′. Then C ← R ∥ L. */
function tiny(key: Uint8Array, data: Uint8Array, input: Uint8Array, order: (round: number) => number): Buffer {
  const subkeys = extract(key);
  const delta = hash(subkeys, data);
  const tweak = offset(subkeys, 0, 6);
  let left = Buffer.alloc(HALF_BYTES);
  let right = Buffer.alloc(HALF_BYTES);
  split(input, left, right);

  for (let round = 0; round < ROUNDS; round++) {
    const block = Buffer.alloc(AES_BLOCK);
    block.set(right);
    block[HALF_BYTES - 1] = at(block, HALF_BYTES - 1) | 0x08; // R10*: the bit after the 92nd
    block[AES_BLOCK - 1] = order(round);
    encipherBlock(subkeys, tweak, xorInto(block, delta));
    for (let i = 0; i < HALF_BYTES; i++) left[i] = at(left, i) ^ at(block, i);
    left[HALF_BYTES - 1] = at(left, HALF_BYTES - 1) & 0xf0;
    block.fill(0);
    [left, right] = [right, left];
  }

  const output = join(right, left);
  for (const used of [left, right, delta, tweak, subkeys.i, subkeys.j, subkeys.l]) used.fill(0);
  return output;
}

/** Extract: a key that has not 384 bits is hashed to them with BLAKE2b; then I ∥ J ∥ L, a block each. */
function extract(key: Uint8Array): Subkeys {
  const extracted = blake2b(key, { dkLen: 3 * AES_BLOCK });
  const part = (index: number) => Buffer.from(extracted.slice(index * AES_BLOCK, (index + 1) * AES_BLOCK).buffer);
  const subkeys = { i: part(0), j: part(1), l: part(2) };
  extracted.fill(0);
  return subkeys;
}

/**
 * AEZ-hash over the vector (τ in bits, nonce, data): Δ is the sum over its strings, the first being number 3. A full
 * block is enciphered with E_K^{n,1}; one that is not full, the empty nonce too, is padded with 10* under E_K^{n,0}.
 */
function hash(subkeys: Subkeys, data: Uint8Array): Buffer {
  const tau = Buffer.alloc(AES_BLOCK);
  tau[AES_BLOCK - 1] = 8 * TAU_BYTES;
  const delta = encipherBlock(subkeys, offset(subkeys, 3, 1), tau);
  xorInto(delta, encipherBlock(subkeys, offset(subkeys, 4, 0), padded(new Uint8Array(0))));
  return xorInto(delta, encipherBlock(subkeys, offset(subkeys, 5, 0), padded(data)));
}

/** What E_K^{j,i} adds to its input: jJ ⊕ 2^⌈i/8⌉I ⊕ (i mod 8)L. */
function offset(subkeys: Subkeys, j: number, i: number): Buffer {
  const sum = times(subkeys.j, j);
  xorInto(sum, times(subkeys.i, 2 ** Math.ceil(i / 8)));
  return xorInto(sum, times(subkeys.l, i % 8));
}

/** E_K^{j,i} for j ≥ 0, in place: AES4 with the keys (0, J, I, L, 0), all four rounds with MixColumns. */
function encipherBlock(subkeys: Subkeys, tweak: Buffer, block: Buffer): Buffer {
  xorInto(block, tweak);
  for (const roundKey of [subkeys.j, subkeys.i, subkeys.l, ZERO]) aesRound(block, roundKey);
  return block;
}

const ZERO = Buffer.alloc(AES_BLOCK);

/** n·X: 2X is X shifted left, with 135 added at the end for a bit that fell out; the rest by adding up. */
function times(block: Buffer, factor: number): Buffer {
  const product = Buffer.alloc(AES_BLOCK);
  const power = Buffer.alloc(AES_BLOCK);
  power.set(block);
  for (let rest = factor; rest > 0; rest >>>= 1) {
    if ((rest & 1) === 1) xorInto(product, power);
    const carry = at(power, 0) >>> 7;
    for (let i = 0; i < AES_BLOCK; i++) power[i] = (at(power, i) << 1) | (at(power, i + 1) >>> 7);
    power[AES_BLOCK - 1] = at(power, AES_BLOCK - 1) ^ (135 & -carry);
  }
  power.fill(0);
  return product;
}

/** X10*: a one bit and zeros up to the block. */
function padded(bytes: Uint8Array): Buffer {
  const block = Buffer.alloc(AES_BLOCK);
  block.set(bytes);
  block[bytes.length] = 0x80;
  return block;
}

function xorInto(target: Buffer, source: Uint8Array): Buffer {
  for (let i = 0; i < AES_BLOCK; i++) target[i] = at(target, i) ^ at(source, i);
  return target;
}

/** Cuts 184 bits into halves of 92, each with an empty nibble at its end. */
function split(input: Uint8Array, left: Buffer, right: Buffer): void {
  for (let i = 0; i < HALF_BYTES; i++) {
    left[i] = at(input, i);
    right[i] = (at(input, HALF_BYTES - 1 + i) << 4) | (at(input, HALF_BYTES + i) >>> 4);
  }
  left[HALF_BYTES - 1] = at(left, HALF_BYTES - 1) & 0xf0;
}

function join(first: Buffer, second: Buffer): Buffer {
  const output = Buffer.alloc(CIPHERTEXT_BYTES);
  output.set(first);
  output[HALF_BYTES - 1] = at(first, HALF_BYTES - 1) | (at(second, 0) >>> 4);
  for (let i = 0; i < HALF_BYTES - 1; i++) output[HALF_BYTES + i] = (at(second, i) << 4) | (at(second, i + 1) >>> 4);
  return output;
}

/** A byte, or zero past the end. */
function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
