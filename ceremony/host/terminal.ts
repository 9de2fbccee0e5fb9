import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import type { AbortReason } from "../flow/turn.ts";
import { CLEAR, encodeFrame, HIDE_CURSOR, SHOW_CURSOR } from "../screen/ansi.ts";
import type { Size } from "../screen/frame.ts";
import { keysOf } from "../screen/keys.ts";
import type { Line } from "../screen/span.ts";
import type { Desk, Seen } from "./runner.ts";

/** Often enough that words are blanked on time, seldom enough to cost nothing. */
const TICK_MS = 250;

const STANDARD_INPUT = 0;
const STANDARD_OUTPUT = 1;

export interface Terminal extends Desk {
  /** Leaves the keyboard to a child until `take`. */
  leave(): void;
  take(): void;
  /** Clears screen and scrollback, shows the cursor and gives the keyboard back as it was. */
  close(): void;
  /** Makes `next` answer that the ceremony is over, from outside: a signal, a lost parent. */
  stop(reason: AbortReason): void;
}

export function hasTerminal(): boolean {
  return isatty(STANDARD_INPUT) && isatty(STANDARD_OUTPUT);
}

/** Writes all bytes; a terminal that takes no more for now is tried again, one that has gone is not an error here. */
function writeAll(bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(STANDARD_OUTPUT, bytes, done);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EAGAIN" || code === "EINTR") continue;
      // EIO: the terminal is closed. Its end arrives on the reading side, which ends the ceremony.
      return;
    }
  }
}

/** The terminal of this process. Bytes in, bytes out: what is typed and shown never becomes a string here. */
export function openTerminal(): Terminal {
  const queue: Seen[] = [];
  let waiting: ((seen: Seen) => void) | undefined;
  const push = (seen: Seen): void => {
    const resolve = waiting;
    waiting = undefined;
    if (resolve === undefined) queue.push(seen);
    else resolve(seen);
  };
  const gone = (): void => push({ kind: "gone", reason: "terminal_closed" });
  const resized = (): void => push({ kind: "resize" });
  const typed = (chunk: Buffer): void => {
    const at = performance.now();
    const keys = keysOf(chunk);
    chunk.fill(0);
    for (const key of keys) push({ kind: "key", key, at, sameRead: keys.length > 1 });
  };

  const input = process.stdin;
  let ticks: NodeJS.Timeout | undefined;
  const take = (): void => {
    // Again after a child, which has shown it when it left.
    writeAll(Buffer.from(HIDE_CURSOR));
    input.setRawMode(true);
    input.resume();
    ticks = setInterval(() => {
      // A tick nobody waits for is old news.
      if (waiting !== undefined) push({ kind: "tick", at: performance.now() });
    }, TICK_MS);
  };
  const leave = (): void => {
    clearInterval(ticks);
    input.pause();
    queue.length = 0;
  };

  input.on("data", typed);
  input.on("end", gone);
  input.on("error", gone);
  process.stdout.on("error", gone);
  // Not the stream's own event: it keeps still about a size that is the old one again before anybody looked. The stream
  // listens too, and first, so it knows the size when this is called.
  process.on("SIGWINCH", resized);
  writeAll(Buffer.from(CLEAR));
  take();

  return {
    size: (): Size => ({ columns: process.stdout.columns, rows: process.stdout.rows }),
    draw(rows: readonly Line[]): void {
      const bytes = encodeFrame(rows);
      writeAll(bytes);
      bytes.fill(0);
    },
    clear: () => writeAll(Buffer.from(CLEAR)),
    next: () => {
      const seen = queue.shift();
      if (seen !== undefined) return Promise.resolve(seen);
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    leave,
    take,
    stop: (reason) => push({ kind: "gone", reason }),
    close(): void {
      leave();
      input.off("data", typed);
      writeAll(Buffer.from(CLEAR + SHOW_CURSOR));
      try {
        input.setRawMode(false);
      } catch {
        // The terminal has gone, and its mode with it.
      }
    },
  };
}
