import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { fail, ok, type Result } from "../../ceremony/result.ts";

export type FileError = {
  readonly code: /** It is there: an identity is never overwritten, the bundles for it would be lost. */
    | "file_exists"
    | "file_not_written"
    | "file_not_read"
    /** Others than its owner may read it. */
    | "file_mode"
    /** Larger than any file of its kind. */
    | "file_size";
};

/** An identity or a bundle is below 1 KiB; with comments and a chain of people who edit them, this is still plenty. */
const FILE_BYTES_MAX = 65_536;

/** Writes a new file for its owner alone and flushes it; one that cannot be written whole is removed. */
export function writeSecretFile(path: string, bytes: Uint8Array): Result<undefined, FileError> {
  let file: number;
  try {
    // wx is O_CREAT | O_EXCL: no race, and no following of a link that somebody put there.
    file = openSync(path, "wx", 0o600);
  } catch (error) {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    return fail({ code: exists ? "file_exists" : "file_not_written" });
  }
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
    return ok(undefined);
  } catch {
    unlinkSync(path);
    return fail({ code: "file_not_written" });
  } finally {
    closeSync(file);
  }
}

/** Reads a file of at most 64 KiB; a secret one only if nobody else may read it. The bytes are the caller's to wipe. */
export function readSmallFile(path: string, kind: "secret" | "public"): Result<Buffer, FileError> {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return fail({ code: "file_not_read" });
  }
  try {
    const { mode, size } = fstatSync(file);
    if (kind === "secret" && (mode & 0o077) !== 0) return fail({ code: "file_mode" });
    if (size > FILE_BYTES_MAX) return fail({ code: "file_size" });
    return ok(readFileSync(file));
  } catch {
    return fail({ code: "file_not_read" });
  } finally {
    closeSync(file);
  }
}
