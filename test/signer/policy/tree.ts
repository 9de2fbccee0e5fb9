import { ENUMS, MESSAGES } from "../../proto/contract.ts";
import type { Random } from "./mutate.ts";

/**
 * Bytes of a message of the contract, made from its table field by field: mostly canonical, each kind of fault now and
 * then. A third encoder, so that neither of the two under test decides what they are tried with.
 */
export function randomMessage(type: string, random: Random, faults: boolean): Uint8Array {
  const wrong = (oneIn: number): boolean => faults && random(oneIn) === 0;
  const parts: Uint8Array[] = [];
  const taken = new Set<string>();
  for (const field of MESSAGES[type] ?? []) {
    if (random(3) === 0 || (field.oneof !== undefined && taken.has(field.oneof) && !wrong(20))) continue;
    if (field.oneof !== undefined) taken.add(field.oneof);
    const plain = field.oneof === undefined && field.repeated !== true;
    const isEnum = field.type in ENUMS;
    const times = (field.repeated === true && !isEnum ? random(3) : 1) + (wrong(60) ? 1 : 0);
    for (let left = times; left > 0; left--) {
      if (isEnum && field.repeated === true) {
        const values = Array.from({ length: random(3) + (faults ? 0 : 1) }, () =>
          enumNumber(field.type, random, wrong(30)),
        );
        parts.push(lengthField(field.number, Buffer.concat(values.map((value) => varint(value)))));
      } else if (field.type in MESSAGES) {
        parts.push(lengthField(field.number, randomMessage(field.type, random, faults)));
      } else {
        parts.push(scalar(field.number, field.type, plain && !wrong(30), random, wrong(40)));
      }
    }
  }
  if (wrong(60)) parts.push(Buffer.concat([varint(BigInt((4 + random(40)) << 3)), varint(1n)]));
  if (wrong(60)) parts.reverse();
  return Buffer.concat(parts);
}

const WORDS = ["", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "127.0.0.1", "ключ", "\uFEFFmark", "a\0b"];
const NUMBERS = [0n, 1n, 2n, 127n, 128n, 9736n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];

function scalar(number: number, type: string, skipDefault: boolean, random: Random, fault: boolean): Uint8Array {
  if (type === "string" || type === "bytes") {
    const value = Buffer.from(WORDS[random(WORDS.length)] ?? "");
    if (fault && value.length > 0) value[0] = 0xff;
    return skipDefault && value.length === 0 ? value : lengthField(number, value);
  }
  const value = type in ENUMS ? enumNumber(type, random, fault) : numberOf(type, random, fault);
  if (skipDefault && value === 0n) return new Uint8Array(0);
  return Buffer.concat([varint(BigInt(number << 3)), varint(value, fault && random(4) === 0)]);
}

function numberOf(type: string, random: Random, fault: boolean): bigint {
  const value = NUMBERS[random(NUMBERS.length)] ?? 0n;
  if (fault || type === "uint64") return value;
  return type === "bool" ? value % 2n : value % 2n ** 32n;
}

function enumNumber(type: string, random: Random, fault: boolean): bigint {
  const values = Object.values(ENUMS[type] ?? {});
  return fault ? BigInt(random(8)) : BigInt(values[random(values.length)] ?? 0);
}

function lengthField(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(content.length)), content]);
}

function varint(value: bigint, padded = false): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  while (left >= 0x80n) {
    bytes.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  bytes.push(Number(left));
  return Uint8Array.from(padded ? [...bytes.slice(0, -1), (bytes.at(-1) ?? 0) | 0x80, 0] : bytes);
}
