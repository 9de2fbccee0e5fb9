import type { Needle, NeedlePart, Needles } from "./needles.ts";
import { FOLD, wordRun } from "./phrase.ts";

/** How often each form of each secret was found; only those that were. */
export type Counts = Map<string, number>;

/** Memory around a piece that a scan must see: the longest run of 24 words with gaps, and the longest part. */
export const SCAN_MARGIN = 8192;

/** Three bytes, lower case: where a needle may be. The index of the anchor in its part is `shift`. */
type Anchor =
  | { readonly kind: "part"; readonly needle: Needle; readonly part: NeedlePart; readonly shift: number }
  | { readonly kind: "words"; readonly coding: Coding; readonly first: number; readonly lead: number };

type Coding = "text" | "hex" | "base64";

const ANCHOR_BYTES = 3;

/** A table of 64 KiB stays in the processor's second cache, where one of all three-byte values would not. */
const HASH_BITS = 16;

/** Bytes that memory is full of; an anchor of others is met less often. Only speed depends on it. */
const COMMON = new Set([0x00, 0x01, 0x02, 0x20, 0x30, 0x31, 0x2c, 0xff]);

/** Enough of an encoded run for 24 words and their gaps. */
const DECODED_BYTES = 2048;

const BASE64 = new Set(Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"));

/** Where the first character lies that three letters decide alone, when 0, 1 or 2 bytes come before them. */
const BASE64_SKIP = [0, 2, 3] as const;

/** Said of copies in strings of two-byte characters, as V8 keeps a text that holds one character beyond Latin-1. */
const TWO_BYTE = " two-byte";

/** How far before an anchor its part may begin, in characters. */
const BEFORE = 1024;

/** What the table says of a hash: an anchor of any needle has it, an anchor of a text has it. */
const ANY = 1;
const TEXT = 2;

/**
 * Finds all needles in one pass: each has an anchor of three bytes, a table says which anchors there are, and only where
 * one is met are the needles themselves compared. Feed it pieces with `scan`.
 */
export class Scanner {
  readonly #needles: Needles;
  readonly #anchors = new Map<number, Anchor[]>();
  readonly #table = new Uint8Array(1 << HASH_BITS);
  readonly #copies = new Map<string, Set<number>>();
  readonly #lastRuns = new Map<string, { start: number; end: number }>();

  constructor(needles: Needles) {
    this.#needles = needles;
    for (const needle of needles.needles) for (const part of needle.parts) this.#addPart(needle, part);
    for (const first of needles.words.keys()) this.#addWord(first);
  }

  /**
   * Searches `memory` from `from` to `to` (what begins there; the rest is margin). `address` is that of `memory[0]`; the
   * same copy seen in two pieces counts once.
   */
  scan(memory: Buffer, from: number, to: number, address: number): void {
    const table = this.#table;
    const end = Math.min(to + 2 * ANCHOR_BYTES - 2, memory.length);
    let last4 = 0;
    for (let at = from; at < end; at++) {
      last4 = (last4 << 8) | (FOLD[memory[at] as number] as number);
      // Most of a young heap.
      if (last4 === 0) continue;
      const window = last4 & 0xffffff;
      if (table[hash(window)] !== 0 && at - 2 >= from && at - 2 < to) {
        this.#compare(window, memory, at - 2, address, "");
      }
      if ((last4 & 0xff00ff00) === 0 && at - 4 >= from) {
        const wide = ((FOLD[memory[at - 4] as number] as number) << 16) | ((last4 >>> 8) & 0xff00) | (last4 & 0xff);
        if (((table[hash(wide)] as number) & TEXT) !== 0) this.#compareTwoByte(wide, memory, at - 4, address);
      }
    }
  }

  /** The copies found so far. */
  get counts(): Counts {
    return new Map([...this.#copies].map(([label, copies]) => [label, copies.size]));
  }

  #compareTwoByte(window: number, memory: Buffer, at: number, address: number): void {
    // One hash in a hundred is met by chance; a copy of the surroundings is only made for the rest.
    if (!this.#anchors.has(window)) return;
    const from = Math.max(at & 1, at - 2 * BEFORE);
    const half = lowerHalves(memory, from, Math.min(memory.length, at + SCAN_MARGIN));
    this.#compare(window, half, (at - from) / 2, (address + from) / 2, TWO_BYTE);
  }

  #compare(window: number, memory: Buffer, at: number, address: number, view: string): void {
    for (const anchor of this.#anchors.get(window) ?? []) {
      if (anchor.kind === "words") {
        this.#compareWords(anchor, memory, at, address, view);
      } else if (view !== "" && !anchor.needle.isText) {
        // Numbers and raw keys are no strings.
      } else if (isAt(memory, at - anchor.shift, anchor.part.bytes, anchor.needle.anyCase)) {
        this.#found(anchor.needle.label + view, address + at - anchor.shift - anchor.part.offset);
      }
    }
  }

  #compareWords(
    { coding, first, lead }: Extract<Anchor, { kind: "words" }>,
    memory: Buffer,
    at: number,
    address: number,
    view: string,
  ): void {
    const label = `phrase ${coding}${view}`;
    const here = address + at;
    const last = this.#lastRuns.get(label);
    // A run that is already counted contains shorter ones.
    if (last && here >= last.start && here < last.end) return;
    const [text, start, unit] = decoded(memory, at, coding, lead);
    const run = wordRun(text, start, this.#needles.words, first);
    if (run === undefined) return;
    this.#lastRuns.set(label, { start: here, end: here + Math.floor((run.end - start) * unit) });
    this.#found(label, here);
  }

  #found(label: string, copy: number): void {
    const copies = this.#copies.get(label) ?? new Set();
    this.#copies.set(label, copies.add(copy));
  }

  #addPart(needle: Needle, part: NeedlePart): void {
    let best = 0;
    for (let shift = 1; shift + ANCHOR_BYTES <= part.bytes.length; shift++) {
      if (rarity(part.bytes, shift) > rarity(part.bytes, best)) best = shift;
    }
    this.#add(part.bytes.subarray(best), { kind: "part", needle, part, shift: best });
  }

  #addWord(first: number): void {
    const word = this.#needles.words[first] ?? Buffer.alloc(0);
    const [a = 0, b = 0] = word;
    this.#add(word, { kind: "words", coding: "text", first, lead: 0 });
    this.#add(Buffer.from([a, 0x20, b]), { kind: "words", coding: "text", first, lead: 0 });
    const upper = Buffer.from(word.toString("latin1").toUpperCase(), "latin1");
    const capital = Buffer.concat([upper.subarray(0, 1), word.subarray(1)]);
    // Hex does not care about the case of its digits but about that of the word.
    for (const start of [word, upper]) {
      this.#add(Buffer.from(start.toString("hex")), { kind: "words", coding: "hex", first, lead: 0 });
    }
    for (const start of [word, upper, capital]) {
      for (const [lead, skip] of BASE64_SKIP.entries()) {
        const text = Buffer.concat([Buffer.alloc(lead), start.subarray(0, 3)]).toString("base64");
        this.#add(Buffer.from(text.slice(skip)), { kind: "words", coding: "base64", first, lead });
      }
    }
  }

  #add(bytes: Buffer, anchor: Anchor): void {
    const [a = 0, b = 0, c = 0] = bytes.subarray(0, ANCHOR_BYTES).map((byte) => FOLD[byte] ?? 0);
    const window = (a << 16) | (b << 8) | c;
    this.#anchors.set(window, [...(this.#anchors.get(window) ?? []), anchor]);
    const isText = anchor.kind === "words" || anchor.needle.isText;
    this.#table[hash(window)] = (this.#table[hash(window)] ?? 0) | (isText ? ANY | TEXT : ANY);
  }
}

