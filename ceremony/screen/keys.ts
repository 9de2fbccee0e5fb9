/** A key as the reducers see it: a printable ASCII byte (never a string: it may be part of a secret) or a named key. */
export type Key =
  | { readonly kind: "char"; readonly code: number }
  /** `ctrlH`: the byte of Ctrl-H, which few Backspace keys send and a slip of the hand for a capital H does. */
  | { readonly kind: "backspace"; readonly ctrlH?: true }
  | {
      readonly kind: "enter" | "escape" | "tab" | "interrupt" | "note" | "clear" | "foreign" | "sequence" | "control";
    };

const ESC = 0x1b;
const CTRL_H = 0x08;
const NAMED = new Map<number, "enter" | "backspace" | "tab" | "interrupt" | "note" | "clear">([
  [0x0d, "enter"],
  [0x0a, "enter"],
  [CTRL_H, "backspace"],
  [0x7f, "backspace"],
  [0x09, "tab"],
  [0x03, "interrupt"],
  [0x05, "note"],
  [0x15, "clear"],
]);

/**
 * The keys of one read of the terminal. An escape sequence (arrows, function keys and the keypad without Num Lock:
 * `ESC [ … final`, `ESC O x`, the Linux console's `ESC [ [ x`; `ESC x` for Alt and a key) is one `sequence`, a control
 * byte without a name one `control`, a character beyond ASCII, however many bytes of UTF-8 it has, one `foreign`: each is
 * one key that nobody asked for, not several.
 */
export function keysOf(bytes: Uint8Array): Key[] {
  const keys: Key[] = [];
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === ESC) {
      const length = escapeLength(bytes, at);
      keys.push({ kind: length === 1 ? "escape" : "sequence" });
      at += length;
    } else {
      keys.push(keyOf(byte));
      at += 1;
    }
    if (byte >= 0x80 || byte === ESC) while (isContinuation(bytes[at])) at += 1;
  }
  return keys;
}

function keyOf(byte: number): Key {
  const named = NAMED.get(byte);
  if (named === "backspace") return byte === CTRL_H ? { kind: named, ctrlH: true } : { kind: named };
  if (named !== undefined) return { kind: named };
  if (byte >= 0x80) return { kind: "foreign" };
  return byte >= 0x20 ? { kind: "char", code: byte } : { kind: "control" };
}

/** RFC 3629, 3: the bytes of a character after its first are 10xxxxxx. */
const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

function escapeLength(bytes: Uint8Array, at: number): number {
  const second = bytes[at + 1];
  if (second === undefined || second === ESC) return 1;
  if (second === 0x4f) return Math.min(3, bytes.length - at);
  // Alt and a key: the console sends ESC before it, in the same read.
  if (second !== 0x5b) return 2;
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

/** The kinds of keys that no field takes. */
export type KeyFault = "foreign" | "sequence" | "control";

/** What kind of key it is that no field can take; undefined for a character and for the keys that edit and answer. */
export function faultOf(key: Key): KeyFault | undefined {
  return key.kind === "foreign" || key.kind === "sequence" || key.kind === "control" ? key.kind : undefined;
}
