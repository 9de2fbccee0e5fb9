import { fdatasync, fdatasyncSync, statfsSync, writeSync } from "node:fs";

/** What the log does to the disk while it runs; tests put failures here. */
export interface AuditIo {
  /** Writes all of `length` bytes. @throws the system's error, also when the disk takes only a part */
  write(fd: number, bytes: Uint8Array, length: number, position: number): void;
  /** @throws the system's error */
  flush(fd: number): void;
  /** The same on another thread. */
  flushLater(fd: number, done: (error: Error | null) => void): void;
  /** Bytes that an ordinary user may still write to the disk of a folder. */
  free(folder: string): number;
}

export const DISK: AuditIo = {
  write(fd, bytes, length, position) {
    let done = 0;
    while (done < length) done += writeSync(fd, bytes, done, length - done, position + done);
  },
  flush: fdatasyncSync,
  flushLater: fdatasync,
  free(folder) {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  },
};
