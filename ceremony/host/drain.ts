import { closeSync, constants, openSync, readSync } from "node:fs";
import { type Key, keysOf } from "../screen/keys.ts";

/** A read that does not wait, beside Node's own: what the kernel still holds. */
export interface Drain {
  /** Wipes what it reads and says which keys it was, `more` than Enter; undefined when the terminal has gone. */
  read(): { readonly all: number; readonly more: number } | undefined;
  close(): void;
}

export const isMore = ({ kind }: Key): boolean => kind !== "enter";

/** The terminal that is descriptor 0: a system without `/proc` has the second name only. */
const KEYBOARDS = ["/proc/self/fd/0", "/dev/tty"];

/**
 * Opens the keyboard of this process. What was typed without a line's end is there in raw mode only; whatever nobody
 * reads goes to the shell, its screen and its history.
 */
export function openDrain(): Drain {
  let file = openKeyboard();
  const chunk = Buffer.alloc(256);
  return {
    read() {
      for (let all = 0, more = 0; ; ) {
        if (file === undefined) return { all, more };
        try {
          const length = readSync(file, chunk, 0, chunk.length, null);
          if (length === 0) return undefined;
          const keys = keysOf(chunk.subarray(0, length));
          all += keys.length;
          more += keys.filter(isMore).length;
        } catch (error) {
          const code = error instanceof Error && "code" in error ? error.code : undefined;
          if (code === "EINTR") continue;
          return code === "EAGAIN" ? { all, more } : undefined;
        } finally {
          chunk.fill(0);
        }
      }
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** A description of its own: `O_NONBLOCK` on descriptor 0 would be everybody's who shares it, the shell's too. */
function openKeyboard(): number | undefined {
  for (const path of KEYBOARDS) {
    try {
      return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch {
      // The next name. With neither only what Node has read is dropped, and the self-test says what is amiss.
    }
  }
  return undefined;
}
