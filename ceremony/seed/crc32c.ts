/** Castagnoli's polynomial 0x1EDC6F41 with its bits reversed. */
const CASTAGNOLI = 0x82f63b78;

/**
 * CRC-32C: reflected, initial value and final XOR all ones (RFC 3720 B.4; Go's `crc32.Castagnoli`).
 *
 * Bit by bit, without a table: 29 bytes take 232 steps, and no memory access depends on what is summed.
 */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (CASTAGNOLI & -(crc & 1));
  }
  return ~crc >>> 0;
}
