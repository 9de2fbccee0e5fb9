import { createHmac } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import { createBase58check } from "@scure/base";
import { wordlists } from "bip39";

/** What a ceremony must not leave behind. */
export interface CeremonySecrets {
  /** The 24 words. */
  readonly words: readonly string[];
  readonly passphrase: string;
  /** 16 bytes. */
  readonly entropy: Uint8Array;
  /** Anything else, by name: keys as bytes (machine share, blind), texts as strings (dice). At least 8 bytes each. */
  readonly others?: Readonly<Record<string, Uint8Array | string>>;
}

/** One form of one secret. Any one of its parts counts; parts of the same copy count once. */
export interface Needle {
  readonly label: string;
  readonly parts: readonly NeedlePart[];
  /** Upper and lower case are the same. */
  readonly anyCase: boolean;
  /** A text, which may also be kept two bytes a character. */
  readonly isText: boolean;
}

/** Bytes that prove a copy alone, and where in the copy they are. */
export interface NeedlePart {
  readonly bytes: Buffer;
  readonly offset: number;
}

export interface Needles {
  /** The words in lower case, for the search with any separator. */
  readonly words: readonly Buffer[];
  readonly needles: readonly Needle[];
}

/**
 * Half a key is a find: `free` overwrites the first 16 bytes of what it frees with links of its own and leaves the rest.
 * Eight bytes occur by chance once in 2^64.
 */
const PART_BYTES = 8;

const TEXT_PART = 24;

/** Fewer characters would be found everywhere. */
const LEAST_BYTES = 8;

/** Word numbers are small, so three in a row occur by chance, as in a table of lengths; six (66 bits) do not. */
const NUMBERS_IN_A_ROW = 6;

/** BIP32 version bytes of xprv, tprv (testnet, signet, regtest) and simnet's sprv. */
const PRIVATE_VERSIONS = { xprv: "0488ade4", tprv: "04358394", sprv: "0420b900" };

/**
 * Everything that the secrets may look like in memory or in a file: see `keyForms`. The words are searched as words too,
 * three or more in a row with any separator, as text, hex and base64 (phrase.ts).
 */
export function needlesFor({ words, passphrase, entropy, others = {} }: CeremonySecrets): Needles {
  // BIP32: the root key is HMAC-SHA512 of the seed under this key; lnd's seed is the 16 bytes of entropy.
  const root = createHmac("sha512", "Bitcoin seed").update(entropy).digest();
  const secrets = {
    entropy,
    "root key": root.subarray(0, 32),
    "root chain code": root.subarray(32),
    "packed phrase": packed(words),
    passphrase,
    ...others,
  };
  return {
    words: words.map((word) => Buffer.from(word.toLowerCase(), "latin1")),
    needles: [
      ...Object.entries(secrets).flatMap(([name, secret]) =>
        typeof secret === "string" ? textForms(name, secret) : keyForms(name, Buffer.from(secret)),
      ),
      ...numberForms(words),
      { label: "phrase decimal", parts: decimalTriples(words), anyCase: false, isText: true },
      ...Object.entries(PRIVATE_VERSIONS).map(([name, version]) => whole(`root ${name}`, extendedKey(version, root))),
    ],
  };
}

/**
 * A key of 8 bytes or more: raw; reversed, as a BigInt is kept; with the bytes of each 32-bit word reversed, as hashes
 * take their input; as an array of small integers in V8 (value in the upper half of 8 bytes); hex together, in pairs (as
 * Node prints a Buffer) or in fours; base64 at any of the three alignments, both alphabets; decimal, as in the JSON of a
 * Buffer; and binary digits, as bip39 makes them.
 */
function keyForms(name: string, bytes: Buffer): Needle[] {
  if (bytes.length < LEAST_BYTES)
    throw new RangeError(`${name}: a needle of ${bytes.length} bytes is found everywhere`);
  const hex = bytes.toString("hex");
  const pairs = hex.replace(/..(?=.)/g, "$& ");
  const fours = hex.replace(/....(?=.)/g, "$& ");
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const form = (kind: string, form: string | Buffer, partLength: number, anyCase = false): Needle => ({
    label: `${name} ${kind}`,
    parts: cut(Buffer.from(form), partLength),
    anyCase,
    isText: typeof form === "string",
  });
  return [
    form("raw", bytes, PART_BYTES),
    form("reversed", Buffer.from(bytes).reverse(), PART_BYTES),
    ...(bytes.length % 4 === 0 ? [form("swapped", Buffer.from(bytes).swap32(), PART_BYTES)] : []),
    form("integers", numbersAs("smi", [...bytes]), 8 * PART_BYTES),
    form("hex", hex, 2 * PART_BYTES, true),
    form("hex pairs", pairs, 3 * PART_BYTES - 1, true),
    form("hex fours", fours, 5 * (PART_BYTES / 2) - 1, true),
    { label: `${name} base64`, parts: base64Parts(bytes), anyCase: false, isText: true },
    { label: `${name} decimal`, parts: decimalParts(bytes), anyCase: false, isText: true },
    form("bits", bits, 8 * PART_BYTES),
  ];
}

/**
 * A text: itself, hex, base64, decimal. Two-byte strings are a way of looking, not a form. A short text counts whole
 * only; of a long one 24 characters do, because six-sided dice need that many to be no chance (62 bits).
 */
