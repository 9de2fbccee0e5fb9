import { closeSync, openSync, readFileSync } from "node:fs";
import { errnoOrCode } from "../files.ts";
import { CONNECTIONS_MAX, DESCRIPTORS_KEPT } from "../limits.ts";

/** How many files this process may have open, connections among them; undefined where the system does not tell. */
export function descriptorsMax(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    // No /proc: the look at what is left stays.
    return undefined;
  }
}

/** Connections of strangers that so many descriptors have room for: all else goes first, but for a quarter of them. */
export function connectionsWithin(descriptors: number | undefined): number {
  if (descriptors === undefined) return CONNECTIONS_MAX;
  return Math.min(CONNECTIONS_MAX, Math.max(descriptors - DESCRIPTORS_KEPT, Math.floor(descriptors / 4)));
}

/**
 * Asks for a descriptor every so often and gives it back. There is no other way to know: where none is left, libuv hangs up
 * on who connects, and neither Node nor the one who waits is told why.
 *
 * @param onNone the system's own word: EMFILE, or ENFILE where the whole machine has none
 * @returns ends it
 */
export function watchDescriptors(everyMs: number, onNone: (word: string) => void): () => void {
  const timer = setInterval(() => {
    try {
      closeSync(openSync("/dev/null", "r"));
    } catch (error) {
      onNone(errnoOrCode(error));
    }
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
