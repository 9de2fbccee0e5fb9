import { hash } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Batch, placeOfHead, type RecordPlace } from "./batch.ts";
import { type DiskReport, DiskWatch } from "./disk.ts";
import { type AppendCode, AuditAppendError } from "./errors.ts";
import type { SegmentFiles } from "./files.ts";
import type { AuditIo } from "./io.ts";
import { type LookedUp, lookUp } from "./lookup.ts";
import type { AuditEntry, DurableState } from "./record.ts";
import { segmentName, segmentNumbers } from "./segment.ts";
import { type Found, firstRecord } from "./start.ts";
import { ChainWriter, type WriterParts } from "./writer.ts";

/** What a log is made of; `openAuditLog` puts it together. */
export interface LogParts extends WriterParts {
  readonly folder: string;
  readonly files: SegmentFiles;
  readonly found: Found;
  readonly io: AuditIo;
  readonly segmentBytes: number;
  readonly reserveBytes: number;
  readonly inlineRecords: number;
  readonly onFlush: (flush: Flush) => void;
  readonly release: () => void;
}

/** One flush, for metrics. */
export interface Flush {
  readonly records: number;
  readonly bytes: number;
  /** From the write to the return of fdatasync. */
  readonly ms: number;
}

/**
 * The log while the signer runs. Group commit: what is appended in one turn of the event loop, or while a flush is
 * under way, is written with one write and one fdatasync. A record gets its number and its place in the chain when it
 * is appended, and is on the disk when the promise resolves.
 *
 * A write or flush that fails ends the log for this process: after a failed fdatasync the kernel may drop what it could
 * not store and say yes the next time, so only a restart, which reads the disk, knows what is there. Too little room is
 * another matter: it is seen before anything is written, and passes.
 */
