/** Why the log cannot be opened. */
export type AuditOpenError =
  /** Another process has the folder. */
  | { readonly code: "audit_locked" }
  /** Something in it is not as it was written. `line` counts from 1. */
  | { readonly code: "audit_damaged"; readonly segment: string; readonly line: number; readonly reason: string }
  /** Segments between two others, or before the first with no record that says they were archived. */
  | { readonly code: "audit_segment_missing"; readonly segment: string }
  /** It is the log of another node or network. */
  | { readonly code: "audit_other_node"; readonly node: string; readonly network: string }
  /** The audit key's file holds no Ed25519 key, or others may read it. */
  | { readonly code: "audit_key" }
  /** The log is signed with another key than there is now, or with one that is gone: nobody goes on without it. */
  | { readonly code: "audit_key_other" }
  /** The disk says no. */
  | { readonly code: "audit_io"; readonly errno: string };

export type AppendCode =
  /** A write or flush failed. Nobody knows what is on the disk, so nothing more is appended until a restart reads it. */
  | "audit_failed"
  /** Too little room on the disk. Nothing was written; it goes on by itself when there is room again. */
  | "audit_disk_reserve"
  | "audit_closed";

/** An append that is not on the disk: what waited for it must not leave the process. */
export class AuditAppendError extends Error {
  readonly code: AppendCode;

  constructor(code: AppendCode, cause?: unknown) {
    super(code, cause === undefined ? {} : { cause });
    this.code = code;
  }
}

/** `ENOSPC` and the like, of whatever was thrown. */
export function errnoOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return "unknown";
}
