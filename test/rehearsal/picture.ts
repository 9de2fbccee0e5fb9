import { CONSOLE_FONT } from "../tools/list.ts";
import { type ConsoleFont, readFont } from "./font.ts";
import { encodePng } from "./png.ts";
import { type Cell, DEFAULT_COLOUR } from "./terminal.ts";

export interface PictureOptions {
  /** Pixels of the picture for one of the font, in both directions. */
  readonly scale?: 1 | 2;
  /** The console font; Debian's FullCyrSlav 8x16 if none is given. */
  readonly font?: ConsoleFont;
}

/** The kernel's default palette (`default_red` and its kin in drivers/tty/vt/vt.c), as 0xRRGGBB. */
const PALETTE = [
  0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa, 0x555555, 0xff5555, 0x55ff55,
  0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff,
];

/** Light grey on black, until a program says otherwise. */
const DEFAULT_FG = 7;
const DEFAULT_BG = 0;
const BRIGHT = 8;

let consoleFont: ConsoleFont | undefined;

/**
 * Draws a screen as the Linux text console would, pixel for pixel: its font, its sixteen colours, its rules for bold and
 * inverse. Throws for a character or a colour that the console does not have, naming the cell.
 */
export function screenPng(cells: readonly (readonly Cell[])[], options: PictureOptions = {}): Buffer {
  const { scale = 1, font = defaultFont() } = options;
  const width = (cells[0]?.length ?? 0) * font.width * scale;
  const height = cells.length * font.height * scale;
  const pixels = new Uint8Array(width * height);
  const rowBytes = Math.ceil(font.width / 8);

  for (const [row, line] of cells.entries()) {
    for (const [column, cell] of line.entries()) {
      const where = `row ${row}, column ${column}`;
      const [ink, paper] = consoleColours(cell, where);
      const glyph = font.glyph(cell.char);
      if (glyph === undefined) throw new Error(`no glyph for ${JSON.stringify(cell.char)} at ${where}`);
      for (let y = 0; y < font.height * scale; y++) {
        const from = Math.floor(y / scale) * rowBytes;
        const to = (row * font.height * scale + y) * width + column * font.width * scale;
        for (let x = 0; x < font.width * scale; x++) {
          const bit = Math.floor(x / scale);
          const isInk = ((glyph[from + (bit >> 3)] ?? 0) >> (7 - (bit & 7))) & 1;
          pixels[to + x] = isInk ? ink : paper;
        }
      }
    }
  }
  return encodePng({ width, height, palette: PALETTE, pixels });
}

/** The characters of `text` that the console font lacks, each once. Line ends do not count. */
export function missingGlyphs(text: string, font: ConsoleFont = defaultFont()): string[] {
  return [...new Set(text)].filter((char) => char !== "\n" && font.glyph(char) === undefined);
}

/**
 * Palette numbers of ink and paper by vt.c: colours 90 to 97 are bold, 100 to 107 are 40 to 47 (a background has three
 * bits), inverse swaps the three bits of each, and bold then brightens the ink: bold inverse text is dark grey on grey.
 */
export function consoleColours(cell: Cell, where = "a cell"): [ink: number, paper: number] {
  const fg = cell.fg === DEFAULT_COLOUR ? DEFAULT_FG : cell.fg;
  const bg = cell.bg === DEFAULT_COLOUR ? DEFAULT_BG : cell.bg;
  if (fg > 15 || bg > 15) throw new Error(`no colour of the console at ${where}`);
  const [ink, paper] = cell.inverse ? [bg % BRIGHT, fg % BRIGHT] : [fg % BRIGHT, bg % BRIGHT];
  return [cell.bold || fg >= BRIGHT ? ink + BRIGHT : ink, paper];
}

function defaultFont(): ConsoleFont {
  consoleFont ??= readFont(CONSOLE_FONT);
  return consoleFont;
}
