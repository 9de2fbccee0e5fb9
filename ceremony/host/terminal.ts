import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isatty } from "node:tty";
import type { AbortReason } from "../flow/turn.ts";
import { CLEAR, encodeScreen, HIDE_CURSOR, SHOW_CURSOR } from "../screen/ansi.ts";
import type { Size } from "../screen/frame.ts";
import { keysOf } from "../screen/keys.ts";
import type { Line } from "../screen/span.ts";
import { isMore, openDrain } from "./drain.ts";
import type { Desk, Seen } from "./runner.ts";

/** Often enough that words are blanked on time, seldom enough to cost nothing. */
const TICK_MS = 250;

/** Between two looks at the keyboard when the ceremony is over; and not for ever, should a key be stuck. */
const DRAIN_STEP_MS = 50;
const DRAIN_MAX_MS = 60_000;

const STANDARD_INPUT = 0;
const STANDARD_OUTPUT = 1;

export interface Terminal extends Desk {
  /** Leaves the keyboard to a child until `take`. */
  leave(): void;
  take(): void;
  /**
   * Swallows what is still typed, until nothing was for `quietMs`: somebody may be in the middle of a line, with eyes on
   * a paper, and what is left when the keyboard is given back goes to a shell, its screen and its history.
   */
  untilQuiet(quietMs: number): Promise<void>;
  /** Shows the cursor and gives the keyboard back as it was, with nothing typed in it. More than once does no harm. */
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
    keys.forEach((key, index) => {
      push({ kind: "key", key, at, sameRead: keys.length > 1, followed: keys.slice(index + 1).some(isMore) });
    });
  };
  const drain = openDrain();

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
  const drop = (): number => {
    const kept = queue.filter(({ kind }) => kind !== "key");
    const lost = queue.filter((seen) => seen.kind === "key" && isMore(seen.key)).length;
    queue.splice(0, queue.length, ...kept);
    return lost + (drain.read()?.more ?? 0);
  };
  const leave = (): void => {
    clearInterval(ticks);
    input.pause();
    drop();
  };

  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    leave();
    input.off("data", typed);
    writeAll(Buffer.from(SHOW_CURSOR));
    // Once more, as late as can be: a read that was under way may have come back since.
    drain.read();
    drain.close();
    try {
      input.setRawMode(false);
    } catch {
      // The terminal has gone, and its mode with it.
    }
  };
  // However this process goes, short of a kill: what is on the screen and in the keyboard is nobody's then.
  process.once("exit", () => {
    if (!isClosed) writeAll(Buffer.from(CLEAR));
    close();
  });

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
      const bytes = encodeScreen(rows);
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
    drop,
    leave,
    take,
    stop: (reason) => push({ kind: "gone", reason }),
    async untilQuiet(quietMs): Promise<void> {
      leave();
      const endsAt = performance.now() + DRAIN_MAX_MS;
      for (let quiet = 0; quiet < quietMs && performance.now() < endsAt; quiet += DRAIN_STEP_MS) {
        await sleep(DRAIN_STEP_MS);
        const lost = drain.read();
        if (lost === undefined) return;
        if (lost.all > 0) quiet = 0;
      }
    },
    close,
  };
}
