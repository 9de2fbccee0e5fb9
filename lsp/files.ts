import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { fail, ok, type Result } from "../core/result.ts";
import { Secret } from "../core/secret.ts";
import type { LspErrorCode } from "./errors.ts";
import { FILE_BYTES_MAX } from "./limits.ts";

/** A code of the registry, and what it is about: a path, a key, the system's own word. Never what a file holds. */
export interface LspStartError {
  readonly code: LspErrorCode;
  readonly about: string;
}

export function refuse(code: LspErrorCode, about = ""): { readonly ok: false; readonly error: LspStartError } {
  return fail({ code, about });
}

export function readStartText(path: string): Result<string, LspStartError> {
  const bytes = readBytes(path, "public");
  return bytes.ok ? ok(bytes.value.toString("utf8")) : bytes;
}

/** A file that not everybody may read, without the line's end that editors put there. */
export function readSecret(path: string): Result<Secret, LspStartError> {
  const bytes = readBytes(path, "secret");
  if (!bytes.ok) return bytes;
  let end = bytes.value.length;
  while (end > 0 && (bytes.value[end - 1] === 0x0a || bytes.value[end - 1] === 0x0d)) end -= 1;
  const secret = Secret.copyOf(bytes.value.subarray(0, end));
  bytes.value.fill(0);
  return secret.length > 0 ? ok(secret) : refuse("file_form", `${path}: empty`);
}

/**
 * At most `FILE_BYTES_MAX`. The group may read a secret file: `root:lsp 0640` is how a file is handed to a service that
 * shall not change it.
 */
export function readBytes(path: string, kind: "secret" | "public"): Result<Buffer, LspStartError> {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    return refuse("file_unreadable", `${path}: ${errnoOrCode(error)}`);
  }
  try {
    const { mode, size } = fstatSync(file);
    if (kind === "secret" && (mode & 0o007) !== 0) return refuse("file_mode", path);
    if (size > FILE_BYTES_MAX) return refuse("file_size", path);
    return ok(readFileSync(file));
  } catch (error) {
    return refuse("file_unreadable", `${path}: ${errnoOrCode(error)}`);
  } finally {
    closeSync(file);
  }
}

/** The system's own word, `EACCES` for one, of what a call threw. */
export function errnoOrCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
