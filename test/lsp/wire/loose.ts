import { type ContractField, ENUMS, MESSAGES } from "../../proto/contract.ts";
import type { Random } from "../../signer/policy/mutate.ts";

/** One message in two encodings: the canonical one, and one that says the same with every liberty that protobuf gives. */
export interface Twofold {
  readonly canonical: Uint8Array;
  readonly loose: Uint8Array;
}

/**
 * A message of the contract, made from its table. The loose form has its fields in any order, defaults written out, lists
 * packed or not or in several pieces, and fields that the table does not have, in every wire type and more than once.
 */
export function twofoldMessage(type: string, random: Random): Twofold {
  const fields = chosen(MESSAGES[type] ?? [], random).map((field) => twofoldField(field, random));
  return {
    canonical: Buffer.concat(fields.map(({ canonical }) => canonical)),
    loose: Buffer.concat(shuffled([...fields.map(({ loose }) => loose), ...unknownFields(type, random)], random)),
  };
}

/** Each field or not, and one member of a oneof at most. */
function chosen(fields: readonly ContractField[], random: Random): ContractField[] {
  const taken = new Set<string>();
  return fields.filter(({ oneof }) => {
    if (random(4) === 0 || (oneof !== undefined && taken.has(oneof))) return false;
    if (oneof !== undefined) taken.add(oneof);
    return true;
  });
}

function twofoldField(field: ContractField, random: Random): Twofold {
  const { number, type, oneof } = field;
  if (type in ENUMS && field.repeated === true) return twofoldList(number, random);
  if (type in MESSAGES) {
    const times = field.repeated === true ? random(3) : 1;
    const messages = Array.from({ length: times }, () => twofoldMessage(type, random));
    return {
      canonical: Buffer.concat(messages.map(({ canonical }) => bytesField(number, canonical))),
      loose: Buffer.concat(messages.map(({ loose }) => bytesField(number, loose))),
    };
  }
  const [loose, isDefault] = scalarField(number, type, random);
  return { canonical: isDefault && oneof === undefined ? Buffer.alloc(0) : loose, loose };
}

function twofoldList(number: number, random: Random): Twofold {
  const values = Array.from({ length: random(4) }, () => varint(BigInt(random(300))));
  const cut = random(values.length + 1);
  return {
    canonical: values.length === 0 ? Buffer.alloc(0) : bytesField(number, Buffer.concat(values)),
    loose: Buffer.concat([
      ...values.slice(0, cut).map((value) => varintField(number, value)),
      bytesField(number, Buffer.concat(values.slice(cut))),
    ]),
  };
}

const TEXTS = ["", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "a\0b", "ключ", "\u{10ffff}", "\uFEFFmark"];
const NUMBERS = [0n, 1n, 127n, 128n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 35n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n];
/** As the int32 that an enum is: small, large, without a name, and negative, which takes ten bytes. */
const ENUM_NUMBERS = [0n, 1n, 3n, 200n, 2n ** 31n - 1n, 2n ** 64n - 1n, 2n ** 64n - 2n ** 31n];

function scalarField(number: number, type: string, random: Random): [bytes: Uint8Array, isDefault: boolean] {
  if (type === "string" || type === "bytes") {
    const text = Buffer.from(TEXTS[random(TEXTS.length)] ?? "");
    return [bytesField(number, text), text.length === 0];
  }
  const numbers = type in ENUMS ? ENUM_NUMBERS : NUMBERS;
  const some = numbers[random(numbers.length)] ?? 0n;
  const value = type === "bool" ? some % 2n : type === "uint32" ? some % 2n ** 32n : some;
  return [varintField(number, varint(value)), value === 0n];
}

function unknownFields(type: string, random: Random): Uint8Array[] {
  const known = new Set(MESSAGES[type]?.map(({ number }) => number));
  const numbers = [2, 3, 9, 16, 2 ** 29 - 1].filter((number) => !known.has(number));
  return Array.from({ length: random(4) }, () => {
    const number = numbers[random(numbers.length)] ?? 16;
    const forms = [
      varintField(number, varint(NUMBERS[random(NUMBERS.length)] ?? 0n)),
      // Not text, and no message: nobody looks into it.
      bytesField(number, Buffer.from("ff0b80", "hex").subarray(0, random(4))),
      Buffer.concat([tag(number, 1), Buffer.alloc(8, 0xff)]),
      Buffer.concat([tag(number, 5), Buffer.alloc(4, 0xff)]),
    ];
    return forms[random(forms.length)] ?? Buffer.alloc(0);
  });
}

function shuffled(parts: readonly Uint8Array[], random: Random): Uint8Array[] {
  return parts
    .map((part) => ({ part, place: random(1000) }))
    .sort((a, b) => a.place - b.place)
    .map(({ part }) => part);
}

function tag(number: number, wire: number): Uint8Array {
  return varint((BigInt(number) << 3n) | BigInt(wire));
}

function varintField(number: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([tag(number, 0), value]);
}

/** Tag, length, content. */
export function bytesField(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([tag(number, 2), varint(BigInt(content.length)), content]);
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(value >> BigInt(7 * bytes.length))]);
}
