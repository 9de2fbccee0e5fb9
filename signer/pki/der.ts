/** What of DER (X.690) a certificate needs: definite lengths, minimal integers. */
export type Der = Buffer;

function tlv(tag: number, ...parts: readonly Uint8Array[]): Der {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(body.length), body]);
}

function length(value: number): Buffer {
  if (value < 0x80) return Buffer.from([value]);
  const bytes = value < 0x100 ? [value] : [value >> 8, value & 0xff];
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export const sequence = (...parts: readonly Uint8Array[]): Der => tlv(0x30, ...parts);
export const setOf = (part: Uint8Array): Der => tlv(0x31, part);
export const octets = (bytes: Uint8Array): Der => tlv(0x04, bytes);
export const utf8 = (text: string): Der => tlv(0x0c, Buffer.from(text));
export const TRUE: Der = tlv(0x01, Buffer.from([0xff]));

/** A BIT STRING; `unused` bits at its end do not count. */
export const bits = (bytes: Uint8Array, unused = 0): Der => tlv(0x03, Buffer.from([unused]), bytes);

/** A positive INTEGER from its big-endian bytes, which must not begin with zero. */
export const positive = (bytes: Uint8Array): Der =>
  (bytes[0] ?? 0) >= 0x80 ? tlv(0x02, Buffer.from([0]), bytes) : tlv(0x02, bytes);

/** `[number]`, constructed, as in an explicit tag. */
export const explicit = (number: number, part: Uint8Array): Der => tlv(0xa0 | number, part);

/** `[number]` in place of the type's own tag, of a primitive type. */
export const implicit = (number: number, bytes: Uint8Array): Der => tlv(0x80 | number, bytes);

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

/** RFC 5280 4.1.2.5: UTCTime until 2049, GeneralizedTime after. */
export function time(unixMs: number): Der {
  const digits = new Date(unixMs).toISOString().replaceAll(/[-:T]/g, "").slice(0, 14);
  return Number(digits.slice(0, 4)) < 2050
    ? tlv(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : tlv(0x18, Buffer.from(`${digits}Z`));
}
