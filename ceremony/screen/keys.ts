/** A key as the reducers see it: a printable ASCII byte (never a string: it may be part of a secret) or a named key. */
export type Key =
  | { readonly kind: "char"; readonly code: number }
  | { readonly kind: "enter" | "backspace" | "escape" | "tab" | "interrupt" | "note" | "foreign" | "other" };

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
 * console's `ESC [ [ x`) and control bytes count as `other`, a character beyond ASCII, however many bytes of UTF-8 it has,
 * as `foreign`: each is one key that nobody asked for, not several.
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
      keys.push(keyOf(byte));
      at += 1;
      if (byte >= 0x80) while (isContinuation(bytes[at])) at += 1;
    }
  }
  return keys;
}

function keyOf(byte: number): Key {
  const named = NAMED.get(byte);
  if (named !== undefined) return { kind: named };
  if (byte >= 0x80) return { kind: "foreign" };
  return byte >= 0x20 ? { kind: "char", code: byte } : { kind: "other" };
}

/** RFC 3629, 3: the bytes of a character after its first are 10xxxxxx. */
const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

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
