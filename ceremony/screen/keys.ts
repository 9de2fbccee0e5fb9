/** A key as the reducers see it: a printable ASCII byte (never a string: it may be part of a secret) or a named key. */
export type Key =
  | { readonly kind: "char"; readonly code: number }
  | { readonly kind: "enter" | "backspace" | "escape" | "tab" | "interrupt" | "note" | "other" };

const ESC = 0x1b;
const NAMED = new Map<number, "enter" | "backspace" | "tab" | "interrupt" | "note">([
  [0x0d, "enter"],
  [0x0a, "enter"],
  [0x08, "backspace"],
  [0x7f, "backspace"],
  [0x09, "tab"],
  [0x03, "interrupt"],
  [0x05, "note"],
]);

/**
 * The keys of one read of the terminal. Escape sequences (arrows, function keys, `ESC [ … final`, `ESC O x`, the Linux
 * console's `ESC [ [ x`) and bytes above 0x7e count as `other`: they are keys nobody asked for, not several.
 */
export function keysOf(bytes: Uint8Array): Key[] {
  const keys: Key[] = [];
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === ESC) {
      const length = escapeLength(bytes, at);
      keys.push({ kind: length === 1 ? "escape" : "other" });
      at += length;
    } else {
      const named = NAMED.get(byte);
      if (named !== undefined) keys.push({ kind: named });
      else keys.push(byte >= 0x20 && byte <= 0x7e ? { kind: "char", code: byte } : { kind: "other" });
      at += 1;
    }
  }
  return keys;
}

function escapeLength(bytes: Uint8Array, at: number): number {
  const second = bytes[at + 1];
  if (second === 0x4f) return Math.min(3, bytes.length - at);
  if (second !== 0x5b) return 1;
  if (bytes[at + 2] === 0x5b) return Math.min(4, bytes.length - at);
  let end = at + 2;
  // ECMA-48 5.4: parameter and intermediate bytes 0x20..0x3f, then one final byte 0x40..0x7e.
  while (end < bytes.length && (bytes[end] ?? 0) >= 0x20 && (bytes[end] ?? 0) <= 0x3f) end += 1;
  return Math.min(end + 1, bytes.length) - at;
}

/** The upper-case letter or digit of a key, for one-key answers that are no secret. */
export function letterOf(key: Key): string | undefined {
  return key.kind === "char" ? String.fromCharCode(key.code).toUpperCase() : undefined;
}
