import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { fail, ok, type Result } from "../../core/result.ts";
import type { StepDraft } from "../flow/play.ts";
import { OUT_ROOM } from "../limits.ts";
import { appendEvent, TRANSCRIPT_GENESIS, type TranscriptHead } from "../transcript/chain.ts";

export interface OutputError {
  readonly code: "out_not_empty" | "out_unwritable" | "out_full";
  /** What the system said, such as ENOSPC; empty where nothing failed. */
  readonly errno: string;
}

/** The output folder: the transcript, which only grows, and files that are there whole or not at all. */
export interface Output {
  /**
   * Appends and flushes; false if the medium is full or gone, and then what is there ends with a whole line. Nothing is
   * appended after that: a shorter event might still fit, and the transcript would have a hole.
   */
  append(draft: StepDraft, at: string): boolean;
  /** The head of the transcript, once all of it has been read back from the medium; undefined if it differs. */
  head(): string | undefined;
  /** Writes a file by way of a temporary one, reads it back, and says what it read. */
  write(file: string, text: string): Result<{ readonly sha256: string; readonly bytes: number }, "failed" | "differs">;
  close(): void;
}

const TRANSCRIPT = "transcript.jsonl";
/** A leading dot and another ending: nobody takes it for a result, and `ceremony verify` is never given it. */
const temporary = (file: string): string => `.${file}.part`;
/** Holds the room that the rest of the ceremony needs, so that a medium is full at its first step and not at its last. */
const ROOM = temporary("room");
/** Not of somebody's output: a stick's own folder for lost clusters, and what a ceremony held that was killed. */
const PASSED_OVER = ["lost+found", ROOM];

const errnoOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");
const isFull = (error: unknown): boolean => ["ENOSPC", "EDQUOT"].includes(errnoOf(error));

/**
 * Makes the folder if need be, checks that nothing is in it (an output of another ceremony is never mixed in), and takes
 * the room that a ceremony needs by writing it: what a file system says of its free bytes is no promise.
 * @returns whether the folder was made here
 */
export function prepareFolder(folder: string): Result<boolean, OutputError> {
  let made = false;
  try {
    made = mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined;
    if (readdirSync(folder).some((name) => !PASSED_OVER.includes(name)))
      return fail({ code: "out_not_empty", errno: "" });
    writeNew(join(folder, ROOM), Buffer.alloc(OUT_ROOM, 0x5a), "w");
    return ok(made);
  } catch (error) {
    releaseRoom(folder);
    if (made) removeEmptyFolder(folder);
    return fail({ code: isFull(error) ? "out_full" : "out_unwritable", errno: errnoOf(error) });
  }
}

/** Gives the room back. Says whether there was any. */
export function releaseRoom(folder: string): boolean {
  try {
    rmSync(join(folder, ROOM));
    return true;
  } catch {
    // Given back already, or the medium has gone: what is written next says which.
    return false;
  }
}

/** Writes a file and flushes it; `wx` takes no file that is there. */
function writeNew(path: string, bytes: Uint8Array, flags: "w" | "wx"): void {
  const file = openSync(path, flags, 0o600);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Takes back a folder that was made for a ceremony which then recorded nothing. One that holds anything stays. */
export function removeEmptyFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not empty, or gone: there is nothing of ours to take back.
  }
}

function flushFolder(folder: string): void {
  const file = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Creates the transcript in a prepared folder. */
export function openOutput(folder: string): Result<Output, OutputError> {
  let file: number;
  try {
    file = openSync(join(folder, TRANSCRIPT), constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
    flushFolder(folder);
  } catch (error) {
    return fail({ code: "out_unwritable", errno: errnoOf(error) });
  }
  let head: TranscriptHead = TRANSCRIPT_GENESIS;
  let length = 0;
  let broken = false;
  const written = createHash("sha256");

  /** Half a line is worse than none: the transcript ends where the medium did. */
  const put = (line: Buffer): unknown => {
    try {
      for (let done = 0; done < line.length; ) done += writeSync(file, line, done, line.length - done, length + done);
      fsyncSync(file);
      return undefined;
    } catch (error) {
      cutBack(file, length);
      return error;
    }
  };

  const append = (draft: StepDraft, at: string): boolean => {
    if (broken) return false;
    const next = appendEvent(head, draft, at);
    let failed = put(next.line);
    if (isFull(failed) && releaseRoom(folder)) failed = put(next.line);
    if (failed !== undefined || !isStillAt(file, join(folder, TRANSCRIPT))) broken = true;
    if (broken) return false;
    written.update(next.line);
    length += next.line.length;
    head = next.head;
    return true;
  };

  return ok({
    append,
    head: () => {
      try {
        const read = createHash("sha256")
          .update(readFileSync(join(folder, TRANSCRIPT)))
          .digest("hex");
        return read === written.copy().digest("hex") ? head.prev : undefined;
      } catch {
        return undefined;
      }
    },
    write: (name, text) => writeWhole(folder, name, text),
    close: () => {
      releaseRoom(folder);
      closeSync(file);
    },
  });
}

/** A file that was removed, or whose stick was pulled out, takes bytes as long as it is open: nobody will see them. */
function isStillAt(file: number, path: string): boolean {
  try {
    const open = fstatSync(file);
    const named = statSync(path);
    return open.ino === named.ino && open.dev === named.dev;
  } catch {
    // Nothing is under the name any more.
    return false;
  }
}

function cutBack(file: number, length: number): void {
  try {
    ftruncateSync(file, length);
  } catch {
    // The medium has gone: there is nothing left to mend, and `append` has said so already.
  }
}

function writeWhole(folder: string, name: string, text: string): ReturnType<Output["write"]> {
  const part = join(folder, temporary(name));
  const path = join(folder, name);
  const bytes = Buffer.from(text);
  try {
    writeNew(part, bytes, "wx");
    renameSync(part, path);
    flushFolder(folder);
    const read = readFileSync(path);
    if (!read.equals(bytes)) {
      // A medium that lies: what stands there must not be taken for a result.
      rmSync(path, { force: true });
      return fail("differs");
    }
    return ok({ sha256: createHash("sha256").update(read).digest("hex"), bytes: read.length });
  } catch (error) {
    try {
      rmSync(part, { force: true });
    } catch {
      // The medium has gone. A part that stays is never taken for a result.
    }
    return isFull(error) && releaseRoom(folder) ? writeWhole(folder, name, text) : fail("failed");
  }
}
