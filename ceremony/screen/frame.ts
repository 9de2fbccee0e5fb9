import { SCREEN_COLUMNS, SCREEN_ROWS } from "../limits.ts";
import type { Actor, Page, Step } from "../steps/row.ts";
import { clipped, type Line, line, lineWidth, span, wrap } from "./span.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What a step wants to show: the frame around it is always the same. */
export interface ScreenBody {
  readonly lines: readonly Line[];
  /** A refusal or other news, on a line of its own until the next key. */
  readonly message?: string;
  /** What the keys do now. */
  readonly keys: string;
  /** The step draws what is read aloud itself, beside a picture that needs all rows. */
  readonly ownAloud?: boolean;
}

export interface FrameContext {
  readonly mode: "rehearsal" | "production";
  readonly network: string;
  readonly version: string;
  readonly steps: readonly Step[];
  readonly step: Step;
  readonly page: Page;
}

/** Rows 0 to 2 are banner, step and progress; the last two are message and keys; the body has the rest. */
export const BODY_TOP = 3;
export const BODY_ROWS = SCREEN_ROWS - BODY_TOP - 2;

/** A version, a space, and stripes up to here: the banner stands still from one version to the next. */
const VERSION_COLUMNS = 12;

const ACTOR_NAMES: Readonly<Record<Actor, string>> = {
  leader: "LEADER",
  operator: "OPERATOR",
  officer1: "OFFICER 1",
  officer2: "OFFICER 2",
  witness: "WITNESS",
  machine: "MACHINE",
};

/** Whether a screen is large enough for the ceremony; on a smaller one nothing is shown, and no key acts. */
export const fits = (size: Size): boolean => size.columns >= SCREEN_COLUMNS && size.rows >= SCREEN_ROWS;

/** The whole screen, row by row. Pure: the same body and context give the same rows. */
export function screenFrame(body: ScreenBody, context: FrameContext, size: Size): Line[] {
  if (!fits(size)) return tooSmall(size);
  const rows: Line[] = [banner(context, size.columns), heading(context, size.columns), progress(context)];
  const content: Line[] = body.ownAloud === true ? [] : [...aloudLines(context.page, SCREEN_COLUMNS - 2)];
  if (content.length > 0) content.push([]);
  content.push(...body.lines);
  const bodyRows = size.rows - BODY_TOP - 2;
  for (let row = 0; row < bodyRows; row += 1) rows.push(content[row] ?? []);
  rows.push(body.message === undefined ? [] : line(span(`! ${body.message}`, "warn")));
  rows.push(line(span(body.keys, "dim")));
  // A row that is too long would wrap, scroll the banner away and leave what is on the screen in the scrollback.
  return rows.map((row) => clipped(row, size.columns));
}

/** The mark of what is read aloud is in the text, `»`-like but ASCII, so that it also shows without colours. */
export function aloudLines(page: Page, columns: number): Line[] {
  if (page.aloud === undefined) return [];
  return wrap(page.aloud, columns - 7).map((part, index) =>
    line(span(index === 0 ? "ALOUD> " : "       ", "aloud"), span(part, "aloud")),
  );
}

/** Everything is hidden, not only what no longer fits: half a secret on a small screen helps nobody. */
function tooSmall(size: Size): Line[] {
  const rows: Line[] = [];
  const text = `Make the screen at least ${SCREEN_COLUMNS}x${SCREEN_ROWS}. Now ${size.columns}x${size.rows}.`;
  for (const part of wrap(text, Math.max(1, size.columns))) if (rows.length < size.rows) rows.push(line(part));
  return rows;
}

function banner(context: FrameContext, columns: number): Line {
  const name = " btc-lsp ceremony ";
  const version = `${context.version} `;
  if (context.mode === "production") {
    const rest = `  ${context.network} `.padEnd(columns);
    return line(span(name, "strong"), span(version.padEnd(VERSION_COLUMNS), "strong", "version"), span(rest, "strong"));
  }
  const text = ` REHEARSAL / ${context.network} / never for real funds `;
  const stripes = Math.max(0, columns - name.length - VERSION_COLUMNS - text.length);
  const left = "/".repeat(Math.floor(stripes / 2));
  return line(
    span(`${left}${name}`, "stripe"),
    span(version.padEnd(VERSION_COLUMNS, "/"), "stripe", "version"),
    span(`${text}${"/".repeat(stripes - left.length)}`, "stripe"),
  );
}

function heading(context: FrameContext, columns: number): Line {
  const last = context.steps.at(-1)?.number ?? 0;
  const left = `Step ${context.step.number} of ${last}: ${context.step.title}`;
  const right = `now: ${ACTOR_NAMES[context.page.actor]}`;
  return line(
    span(left, "strong"),
    " ".repeat(Math.max(1, columns - left.length - right.length)),
    span(right, "strong"),
  );
}

function progress(context: FrameContext): Line {
  const shown = new Map<number, string>();
  for (const step of context.steps) if (!shown.has(step.number)) shown.set(step.number, step.short);
  const parts = [...shown].map(([number, short]) => {
    if (number < context.step.number) return span(`+${short} `, "dim");
    return number === context.step.number ? span(`[${short}]`, "strong") : span(` ${short} `, "dim");
  });
  return lineWidth(parts) <= SCREEN_COLUMNS ? parts : parts.slice(0, 1);
}
