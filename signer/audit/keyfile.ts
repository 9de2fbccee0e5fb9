import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { fail, ok, type Result } from "../../core/result.ts";
import { type AuditKey, newAuditKey, parseAuditKey } from "./checkpoint.ts";
import { type AuditOpenError, errnoOf } from "./errors.ts";

export function auditKeyPath(dir: string): string {
  return join(dir, "audit-key.pem");
}

/** The audit key of a data folder; undefined if `signer audit init` was never run for it. */
export function readAuditKey(dir: string): Result<AuditKey | undefined, AuditOpenError> {
  let fd: number;
  try {
    fd = openSync(auditKeyPath(dir), "r");
  } catch (error) {
    const errno = errnoOf(error);
    return errno === "ENOENT" ? ok(undefined) : fail({ code: "audit_io", errno });
  }
  try {
    const key = (fstatSync(fd).mode & 0o077) === 0 ? parseAuditKey(readFileSync(fd, "latin1")) : undefined;
    return key === undefined ? fail({ code: "audit_key" }) : ok(key);
  } finally {
    closeSync(fd);
  }
}

/** Makes the audit key of a data folder. Never over one that is there: the log is signed with it. */
export function createAuditKey(dir: string): Result<AuditKey, { readonly code: "audit_io"; readonly errno: string }> {
  const pem = newAuditKey();
  const key = parseAuditKey(pem);
  if (key === undefined) return fail({ code: "audit_io", errno: "unknown" });
  try {
    const fd = openSync(auditKeyPath(dir), "wx", 0o600);
    writeSync(fd, pem);
    fsyncSync(fd);
    closeSync(fd);
    const folder = openSync(dirname(auditKeyPath(dir)), "r");
    fsyncSync(folder);
    closeSync(folder);
  } catch (error) {
    return fail({ code: "audit_io", errno: errnoOf(error) });
  }
  return ok(key);
}
