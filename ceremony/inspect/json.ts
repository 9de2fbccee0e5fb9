const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Longer than any word of the list: a string of letters, digits and base64's signs alone that is this long is no word. */
const OPAQUE = /^[A-Za-z0-9+/=_-]{12,}$/;

/**
 * The JSON value at the beginning of a text, such as lnd's answer to GenSeed: its end, and a copy in which names of
 * members and strings that are no words (`enciphered_seed`) are blank. `open` if it is not closed yet, undefined if the
 * text begins with something else. Numbers as names stay: they say which word follows.
 */
export function jsonWords(text: Buffer): { readonly end: number; readonly words: Buffer } | "open" | undefined {
  const start = text.findIndex((byte) => byte > SPACE && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
  if (text[start] !== 0x5b && text[start] !== 0x7b) return undefined;
  const words = Buffer.alloc(text.length, SPACE);
  words.set(text);
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const byte = text[at];
    if (byte === QUOTE) {
      const end = stringEnd(text, at + 1);
      if (isNoWord(text, at + 1, end)) words.fill(SPACE, at, end);
      at = end;
    } else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
    } else if (byte === 0x5d || byte === 0x7d) {
      depth -= 1;
      if (depth === 0) return { end: at + 1, words: words.subarray(0, at + 1) };
    }
  }
  words.fill(0);
  return "open";
}

/** Where the closing quote of a string stands. */
function stringEnd(text: Buffer, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
  return at;
}

function isNoWord(text: Buffer, from: number, end: number): boolean {
  let after = end + 1;
  while ((text[after] ?? 0) > 0 && (text[after] ?? 0) <= SPACE) after += 1;
  const string = text.subarray(from, end);
  const isName = text[after] === 0x3a;
  if (isName) return !string.every((byte) => byte >= 0x30 && byte <= 0x39);
  return string.length < 256 && OPAQUE.test(string.toString("latin1"));
}
