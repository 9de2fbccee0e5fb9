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
import type { Draft } from "../flow/play.ts";
import { fail, ok, type Result } from "../result.ts";
import { appendEvent, GENESIS, type Head } from "../transcript/chain.ts";

export type OutputError = { readonly code: "out_not_empty" | "out_unwritable" };

/** The output folder: the transcript, which only grows, and files that are there whole or not at all. */
export interface Output {
  /**
   * Appends and flushes; false if the medium is full or gone, and then what is there ends with a whole line. Nothing is
   * appended after that: a shorter event might still fit, and the transcript would have a hole.
   */
  append(draft: Draft, at: string): boolean;
  /** The head of the transcript, once all of it has been read back from the medium; undefined if it differs. */
  head(): string | undefined;
  /** Writes a file by way of a temporary one, reads it back, and says what it read. */
  write(file: string, text: string): Result<{ readonly sha256: string; readonly bytes: number }, "failed" | "differs">;
  close(): void;
}

const TRANSCRIPT = "transcript.jsonl";
/** A leading dot and another ending: nobody takes it for a result, and `ceremony verify` is never given it. */
const temporary = (file: string): string => `.${file}.part`;

/**
 * Makes the folder if need be and checks that nothing is in it: an output of another ceremony is never mixed in.
 * @returns whether the folder was made here
 */
export function prepareFolder(folder: string): Result<boolean, OutputError> {
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined;
    // A stick's own folder for lost clusters is no output of anybody.
    if (readdirSync(folder).some((name) => name !== "lost+found")) return fail({ code: "out_not_empty" });
    const probe = join(folder, temporary("probe"));
    closeSync(openSync(probe, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600));
    rmSync(probe);
    return ok(made);
  } catch {
    return fail({ code: "out_unwritable" });
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
  } catch {
    return fail({ code: "out_unwritable" });
  }
  let head: Head = GENESIS;
  let length = 0;
  let broken = false;
  const written = createHash("sha256");

  const append = (draft: Draft, at: string): boolean => {
    if (broken) return false;
    const next = appendEvent(head, draft, at);
    try {
      let done = 0;
      while (done < next.line.length) done += writeSync(file, next.line, done, next.line.length - done, length + done);
      fsyncSync(file);
      if (!isStillAt(file, join(folder, TRANSCRIPT))) broken = true;
    } catch {
      // Half a line is worse than none: the transcript ends where the medium did.
      cutBack(file, length);
      broken = true;
    }
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
    close: () => closeSync(file),
  });
}

/** A file that was removed, or whose stick was pulled out, takes bytes as long as it is open: nobody will see them. */
function isStillAt(file: number, path: string): boolean {
  const open = fstatSync(file);
  const named = statSync(path);
  return open.ino === named.ino && open.dev === named.dev;
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
    const file = openSync(part, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
    flushFolder(folder);
    const read = readFileSync(path);
    if (!read.equals(bytes)) {
      // A medium that lies: what stands there must not be taken for a result.
      rmSync(path, { force: true });
      return fail("differs");
    }
    return ok({ sha256: createHash("sha256").update(read).digest("hex"), bytes: read.length });
  } catch {
    try {
      rmSync(part, { force: true });
    } catch {
      // The medium has gone. A part that stays is never taken for a result.
    }
    return fail("failed");
  }
}
