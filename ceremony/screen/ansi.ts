import { Secret } from "../../core/secret.ts";
import type { Line, Style } from "./span.ts";

// ECMA-48 8.3.117 SGR. Only the eight colours and attributes that a Linux text console has.
const SGR: Readonly<Record<Style, string>> = {
  plain: "\x1b[0m",
  strong: "\x1b[0;1m",
  dim: "\x1b[0m",
  aloud: "\x1b[0;1;36m",
  warn: "\x1b[0;1;33m",
  stripe: "\x1b[0;30;43m",
  // Explicit black on white: a code that a phone reads is dark on light whatever the console's own colours are.
  code: "\x1b[0;30;47m",
  entry: "\x1b[0;7m",
};

const HOME = "\x1b[H";
/**
 * Rows are erased before they are written, never after: a cursor that has written the last column still stands on it, and
 * the Linux console would erase that character again.
 */
const ERASE_LINE = "\x1b[0m\x1b[K";
const ERASE_REST = "\x1b[0m\x1b[J";

/** Leaves nothing behind: screen (ED 2) and scrollback (ED 3, which the Linux console and xterm know). */
export const CLEAR = "\x1b[0m\x1b[H\x1b[2J\x1b[3J";
export const HIDE_CURSOR = "\x1b[?25l";
export const SHOW_CURSOR = "\x1b[?25h";

/**
 * The bytes that draw the rows over whatever is there. One Buffer that the caller wipes after writing: it may hold
 * secret characters, which never become a string.
 */
export function encodeScreen(rows: readonly Line[]): Buffer {
  const parts: Buffer[] = [Buffer.from(HOME)];
  rows.forEach((row, index) => {
    const isLast = index === rows.length - 1;
    parts.push(Buffer.from(isLast ? ERASE_REST : ERASE_LINE));
    for (const part of row) {
      parts.push(Buffer.from(SGR[part.style]));
      parts.push(part.text instanceof Secret ? part.text.bytes : Buffer.from(part.text));
    }
    if (!isLast) parts.push(Buffer.from("\r\n"));
  });
  parts.push(Buffer.from(SGR.plain));
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  // Not Buffer.concat: its result may lie in the shared pool, where a wipe would not be the only copy's end.
  const frame = Buffer.alloc(total);
  let at = 0;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}
