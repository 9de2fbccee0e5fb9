import { readFont } from "../../rehearsal/font.ts";
import { CONSOLE_FONT } from "../../tools/list.ts";

/** A picture of a screen, three bytes a pixel. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Buffer;
}

/** Binary PPM, as QEMU writes it: magic, width, height, depth, then the pixels. */
export function parsePpm(file: Buffer): Pixels {
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(file.toString("latin1", 0, 64));
  if (header === null) throw new Error("not a PPM picture");
  const [width, height] = [Number(header[1]), Number(header[2])];
  return { width, height, rgb: file.subarray(header[0].length, header[0].length + width * height * 3) };
}

const FONT_HEIGHT = 16;
const FONT_WIDTH = 8;

/** VGA's text mode draws a ninth column between the characters. */
const VGA_WIDTH = 9;
const VGA_TEXT_WIDTH = 80 * VGA_WIDTH;

/** Full blocks are drawn in the ink of plain or strong text; blanks on the stripes of a rehearsal are coloured. */
const INK_LEAST = 0xa0;
const isInk = (rgb: number): boolean => {
  const [red, green, blue] = [rgb >> 16, (rgb >> 8) & 0xff, rgb & 0xff];
  return red === green && green === blue && red >= INK_LEAST;
};

let glyphs: ReadonlyMap<string, string> | undefined;

/** Bitmaps of the console's font, as rows of eight pixels in hex, to characters. ASCII first, where two look alike. */
function glyphTable(): ReadonlyMap<string, string> {
  if (glyphs !== undefined) return glyphs;
  const font = readFont(CONSOLE_FONT);
  const table = new Map<string, string>();
  const ascii = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
  for (const char of [...ascii, "▀", "▄", "─", "│", "·", "°", "±"]) {
    const glyph = font.glyph(char);
    const bits = glyph === undefined ? "" : Buffer.from(glyph).toString("hex");
    if (bits !== "" && !table.has(bits)) table.set(bits, char);
  }
  glyphs = table;
  return table;
}

export interface ScreenText {
  readonly columns: number;
  readonly rows: number;
  /** `rows` rows without trailing blanks. A character that is not in the font is U+FFFD. */
  readonly text: string[];
}

/**
 * Reads the characters off a picture of the Linux console, as a person does: by their shapes in the font that it shows.
 * It is what the screen shows that counts, not what some memory says that it should show.
 */
export function readScreen({ width, height, rgb }: Pixels): ScreenText {
  const table = glyphTable();
  const step = width === VGA_TEXT_WIDTH ? VGA_WIDTH : FONT_WIDTH;
  const columns = Math.floor(width / step);
  const rows = Math.floor(height / FONT_HEIGHT);
  const pixel = (x: number, y: number): number => {
    const at = (y * width + x) * 3;
    return ((rgb[at] ?? 0) << 16) | ((rgb[at + 1] ?? 0) << 8) | (rgb[at + 2] ?? 0);
  };
  const text = Array.from({ length: rows }, (_, row) => {
    let line = "";
    for (let column = 0; column < columns; column += 1)
      line += characterAt(pixel, column * step, row * FONT_HEIGHT, table);
    return line.trimEnd();
  });
  return { columns, rows, text };
}

type Pixel = (x: number, y: number) => number;

function characterAt(pixel: Pixel, left: number, top: number, table: ReadonlyMap<string, string>): string {
  const first = pixel(left, top);
  let other: number | undefined;
  const bits = Buffer.alloc(FONT_HEIGHT);
  for (let y = 0; y < FONT_HEIGHT; y += 1) {
    let row = 0;
    for (let x = 0; x < FONT_WIDTH; x += 1) {
      const colour = pixel(left + x, top + y);
      if (colour !== first) {
        other ??= colour;
        row |= 0x80 >> x;
      }
    }
    bits[y] = row;
  }
  if (other === undefined) return isInk(first) ? "█" : " ";
  const straight = bits.toString("hex");
  const inverse = Buffer.from(bits.map((byte) => ~byte)).toString("hex");
  // No letter reaches into the corner, so that is paper; only blocks do, and where the rest is black they are meant.
  const [likely, unlikely] = first === 0 || other !== 0 ? [straight, inverse] : [inverse, straight];
  return table.get(likely) ?? table.get(unlikely) ?? "\ufffd";
}
