import { Secret } from "../../core/secret.ts";

// BIP173, over bytes: an age identity is a secret, and a library would make strings of it.

const ALPHABET = Buffer.from("qpzry9x8gf2tvdw0s3jn54khce6mua7l");
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;
const CHECKSUM = 6;

/** The lower-case text of `data` with this prefix, as bytes. The caller's to wipe. */
export function encodeBech32(prefix: string, data: Secret): Secret {
  const groups = Math.ceil((data.length * 8) / 5);
  const values = new Uint8Array(groups + CHECKSUM);
  for (let bit = 0; bit < data.length * 8; bit += 1) {
    const set = ((data.bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
    const at = Math.floor(bit / 5);
    values[at] = (values[at] ?? 0) | (set << (4 - (bit % 5)));
  }
  const sum = polymod(prefix, values) ^ 1;
  for (let at = 0; at < CHECKSUM; at += 1) values[groups + at] = (sum >> (5 * (CHECKSUM - 1 - at))) & 31;
  const text = Buffer.alloc(prefix.length + 1 + values.length);
  text.write(`${prefix}1`, "latin1");
  values.forEach((value, at) => {
    text[prefix.length + 1 + at] = ALPHABET[value] ?? 0;
  });
  values.fill(0);
  return Secret.take(text);
}

/** The data of a bech32 text in all lower or all upper case, if it is one with this prefix. The caller's to wipe. */
export function decodeBech32(prefix: string, text: Uint8Array): Secret | undefined {
  const isUpper = text.some((letter) => letter >= 0x41 && letter <= 0x5a);
  if (isUpper && text.some((letter) => letter >= 0x61 && letter <= 0x7a)) return undefined;
  const lower = Buffer.alloc(text.length);
  text.forEach((letter, at) => {
    lower[at] = letter >= 0x41 && letter <= 0x5a ? letter + 0x20 : letter;
  });
  const values = new Uint8Array(Math.max(0, lower.length - prefix.length - 1));
  try {
    const head = Buffer.from(`${prefix}1`);
    if (values.length < CHECKSUM || !head.equals(lower.subarray(0, head.length))) return undefined;
    for (let at = 0; at < values.length; at += 1) {
      const value = ALPHABET.indexOf(lower[head.length + at] ?? 0);
      if (value < 0) return undefined;
      values[at] = value;
    }
    return polymod(prefix, values) === 1 ? regrouped(values.subarray(0, -CHECKSUM)) : undefined;
  } finally {
    lower.fill(0);
    values.fill(0);
  }
}

/** Groups of five bits to bytes: "any incomplete group at the end must be 4 bits or less, must be all zeroes". */
function regrouped(values: Uint8Array): Secret | undefined {
  const bits = values.length * 5;
  const bytes = Buffer.alloc(bits >> 3);
  let rest = 0;
  for (let bit = 0; bit < bits; bit += 1) {
    const set = ((values[Math.floor(bit / 5)] ?? 0) >> (4 - (bit % 5))) & 1;
    const at = bit >> 3;
    if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) | (set << (7 - (bit & 7)));
    else rest |= set;
  }
  const data = Secret.take(bytes);
  if (bits % 8 < 5 && rest === 0) return data;
  data.wipe();
  return undefined;
}

/** BIP173 `bech32_polymod` over the expanded prefix and the values. */
function polymod(prefix: string, values: Uint8Array): number {
  const codes = Buffer.from(prefix);
  let sum = 1;
  for (const value of [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)]) sum = step(sum, value);
  for (const value of values) sum = step(sum, value);
  return sum;
}

function step(sum: number, value: number): number {
  let next = ((sum & 0x1ffffff) << 5) ^ value;
  GENERATOR.forEach((generator, bit) => {
    if (((sum >>> 25) >> bit) & 1) next ^= generator;
  });
  return next >>> 0;
}
