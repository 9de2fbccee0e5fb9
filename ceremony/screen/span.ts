import { Secret } from "../../core/secret.ts";

/** How a span looks. No meaning hangs on colour alone: every style has a mark in the text beside it. */
export type Style = "plain" | "strong" | "dim" | "aloud" | "warn" | "stripe" | "code" | "entry";

/**
 * A run of characters of one style. Secret text stays bytes from the vault to the terminal. `field` names a value that
 * differs from one ceremony to the next; such a span keeps its width, so golden screens can mask it by place.
 */
export interface Span {
  readonly text: string | Secret;
  readonly style: Style;
  readonly field?: string;
}

export type Line = readonly Span[];

export function span(text: string | Secret, style: Style = "plain", field?: string): Span {
  return field === undefined ? { text, style } : { text, style, field };
}

export function line(...parts: readonly (string | Span)[]): Line {
  return parts.map((part) => (typeof part === "string" ? span(part) : part));
}

/** Columns that a span takes: every character of the ceremony is one column wide, secrets are ASCII. */
export function widthOf(part: Span): number {
  return part.text.length;
}

export function lineWidth(parts: Line): number {
  return parts.reduce((sum, part) => sum + widthOf(part), 0);
}

/** The line as far as it fits into `columns`. The rest of a secret is left out of the new span, not wiped. */
export function clipped(parts: Line, columns: number): Line {
  if (lineWidth(parts) <= columns) return parts;
  const kept: Span[] = [];
  let left = columns;
  for (const part of parts) {
    const { text } = part;
    if (left === 0) break;
    const width = Math.min(left, widthOf(part));
    kept.push({
      ...part,
      text: text instanceof Secret ? Secret.copyOf(text.bytes.subarray(0, width)) : text.slice(0, width),
    });
    left -= width;
  }
  return kept;
}

/** Breaks text at spaces into lines of at most `columns`; a single longer word is cut. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (let word of text.split(" ")) {
    while (word.length > columns) {
      if (current !== "") lines.push(current);
      lines.push(word.slice(0, columns));
      current = "";
      word = word.slice(columns);
    }
    if (current !== "" && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  lines.push(current);
  return lines;
}

/** Groups of `size` characters with a space between, as hashes are read aloud. */
export function grouped(text: string, size: number): string {
  return text.match(new RegExp(`.{1,${size}}`, "g"))?.join(" ") ?? "";
}
