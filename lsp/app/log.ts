import { type DestinationStream, pino } from "pino";
import type { LspConfig } from "./config.ts";

export type Log = pino.Logger;

/**
 * JSON lines. What is logged is chosen field by field: codes, numbers, ids of requests, states; never a frame, a
 * signature, a key of a customer, an address on the chain, or what a file holds.
 */
export function openLog(
  level: LspConfig["log-level"],
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Log {
  return pino({ level, base: null }, destination);
}

/**
 * What may be logged of an exception that nobody expected: its kind, its code and where it came from. Not its message,
 * which may quote what it was given.
 */
export function describeError(error: unknown): { type: string; code?: string; at: readonly string[] } {
  if (!(error instanceof Error)) return { type: typeof error, at: [] };
  const at = (error.stack ?? "")
    .replace(error.message, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("at "));
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  return { type: error.name, ...code, at };
}

/**
 * Rate-limits a log line: true for the first of its kind, and once per `everyMs` after. Kinds are words of this program, so
 * there are few.
 */
export function openOccasions(everyMs: number, monotonic: () => number): (kind: string) => boolean {
  const said = new Map<string, number>();
  return (kind) => {
    const last = said.get(kind);
    const now = monotonic();
    if (last !== undefined && now - last < everyMs) return false;
    said.set(kind, now);
    return true;
  };
}
