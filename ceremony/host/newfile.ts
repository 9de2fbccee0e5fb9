import { closeSync, fsyncSync, openSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { fail, ok, type Result } from "../../core/result.ts";

export type NewFileError = { readonly code: "file_exists" | "file_not_written" };

/**
 * Writes a file that does not exist yet, for its owner only, and reads it back. A file that was there is left as it is;
 * one that could not be written whole is removed, so that it is never taken for a result.
 */
export function writeNewFile(path: string, bytes: Buffer): Result<undefined, NewFileError> {
  let descriptor: number;
  try {
    // wx is O_CREAT | O_EXCL: no race, and no following of a link that somebody put there.
    descriptor = openSync(path, "wx", 0o600);
  } catch (error) {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    return fail({ code: exists ? "file_exists" : "file_not_written" });
  }
  return fill(descriptor, bytes) && isWritten(path, bytes) ? ok(undefined) : remove(path);
}

function fill(descriptor: number, bytes: Buffer): boolean {
  try {
    writeFileSync(descriptor, bytes);
    fsyncSync(descriptor);
    return true;
  } catch {
    return false;
  } finally {
    closeSync(descriptor);
  }
}

function isWritten(path: string, bytes: Buffer): boolean {
  try {
    return readFileSync(path).equals(bytes);
  } catch {
    return false;
  }
}

function remove(path: string): Result<undefined, NewFileError> {
  try {
    unlinkSync(path);
  } catch {
    // The folder is gone or has become read-only: there is nothing left to remove it with, and the error says the rest.
  }
  return fail({ code: "file_not_written" });
}
