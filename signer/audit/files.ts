import { close, closeSync, constants, fstatSync, fsync, fsyncSync, ftruncate, openSync, write } from "node:fs";
import { join } from "node:path";
import type { AuditIo } from "./io.ts";
import { AHEAD_BYTES } from "./limits.ts";
import { segmentName } from "./segment.ts";

/**
 * The files of the segments. A segment is written ahead: the whole file is filled with line ends before its first
 * record, and records overwrite them. A flush then has no file size and no new blocks to store. Measured, one flush on
 * ext4 (test/bench/audit.ts): 1 record 118 µs against 124 µs appended, 64 records 130 µs against 218 µs. Line ends rather than zeros: the
 * file is text at any time, for grep and jq too.
 */
export class SegmentFiles {
  readonly #folder: string;
  readonly #folderFd: number;
  readonly #bytes: number;
  #fd: number;
  #number: number;
  #next: Promise<number | undefined> | undefined;

  /**
   * Opens segment `number`, and fills it from `used` on where it is not filled yet. Returns when that is on the disk.
   *
   * @throws the system's error
   */
  constructor(folder: string, number: number, used: number, bytes: number, io: AuditIo) {
    this.#folder = folder;
    this.#bytes = bytes;
    this.#number = number;
    this.#folderFd = openSync(folder, "r");
    this.#fd = openSync(join(folder, segmentName(number)), OPEN_OR_CREATE, 0o600);
    for (let at = Math.max(used, fstatSync(this.#fd).size); at < bytes; at += AHEAD_BYTES) {
      io.write(this.#fd, FILLER, Math.min(AHEAD_BYTES, bytes - at), at);
    }
    fsyncSync(this.#fd);
    fsyncSync(this.#folderFd);
  }

  get fd(): number {
    return this.#fd;
  }

  get number(): number {
    return this.#number;
  }

  /** Begins to write the next segment ahead, on other threads; once for each segment. */
  prepare(): void {
    if (this.#next !== undefined) return;
    this.#next = this.#ahead(this.#number + 1).catch(() => undefined);
  }

  /**
   * Goes over to the next segment. The one before is cut to what it holds: a courtesy to readers, so that nothing
   * depends on it.
   *
   * @throws the system's error, through the promise
   */
  async rotate(used: number): Promise<void> {
    this.prepare();
    // Without filler if it could not be written ahead: then the file grows with its records.
    const fd = (await this.#next) ?? this.#create(this.#number + 1);
    const before = this.#fd;
    this.#fd = fd;
    this.#number += 1;
    this.#next = undefined;
    ftruncate(before, used, () => close(before));
  }

  flushFolder(): void {
    fsyncSync(this.#folderFd);
  }

  async close(): Promise<void> {
    const next = await this.#next;
    if (next !== undefined) closeSync(next);
    closeSync(this.#fd);
    closeSync(this.#folderFd);
  }

  #create(number: number): number {
    const fd = openSync(join(this.#folder, segmentName(number)), OPEN_OR_CREATE, 0o600);
    fsyncSync(this.#folderFd);
    return fd;
  }

  async #ahead(number: number): Promise<number> {
    const fd = this.#create(number);
    try {
      for (let at = 0; at < this.#bytes; at += AHEAD_BYTES) {
        await fill(fd, Math.min(AHEAD_BYTES, this.#bytes - at), at);
      }
      await later((done) => fsync(fd, done));
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }
}

const OPEN_OR_CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
const FILLER = Buffer.alloc(AHEAD_BYTES, "\n");

async function fill(fd: number, length: number, position: number): Promise<void> {
  let done = 0;
  while (done < length) {
    done += await new Promise<number>((resolve, reject) =>
      write(fd, FILLER, done, length - done, position + done, (error, n) => (error ? reject(error) : resolve(n))),
    );
  }
}

function later(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error === null ? resolve() : reject(error))));
}
