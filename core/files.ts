import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { isAbsolute } from "node:path";
import { fail, ok, type Result } from "./result.ts";

export type SecretFileError = {
  readonly code: /** It is there: an identity is never overwritten, the bundles for it would be lost. */
    | "file_exists"
    | "file_not_written"
    | "file_not_read"
    /** Others than its owner may read it. */
    | "file_mode"
    /** Larger than any file of its kind. */
    | "file_size";
  /** The system's word, or the mode and owner that were found. */
  readonly why?: string;
};

/** An identity or a bundle is below 1 KiB; with comments and a chain of people who edit them, this is still plenty. */
const FILE_BYTES_MAX = 65_536;

/** Writes a new file for its owner alone and flushes it; one that cannot be written whole is removed. */
export function writeSecretFile(path: string, bytes: Uint8Array): Result<undefined, SecretFileError> {
  let file: number;
  try {
    // wx is O_CREAT | O_EXCL: no race, and no following of a link that somebody put there.
    file = openSync(path, "wx", 0o600);
  } catch (error) {
    const why = errnoOf(error);
    return fail({ code: why === "EEXIST" ? "file_exists" : "file_not_written", why });
  }
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
    return ok(undefined);
  } catch (error) {
    unlinkSync(path);
    return fail({ code: "file_not_written", why: errnoOf(error) });
  } finally {
    closeSync(file);
  }
}

/**
 * Reads a file of at most 64 KiB; a secret one only if nobody else may read it (`isPrivate`). The bytes are the caller's
 * to wipe.
 */
export function readSmallFile(path: string, kind: "secret" | "public"): Result<Buffer, SecretFileError> {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    return fail({ code: "file_not_read", why: errnoOf(error) });
  }
  try {
    const stats = fstatSync(file);
    const { mode, uid, gid, size } = stats;
    if (kind === "secret" && !isPrivate(path, stats))
      return fail({ code: "file_mode", why: `mode ${(mode & 0o7777).toString(8)}, owner ${uid}:${gid}` });
    if (!stats.isFile()) return fail({ code: "file_not_read", why: "no file" });
    if (size > FILE_BYTES_MAX) return fail({ code: "file_size", why: `${size} bytes` });
    return ok(readFileSync(file));
  } catch (error) {
    return fail({ code: "file_not_read", why: errnoOf(error) });
  } finally {
    closeSync(file);
  }
}

/** Nobody writes, and others do nothing: what systemd and kubelet make, and an editor does not. */
const HANDED_OVER = 0o440;

/**
 * Whether only this process' user may read a file, in one of three ways:
 *
 * - its mode says so;
 * - systemd handed it over: `LoadCredential=` files are root's, 0400, and from systemd 254 on an ACL lets the service's
 *   user read them, which `stat` shows as 0440 (the group bits of a file with an ACL are its mask, acl(5));
 * - a pod's kubelet did: a secret's file is root's, 0440, and its group is `fsGroup`, which has to be this process' own
 *   group. The groups that it is in beside that one have other members: its clients.
 */
function isPrivate(path: string, { mode, uid, gid }: Stats): boolean {
  if ((mode & 0o077) === 0) return true;
  if (uid !== 0 || (mode & 0o777) !== HANDED_OVER) return false;
  return gid === process.getegid?.() || isCredential(path);
}

/** Below the folder that systemd made for this service alone. Links are followed: where the file is counts. */
function isCredential(path: string): boolean {
  const folder = process.env["CREDENTIALS_DIRECTORY"];
  if (folder === undefined || !isAbsolute(folder)) return false;
  return realpathSync(path).startsWith(`${realpathSync(folder)}/`);
}

/** `ENOENT` and the like. */
function errnoOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
