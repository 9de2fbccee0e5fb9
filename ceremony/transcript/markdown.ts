import type { Actor, Page, Step } from "../steps/row.ts";

/** Parts of the printed and of the annotated script. Markdown, and still readable as plain text. */

const NAMES: Readonly<Record<Actor, string>> = {
  leader: "Leader",
  operator: "Operator",
  officer1: "Officer 1",
  officer2: "Officer 2",
  witness: "Witness",
  machine: "machine",
};

export function actorName(actor: Actor): string {
  return NAMES[actor];
}

/** Text that came from outside the table, so that none of it is taken for Markdown, HTML or the end of a cell. */
export function plain(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>()#+!|~&]/g, "\\$&");
}

export function row(...cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Heading rows of a table; `:` at the end of a name aligns its column to the right. */
export function tableHead(...names: readonly string[]): readonly string[] {
  const titles = names.map((name) => name.replace(/:$/, ""));
  return [row(...titles), row(...names.map((name) => (name.endsWith(":") ? "--:" : "--")))];
}

/** Steps of one number are parts of the same: 9a, 9b. */
export function stepNumber<S extends Pick<Step, "number">>(step: S, steps: readonly S[]): string {
  const alike = steps.filter((other) => other.number === step.number);
  const part = alike.length === 1 ? "" : String.fromCharCode("a".charCodeAt(0) + alike.indexOf(step));
  return `${step.number}${part}`;
}

export function aloud(page: Page): string {
  return page.aloud === undefined ? `**${actorName(page.actor)}**` : `**${actorName(page.actor)}** — “${page.aloud}”`;
}
