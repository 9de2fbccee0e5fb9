import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";

const SIGNED = Buffer.from('"decision":"signed"');
/** A record ends with a line end, and line ends alone are what a segment is filled with ahead of its records. */
const RECORD_END = Buffer.from("}\n");
const PIECE_BYTES = 4_194_304;

/**
 * Counts the signatures in a signer's log, which only grows: each call reads what is new. A soak writes a gigabyte, and to
 * read all of it after each burst would take longer than the load.
 */
export function openSigned(folder: string): () => number {
  const read = new Map<string, number>();
  const piece = Buffer.alloc(PIECE_BYTES);
  let signed = 0;
  const readOn = (path: string): void => {
    const file = openSync(path, "r");
    try {
      for (;;) {
        const from = read.get(path) ?? 0;
        const bytes = piece.subarray(0, readSync(file, piece, 0, PIECE_BYTES, from));
        // A record that is not whole is counted with its end.
        const last = bytes.lastIndexOf(RECORD_END);
        if (last < 0) return;
        const lines = bytes.subarray(0, last + RECORD_END.length);
        read.set(path, from + lines.length);
        for (let at = lines.indexOf(SIGNED); at >= 0; at = lines.indexOf(SIGNED, at + 1)) signed += 1;
      }
    } finally {
      closeSync(file);
    }
  };
  return () => {
    for (const name of readdirSync(folder)) readOn(join(folder, name));
    return signed;
  };
}