/** Fibonacci hashing: the upper bits of the product with 2^32 / phi. */
function hash(window: number): number {
  return Math.imul(window, 0x9e3779b1) >>> (32 - HASH_BITS);
}

function rarity(bytes: Buffer, at: number): number {
  const anchor = [...bytes.subarray(at, at + ANCHOR_BYTES)];
  return new Set(anchor.filter((byte) => !COMMON.has(byte))).size;
}

function isAt(memory: Buffer, at: number, bytes: Buffer, anyCase: boolean): boolean {
  if (at < 0 || at + bytes.length > memory.length) return false;
  if (!anyCase) return memory.compare(bytes, 0, bytes.length, at, at + bytes.length) === 0;
  return bytes.every((byte, i) => FOLD[memory[at + i] ?? 0] === FOLD[byte]);
}

/** Characters that two bytes hold and one would have held; all others become 0xff, which is no letter and no space. */
function lowerHalves(memory: Buffer, from: number, end: number): Buffer {
  const half = Buffer.allocUnsafe((end - from) >> 1);
  for (let i = 0, at = from; i < half.length; i++, at += 2) {
    half[i] = memory[at + 1] === 0 ? (memory[at] as number) : 0xff;
  }
  return half;
}

/** Bytes to look for words in, where in them the word begins, and how many bytes of memory one of them took. */
function decoded(memory: Buffer, at: number, coding: Coding, lead: number): [Buffer, number, number] {
  if (coding === "text") return [memory, at, 1];
  // Buffer's own decoders stop at, or skip, what is no digit; a run of digits is all they shall see.
  if (coding === "hex") return [Buffer.from(memory.toString("latin1", at, at + 2 * DECODED_BYTES), "hex"), 0, 2];
  const from = at - (BASE64_SKIP[lead] ?? 0);
  let end = at;
  while (end < from + (4 * DECODED_BYTES) / 3 && BASE64.has(memory[end] ?? 0)) end++;
  return [Buffer.from(memory.toString("latin1", Math.max(0, from), end), "base64"), lead, 4 / 3];
}