export class AuditLog {
  readonly #parts: LogParts;
  readonly #disk: DiskWatch;
  readonly #writer: ChainWriter;
  /** The last record on the disk. */
  #durable: RecordPlace;
  /** Segment that the next record goes to, and the bytes of it that are spoken for. */
  #segment: number;
  #position: number;
  #pending: Batch | undefined;
  #flushing: Batch | undefined;
  #buffer: Buffer = Buffer.allocUnsafe(64 * 1024);
  #failure: AuditAppendError | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: LogParts) {
    this.#parts = parts;
    const { found, io, folder } = parts;
    this.#disk = new DiskWatch(() => io.free(folder), parts.reserveBytes);
    const unsigned = found.head.seq - (found.checkpoint?.seq ?? 0);
    this.#writer = new ChainWriter(parts, found.head, found.state, unsigned);
    this.#segment = found.segment;
    this.#position = found.used + this.#start(found);
    this.#durable = placeOfHead(this.#writer.head);
  }

  /**
   * Appends decisions, in their order. Resolves with the place of the last one when they are on the disk: nothing that
   * rests on them may leave the process before.
   *
   * Rejects with an AuditAppendError; then the records may or may not be on the disk, and what they stand for must not
   * be given out.
   */
  append(entries: readonly AuditEntry[]): Promise<RecordPlace> {
    return this.#record((batch) => this.#writer.decisions(batch, entries));
  }

  /** Puts on record that something happened which is no decision: at most 200 characters. Settles as `append` does. */
  note(text: string): Promise<RecordPlace> {
    return this.#record((batch) => this.#writer.note(batch, text));
  }

  /** Puts on record that a person set which address comes next; `state` says so from here on. Settles as `append` does. */
  nextAddress(next: number): Promise<RecordPlace> {
    return this.#record((batch) => this.#writer.nextAddress(batch, next));
  }

  /** Puts on record that a person set back what a wrong clock had signed, to milliseconds since 1970. Settles as `append` does. */
  setBack(toMs: number): Promise<RecordPlace> {
    return this.#record((batch) => this.#writer.setBack(batch, toMs));
  }

  /**
   * Removes all segments but the last `keep`. A record that says so, and a checkpoint over it, are on the disk before:
   * segments that are gone without it are missing ones. Returns the names of the files, which should have been copied.
   *
   * @throws AuditAppendError, or the system's error
   */
  async archive(keep: number): Promise<string[]> {
    const { folder, files } = this.#parts;
    const from = this.#segment - Math.max(1, keep) + 1;
    const gone = segmentNumbers(readdirSync(folder)).filter((number) => number < from);
    const first = gone.length === 0 ? undefined : firstRecord(join(folder, segmentName(from)));
    if (first === undefined) return [];
    await this.#record((batch) => {
      this.#writer.archive(batch, first.seq - 1, first.prev);
      this.#writer.checkpoint(batch, this.#segment);
    });
    const names = gone.map(segmentName);
    // The oldest first: wherever this breaks off, what is left is one piece.
    for (const name of names) rmSync(join(folder, name));
    files.flushFolder();
    return names;
  }

  /** The last record that is on the disk. */
  head(): RecordPlace {
    return this.#durable;
  }

  /**
   * The hash of a record that is on the disk, for whoever saw it before.
   *
   * @throws the system's error, through the promise
   */
  async hashOf(seq: bigint): Promise<LookedUp & { readonly last: bigint }> {
    const { seq: last, head } = this.#durable;
    if (seq === last) return { head, first: 1, last };
    if (seq < 1n || seq > last) return { head: undefined, first: 1, last };
    return { ...(await lookUp(this.#parts.folder, Number(seq))), last };
  }

  /** What the policy has to know after a restart, as of the last append. */
  state(): DurableState {
    return this.#writer.state.state();
  }

  disk(): DiskReport {
    return this.#disk.report(performance.now());
  }

  /** The public key that the checkpoints are signed with; undefined where they are not. */
  key(): string | undefined {
    return this.#parts.key?.publicKey;
  }

  /** Why appends are refused now; undefined while they are not. */
  refusal(): AppendCode | undefined {
    return this.#refusal()?.code;
  }

  /** Appends that wait for their flush. */
  get queued(): number {
    return (this.#pending?.waiting.length ?? 0) + (this.#flushing?.waiting.length ?? 0);
  }

  /** Finishes what was appended, signs a last checkpoint, closes. Appends after it are refused. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const busy = this.#pending !== undefined || this.#flushing !== undefined;
    if (this.#failure === undefined && (busy || this.#writer.unsigned > 0)) {
      const batch = this.#collect();
      if (this.#writer.unsigned > 0) this.#writer.checkpoint(batch, this.#segment);
      // A failure is known to everybody who waited for a record; closing goes on.
      await this.#whenFlushed(batch).catch(() => undefined);
    }
    await this.#parts.files.close();
    this.#parts.release();
  }

  /**
   * The first records of this process, on this thread: that it started, and what it took off. They are written over the
   * torn record itself, in one write, so that there is no moment at which it is gone and not on record.
   *
   * @returns their bytes
   */
  #start({ used, torn }: Found): number {
    const { io, files } = this.#parts;
    const batch = this.#writer.batch(false, this.#buffer);
    if (used === 0) this.#writer.checkpoint(batch, this.#segment);
    this.#writer.start(batch, torn.length, torn.length === 0 ? undefined : hash("sha256", torn, "hex"));
    if (this.#writer.checkpointDue) this.#writer.checkpoint(batch, this.#segment);
    const length = batch.used;
    while (batch.used < torn.length) batch.add("");
    io.write(files.fd, batch.bytes, batch.used, used);
    io.flush(files.fd);
    this.#buffer = batch.bytes;
    return length;
  }

  #record(put: (batch: Batch) => void): Promise<RecordPlace> {
    const refused = this.#refusal();
    if (refused !== undefined) return Promise.reject(refused);
    const batch = this.#collect();
    put(batch);
    return this.#whenFlushed(batch);
  }

  #refusal(): AuditAppendError | undefined {
    if (this.#failure !== undefined) return this.#failure;
    if (this.#closed !== undefined) return new AuditAppendError("audit_closed");
    return this.#disk.hasRoom(performance.now()) ? undefined : new AuditAppendError("audit_disk_reserve");
  }

  /** The batch that takes the next record; it goes out when the event loop has taken in what is there now. */
  #collect(): Batch {
    if (this.#pending !== undefined) return this.#pending;
    const rotates = this.#position >= (this.#parts.segmentBytes * 15) / 16;
    const batch = this.#writer.batch(rotates, this.#buffer);
    this.#buffer = NONE;
    this.#pending = batch;
    if (rotates) {
      this.#segment += 1;
      this.#writer.checkpoint(batch, this.#segment);
    }
    if (this.#flushing === undefined) setImmediate(() => this.#flush(true));
    return batch;
  }

  #whenFlushed(batch: Batch): Promise<RecordPlace> {
    const { head } = this.#writer;
    if (this.#writer.checkpointDue) this.#writer.checkpoint(batch, this.#segment);
    return new Promise((resolve, reject) => batch.waiting.push({ head, resolve, reject }));
  }

  /** @param idle no flush was under way when the batch began */
  #flush(idle: boolean): void {
    const batch = this.#pending;
    if (batch === undefined || this.#flushing !== undefined) return;
    this.#pending = undefined;
    this.#flushing = batch;
    const last = placeOfHead(this.#writer.head);
    const before = this.#position;
    const at = batch.rotates ? 0 : before;
    this.#position = at + batch.used;
    const write = (): void => this.#write(batch, at, last, idle);
    if (batch.rotates) {
      this.#parts.files.rotate(before).then(write, (error: unknown) => this.#fail(error));
    } else {
      write();
    }
  }

  #write(batch: Batch, at: number, last: RecordPlace, idle: boolean): void {
    const { io, files, inlineRecords } = this.#parts;
    const start = performance.now();
    const done = (error: Error | null): void => {
      if (error === null) this.#flushed(batch, last, performance.now() - start);
      else this.#fail(error);
    };
    try {
      io.write(files.fd, batch.bytes, batch.used, at);
      if (!idle || Number(last.seq) - batch.first >= inlineRecords) {
        io.flushLater(files.fd, done);
        return;
      }
      io.flush(files.fd);
    } catch (error) {
      this.#fail(error);
      return;
    }
    done(null);
  }

  #flushed(batch: Batch, last: RecordPlace, ms: number): void {
    this.#durable = last;
    this.#flushing = undefined;
    if (this.#buffer === NONE) this.#buffer = batch.bytes;
    for (const { head, resolve } of batch.waiting) resolve(placeOfHead(head));
    // What came meanwhile goes to the disk while the answers go out: those run when this function has returned.
    this.#flush(false);
    this.#disk.wrote(batch.used);
    if (this.#position > this.#parts.segmentBytes / 2) this.#parts.files.prepare();
    this.#parts.onFlush({ records: Number(last.seq) - batch.first + 1, bytes: batch.used, ms });
  }

  #fail(cause: unknown): void {
    this.#failure = new AuditAppendError("audit_failed", cause);
    const waiting = [...(this.#flushing?.waiting ?? []), ...(this.#pending?.waiting ?? [])];
    this.#flushing = undefined;
    this.#pending = undefined;
    for (const { reject } of waiting) reject(this.#failure);
  }
}

/** Stands for a buffer that is in use. */
const NONE: Buffer = Buffer.alloc(0);
