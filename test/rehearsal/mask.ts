import { type Line, widthOf } from "../../ceremony/screen/span.ts";

/** Columns of one row of a screen that hold a value which differs from one ceremony to the next. */
export interface FieldPlace {
  readonly field: string;
  readonly row: number;
  readonly column: number;
  readonly width: number;
}

/** No glyph of a ceremony: a mask is never equal to what it hides. */
const MASK = "\u2592";

/** Where the named fields of a frame are. */
export function fieldPlaces(frame: readonly Line[]): FieldPlace[] {
  return frame.flatMap((spans, row) => {
    const places: FieldPlace[] = [];
    let column = 0;
    for (const span of spans) {
      const width = widthOf(span);
      if (span.field !== undefined) places.push({ field: span.field, row, column, width });
      column += width;
    }
    return places;
  });
}

/** The screen with the places covered, each to its full width, whatever stands there. */
export function masked(screen: readonly string[], places: readonly FieldPlace[]): string[] {
  const rows = [...screen];
  for (const { row, column, width } of places) {
    const text = (rows[row] ?? "").padEnd(column + width);
    rows[row] = text.slice(0, column) + MASK.repeat(width) + text.slice(column + width);
  }
  return rows;
}
