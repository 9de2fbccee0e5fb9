import { LINE_END } from "./chain.ts";

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const CARRIAGE_RETURN = 0x0d;

/** What another program does to a text that it saves or sends. The names are codes of faults. */
export type SavedCode = "saved_wide" | "saved_mark" | "saved_crlf" | "line_end_lost";

/** A transcript as it was before it was saved so. */
export interface Saved {
  /** What was done to it; of several the one that changed it most. */
  readonly code: SavedCode;
  /** The first line that shows it. */
  readonly line: number;
  readonly bytes: Buffer;
}

/**
 * Takes back what editors and mail do to a file: UTF-16, a byte order mark, CRLF, a lost last line end. Undefined if none
 * of them was done. Whether the file is a transcript then is another question.
 */
export function unsaved(file: Uint8Array): Saved | undefined {
  const given = Buffer.from(file.buffer, file.byteOffset, file.length);
  const found: { code: SavedCode; line: number }[] = [];
  let bytes = given;
  const wide = fromUtf16(bytes);
  if (wide !== undefined) {
    bytes = wide;
    found.push({ code: "saved_wide", line: 1 });
  }
  if (bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) {
    bytes = bytes.subarray(3);
    found.push({ code: "saved_mark", line: 1 });
  }
  const returned = firstReturn(bytes);
  if (returned >= 0) {
    found.push({ code: "saved_crlf", line: lineAt(bytes, returned) });
    bytes = Buffer.from(bytes.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
  }
  if (bytes.length > 0 && bytes.at(-1) !== LINE_END) {
    found.push({ code: "line_end_lost", line: lineAt(bytes, bytes.length) });
    // A CRLF of which only the first half is there.
    const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
    bytes = Buffer.concat([bytes.subarray(0, end), Buffer.of(LINE_END)]);
  }
  const [first] = found;
  return first === undefined ? undefined : { ...first, bytes };
}

/** UTF-16 by its mark, or by the zero byte beside the brace that every transcript begins with. */
function fromUtf16(bytes: Buffer): Buffer | undefined {
  const [first, second] = bytes;
  const isLittle = (first === 0xff && second === 0xfe) || (first === 0x7b && second === 0);
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && second === 0x7b);
  if (!isLittle && !isBig) return undefined;
  const units = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  const text = (isBig ? units.swap16() : units).toString("utf16le");
  return Buffer.from(text.startsWith("\ufeff") ? text.slice(1) : text);
}

function firstReturn(bytes: Buffer): number {
  return bytes.indexOf("\r\n");
}

function lineAt(bytes: Buffer, at: number): number {
  return bytes.subarray(0, at).reduce((count, byte) => count + (byte === LINE_END ? 1 : 0), 1);
}
