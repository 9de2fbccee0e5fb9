import { Batch } from "./batch.ts";
import type { AuditHead } from "./chain.ts";
import { type AuditKey, checkpointLine } from "./checkpoint.ts";
import { CHECKPOINT_MS } from "./limits.ts";
import {
  type AuditEntry,
  decisionLine,
  eventLine,
  isoTime,
  type RecordHead,
  recordHash,
  type Started,
} from "./record.ts";
import type { StateFold } from "./state.ts";

export interface WriterParts {
  readonly key: AuditKey | undefined;
  readonly nodeId: string;
  readonly network: string;
  readonly checkpointEvery: number;
  /** What starts, for its record. */
  readonly started: Started | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Gives records their number and their place in the chain, and puts their lines into a batch. */
export class ChainWriter {
  readonly #parts: WriterParts;
  readonly #state: StateFold;
  #seq: number;
  #head: string;
  #sinceCheckpoint: number;
  #checkpointAt = performance.now();
  #time = "";
  #timeOf = Number.NaN;

  /** @param unsigned records after the last checkpoint, which a process that was killed has left behind */
  constructor(parts: WriterParts, { seq, head }: AuditHead, state: StateFold, unsigned: number) {
    this.#parts = parts;
    this.#state = state;
    this.#seq = seq;
    this.#head = head;
    this.#sinceCheckpoint = unsigned;
  }

  /** The last record that has its place; it may not be on the disk yet. */
  get head(): AuditHead {
    return { seq: this.#seq, head: this.#head };
  }

  get state(): StateFold {
    return this.#state;
  }

  /** Records since the last checkpoint. */
  get unsigned(): number {
    return this.#sinceCheckpoint;
  }

  get checkpointDue(): boolean {
    if (this.#sinceCheckpoint >= this.#parts.checkpointEvery) return true;
    return this.#sinceCheckpoint > 0 && performance.now() - this.#checkpointAt >= CHECKPOINT_MS;
  }

  batch(rotates: boolean, buffer: Buffer): Batch {
    return new Batch(this.#seq + 1, rotates, buffer);
  }

  decisions(batch: Batch, entries: readonly AuditEntry[]): void {
    const now = this.#parts.clock();
    const time = this.#isoTime(now);
    for (const entry of entries) {
      this.#put(batch, decisionLine(this.#seq + 1, this.#head, time, batch.first, entry));
      if (entry.decision === "signed") this.#state.signed(entry.client, now, entry.nonce, entry.addressIndex);
    }
  }

  start(batch: Batch, cut: number, torn: string | undefined): void {
    const found = torn === undefined ? { cut } : { cut, torn };
    this.#put(batch, eventLine({ ...this.#next(batch), event: "start", ...found, ...this.#parts.started }));
  }

  note(batch: Batch, text: string): void {
    this.#put(batch, eventLine({ ...this.#next(batch), event: "note", text }));
  }

  nextAddress(batch: Batch, next: number): void {
    this.#put(batch, eventLine({ ...this.#next(batch), event: "address", next }));
    this.#state.setNext(next);
  }

  setBack(batch: Batch, to: number): void {
    this.#put(batch, eventLine({ ...this.#next(batch), event: "clock", to }));
    this.#state.setBack(to);
  }

  archive(batch: Batch, through: number, head: string): void {
    this.#put(batch, eventLine({ ...this.#next(batch), event: "archive", through, head }));
  }

  checkpoint(batch: Batch, segment: number): void {
    const { nodeId: node, network, key } = this.#parts;
    const record = { ...this.#next(batch), segment, node, network, state: this.#state.state() };
    this.#put(batch, checkpointLine({ ...record, event: "checkpoint" }, key));
    this.#sinceCheckpoint = 0;
    this.#checkpointAt = performance.now();
  }

  #put(batch: Batch, line: string): void {
    this.#seq += 1;
    this.#head = recordHash(line);
    this.#sinceCheckpoint += 1;
    batch.add(line);
  }

  #next(batch: Batch): RecordHead {
    return { seq: this.#seq + 1, prev: this.#head, time: this.#isoTime(this.#parts.clock()), batch: batch.first };
  }

  /** One text for all records of a millisecond. */
  #isoTime(now: number): string {
    if (now !== this.#timeOf) {
      this.#timeOf = now;
      this.#time = isoTime(now);
    }
    return this.#time;
  }
}
