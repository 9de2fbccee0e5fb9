import QRCode from "qrcode-terminal/vendor/QRCode/index.js";

/** A code drawn in character cells: `rows` are all `width` columns wide. */
export interface QrDrawing {
  readonly rows: readonly string[];
  readonly width: number;
}

/** Level L of ISO/IEC 18004: on a bright screen nothing is torn or smeared, and a higher level costs rows. */
const LEVEL_L = 1;

/** Any number below 1 makes the encoder choose the smallest version. */
const SMALLEST_VERSION = -1;

/**
 * Light modules around the code. The standard asks for four; two leave a node id inside the 19 body rows of an 80x24
 * screen, and zbarimg reads them at every size of the console font.
 */
const BORDER = 2;

/** Bytes in version 6 at level L: 41 modules, 23 rows with the border, all that a 24-row screen can show. */
const MAX_BYTES = 134;

/** Indexed by the dark modules of a cell: 1 for the upper, 2 for the lower. All three blocks are ink on paper. */
const CELLS = [" ", "\u2580", "\u2584", "\u2588"] as const;

/**
 * Draws `text` as a QR code in half blocks, two modules to a cell, at level L in the smallest version.
 *
 * The blocks are the dark modules, so the screen must set black on white itself: most consoles are light on dark, and
 * many phones do not read an inverted code. A node id (66 hex digits) gives 19 rows of 37 columns.
 *
 * `text`: printable ASCII, at most 134 characters; anything else is the program's mistake and throws a RangeError.
 */
export function qrRows(text: string): QrDrawing {
  if (!/^[\x20-\x7e]+$/.test(text) || text.length > MAX_BYTES) {
    throw new RangeError(`a QR code takes 1 to ${MAX_BYTES} printable ASCII characters`);
  }
  const code = new QRCode(SMALLEST_VERSION, LEVEL_L);
  code.addData(text);
  code.make();

  const modules = code.getModuleCount();
  const width = modules + 2 * BORDER;
  const isDark = (row: number, column: number): boolean =>
    row >= 0 && column >= 0 && row < modules && column < modules && code.isDark(row, column);

  const rows: string[] = [];
  // The number of modules is always odd, so the last cell row has only its upper half; its lower half widens the border.
  for (let upper = -BORDER; upper < modules + BORDER; upper += 2) {
    let row = "";
    for (let column = -BORDER; column < modules + BORDER; column++) {
      row += CELLS[(isDark(upper, column) ? 1 : 0) + (isDark(upper + 1, column) ? 2 : 0)];
    }
    rows.push(row);
  }
  return { rows, width };
}
