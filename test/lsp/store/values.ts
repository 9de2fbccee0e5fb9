import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { Result } from "../../../core/result.ts";

export function value<T>(result: Result<T, unknown>): T {
  assert(result.ok, inspect(result));
  return result.value;
}

export function errorCode(result: Result<unknown, { readonly code: string }>): string {
  assert(!result.ok, "not refused");
  return result.error.code;
}

/** A key of 33 bytes; equal numbers, equal keys. */
export function numberedKey(number: number): Buffer {
  const key = Buffer.alloc(33, 0x02);
  key.writeUInt32BE(number, 29);
  return key;
}
