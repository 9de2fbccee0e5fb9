/** Reads one message's fields in order. Every read is bounds-checked; `bad` is set once and for all. */
export class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  at: number;
  bad = false;

  constructor(bytes: Buffer, from: number, end: number) {
    this.#bytes = bytes;
    this.at = from;
    this.#end = end;
  }

  get more(): boolean {
    return !this.bad && this.at < this.#end;
  }

  /** A varint as a number: exact up to 2^53, which is all that tags, lengths and enums need. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < 10 && this.at < this.#end; count += 1) {
      const byte = this.#bytes[this.at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    this.bad = true;
    return 0;
  }

  /** The end of a length-delimited field that begins here, or this message's end when it does not fit. */
  fieldEnd(): number {
    const length = this.varint();
    const end = this.at + length;
    if (end > this.#end) this.bad = true;
    return this.bad ? this.#end : end;
  }

  bytesField(): Buffer {
    const end = this.fieldEnd();
    const value = this.#bytes.subarray(this.at, end);
    this.at = end;
    return value;
  }

  rawVarint(): Buffer {
    const from = this.at;
    this.varint();
    return this.#bytes.subarray(from, this.at);
  }

  /** Passes over a field that is not known here. */
  skip(tag: number): void {
    const wireType = tag & 7;
    if (tag < 8) this.bad = true;
    else if (wireType === 0) this.varint();
    else if (wireType === 1) this.at += 8;
    else if (wireType === 2) this.at = this.fieldEnd();
    else if (wireType === 5) this.at += 4;
    else this.bad = true;
    if (this.at > this.#end) this.bad = true;
  }
}

/** Bytes of tags, lengths and an id around a value; no value here is longer than four length bytes can say. */
export const OVERHEAD = 32;

/** Writes fields into one buffer that the caller has measured. */
export class Writer {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  field(tag: number, value: Uint8Array): void {
    this.#bytes[this.#at++] = tag;
    this.varint(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  byte(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  done(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
}

/** The length of a safe integer as a varint. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) length += 1;
  return length;
}

/** Of a whole field: its tag, its length, its bytes; nothing where it is empty. */
export const fieldLength = (length: number): number => (length === 0 ? 0 : 1 + varintLength(length) + length);