function textForms(name: string, text: string): Needle[] {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length < LEAST_BYTES)
    throw new RangeError(`${name}: a needle of ${bytes.length} bytes is found everywhere`);
  const length = Math.min(bytes.length, TEXT_PART);
  const base64 = [0, 1, 2].flatMap((alignment) =>
    bothAlphabets(base64At(bytes, alignment)).map((part) => ({ bytes: Buffer.from(part), offset: 0 })),
  );
  const form = (kind: string, parts: NeedlePart[], anyCase = false): Needle => ({
    label: `${name} ${kind}`,
    parts,
    anyCase,
    isText: true,
  });
  return [
    form("text", cut(bytes, length)),
    form("hex", cut(Buffer.from(bytes.toString("hex")), 2 * length), true),
    form("base64", base64),
    form("decimal", [{ bytes: Buffer.from(bytes.join(",")), offset: 0 }]),
  ];
}

/** The words as numbers in the list: u16 in both orders, u32, and V8's small integers. */
function numberForms(words: readonly string[]): Needle[] {
  const numbers = wordNumbers(words);
  return (["u16le", "u16be", "u32le", "smi"] as const).map((kind) => {
    const all = numbersAs(kind, numbers);
    const size = all.length / numbers.length;
    const parts = numbers.slice(0, numbers.length - NUMBERS_IN_A_ROW + 1).map((_, at) => ({
      bytes: all.subarray(at * size, (at + NUMBERS_IN_A_ROW) * size),
      offset: at * size,
    }));
    return { label: `word numbers ${kind}`, parts, anyCase: false, isText: false };
  });
}

function numbersAs(kind: "u16le" | "u16be" | "u32le" | "smi", numbers: readonly number[]): Buffer {
  if (kind === "u16le") return Buffer.from(Uint16Array.from(numbers).buffer);
  if (kind === "u16be") return Buffer.from(Uint16Array.from(numbers).buffer).swap16();
  if (kind === "u32le") return Buffer.from(Uint32Array.from(numbers).buffer);
  return Buffer.from(Uint32Array.from(numbers.flatMap((number) => [0, number])).buffer);
}

function wordNumbers(words: readonly string[]): number[] {
  return words.map((word) => {
    const number = wordlists["english"]?.indexOf(word.toLowerCase()) ?? -1;
    if (number === -1) throw new RangeError("a word that is not in the list");
    return number;
  });
}

/** The 33 bytes that 24 words of 11 bits are. */
function packed(words: readonly string[]): Buffer {
  const bits = wordNumbers(words).map((number) => number.toString(2).padStart(11, "0"));
  return Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** Three words in a row as a Buffer's JSON prints them; every triple, so that any three are found. */
function decimalTriples(words: readonly string[]): NeedlePart[] {
  return words.slice(0, -2).map((_, at) => ({
    bytes: Buffer.from(Buffer.from(words.slice(at, at + 3).join(" ")).join(",")),
    offset:
      Buffer.from(
        words
          .slice(0, at)
          .map((word) => `${word} `)
          .join(""),
      ).join(",").length + (at > 0 ? 1 : 0),
  }));
}

function decimalParts(bytes: Buffer): NeedlePart[] {
  const parts: NeedlePart[] = [];
  for (let at = 0; at + PART_BYTES <= bytes.length; at += PART_BYTES) {
    const before = bytes.subarray(0, at).join(",").length + (at > 0 ? 1 : 0);
    parts.push({ bytes: Buffer.from(bytes.subarray(at, at + PART_BYTES).join(",")), offset: before });
  }
  return parts;
}

function base64Parts(bytes: Buffer): NeedlePart[] {
  // 12 characters hold 72 bits, of which at least 8 bytes are the key's at any alignment.
  return [0, 1, 2].flatMap((alignment) =>
    bothAlphabets(base64At(bytes, alignment)).flatMap((text) => cut(Buffer.from(text), 12)),
  );
}

/** The characters that `bytes` alone decide when `alignment` bytes of something else come before them. */
function base64At(bytes: Buffer, alignment: number): string {
  const text = Buffer.concat([Buffer.alloc(alignment), bytes])
    .toString("base64")
    .replace(/=+$/, "");
  const first = Math.ceil((alignment * 8) / 6);
  const end = Math.floor(((alignment + bytes.length) * 8) / 6);
  return text.slice(first, end);
}

function bothAlphabets(text: string): string[] {
  return [...new Set([text, text.replaceAll("+", "-").replaceAll("/", "_")])];
}

/** Whole parts of one length; the last one ends with the bytes, so that no tail is left out. */
function cut(bytes: Buffer, length: number): NeedlePart[] {
  const parts: NeedlePart[] = [];
  for (let at = 0; at + length <= bytes.length; at += length) {
    parts.push({ bytes: bytes.subarray(at, at + length), offset: at });
  }
  const tail = bytes.length - length;
  if (bytes.length % length !== 0) parts.push({ bytes: bytes.subarray(tail), offset: tail });
  return parts;
}

function whole(label: string, text: string): Needle {
  return { label, parts: [{ bytes: Buffer.from(text), offset: 0 }], anyCase: false, isText: true };
}

/** BIP32 serialisation of the root: version, depth 0, no parent, child 0, chain code, 0x00 and key; base58check. */
function extendedKey(version: string, root: Buffer): string {
  const fields = [
    Buffer.from(version, "hex"),
    Buffer.alloc(9),
    root.subarray(32),
    Buffer.alloc(1),
    root.subarray(0, 32),
  ];
  return createBase58check(sha256).encode(Buffer.concat(fields));
}
