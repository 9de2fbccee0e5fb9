import type { AuditHead } from "./chain.ts";

/** The lines of one write, collected while the write before is under way. */
export class Batch {
  /** `seq` of its first record. */
  readonly first: number;
  /** It begins a new segment. */
  readonly rotates: boolean;
  bytes: Buffer;
  used = 0;
  readonly waiting: Waiting[] = [];

  /** @param bytes a buffer to use again; grows where it must */
  constructor(first: number, rotates: boolean, bytes: Buffer) {
    this.first = first;
    this.rotates = rotates;
    this.bytes = bytes;
  }

  /** Adds a line of ASCII and its line end. */
  add(line: string): void {
    const end = this.used + line.length + 1;
    if (end > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, 2 * this.bytes.length));
      this.bytes.copy(larger, 0, 0, this.used);
      this.bytes = larger;
    }
    this.bytes.write(line, this.used, "latin1");
    this.bytes[end - 1] = 0x0a;
    this.used = end;
  }
}

/** An append that is told when its records are on the disk. */
export interface Waiting {
  readonly head: AuditHead;
  readonly resolve: (place: RecordPlace) => void;
  readonly reject: (error: Error) => void;
}

/** A place in the log: what a client keeps as witness. */
export interface RecordPlace {
  readonly seq: bigint;
  /** SHA-256 of the record of that number: 32 bytes. */
  readonly head: Buffer;
}

export function placeOfHead({ seq, head }: AuditHead): RecordPlace {
  return { seq: BigInt(seq), head: Buffer.from(head, "hex") };
}
