import { HASH_ROWS } from "../limits.ts";
import { STEPS, stepsOf } from "../steps/ceremonies.ts";
import { PAPER_BLANK, type PaperPart, refusalText, type Step, type TableEntry } from "../steps/row.ts";
import type { Mode } from "../table/config.ts";
import { actorName, aloud, row, stepNumber, tableHead } from "./markdown.ts";

const PEOPLE = ["leader", "operator", "officer1", "officer2", "witness"] as const;
const BLANK = PAPER_BLANK;

const HOW_OFTEN: Readonly<Record<TableEntry["times"], string>> = {
  one: "",
  two: " ×2",
  five: " ×5",
  some: " ×1 or more",
  any: " if it happens",
  plates: " for each plate",
};

const TITLES: Readonly<Record<Mode, readonly string[]>> = {
  rehearsal: [
    "# Script of a ceremony: REHEARSAL",
    "",
    "On regtest, always. Nothing that comes out of it is ever used with money.",
  ],
  production: [
    "# Script of a ceremony: PRODUCTION",
    "",
    "Read aloud what stands in quotes. Do nothing that is not here.",
  ],
};

/** A hash in words as the screen shows it: eight rows of four. */
const WORDS_TABLE = [
  ...tableHead("", "1", "2", "3", "4"),
  ...Array.from({ length: HASH_ROWS }, (_, index) => row(String(index + 1), ...Array<string>(4).fill(BLANK + BLANK))),
];

/** A line with a box to tick. */
const box = (text: string): string => `- [ ] ${text}`;

/** What is written down or ticked by hand at a step. */
function paperLines(part: PaperPart): readonly string[] {
  if (part === "words of a hash") return WORDS_TABLE;
  return typeof part === "string" ? [part] : part.boxes.map(box);
}

/**
 * The script that is printed before a ceremony and followed with a pen: who acts, what is read aloud, what the screen
 * shows, what is recorded and what is refused. It comes from the table that the program runs.
 */
export function scriptMarkdown(mode: Mode, ceremony: readonly Step[] = STEPS): string {
  const steps = stepsOf(mode, ceremony);
  const lines = [
    ...TITLES[mode],
    "",
    `Ceremony ${BLANK}${BLANK}   Date ${BLANK}   Place ${BLANK}${BLANK}`,
    "",
    ...tableHead("role", "name", "initials"),
    ...PEOPLE.map((actor) => row(actorName(actor), BLANK + BLANK, BLANK)),
    "",
    "Tick each line as it is done; strike out a line of another policy. What goes otherwise is written at its step, with time and initials of two people.",
    ...steps.flatMap((step) => ["", ...stepLines(step, stepNumber(step, steps), mode)]),
    "",
    `Signed: ${PEOPLE.map((actor) => `${actorName(actor)} ${BLANK}`).join("   ")}`,
    "",
  ];
  return lines.join("\n");
}

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

function stepLines(step: Step, number: string, mode: Mode): readonly string[] {
  const records = step.records.filter((entry) => mode === "rehearsal" || entry.kind !== "waiver");
  const refusals = Object.entries(step.refusals).map(([id, refusal]) => {
    const ends = refusal.after === "ends" ? " (ends the ceremony)" : "";
    return `- \`${id}\`${ends}: ${refusalText(refusal)}`;
  });
  const failures = step.pages.flatMap((page) => {
    const only = page.only !== undefined && "failure" in page.only ? page.only.failure : undefined;
    return only === undefined ? [] : [`- ${capital(only)}: ${aloud(page)}`, `  Screen: ${page.shows}.`];
  });
  return [
    `## ${number}. ${step.title}`,
    "",
    ...step.pages.flatMap((page) => {
      if (page.only !== undefined && "failure" in page.only) return [];
      const only = page.only === undefined ? "" : `(only ${page.only.policy}) `;
      const besides = mode === "rehearsal" && page.rehearsal !== undefined ? `; ${page.rehearsal}` : "";
      return [box(`${only}${aloud(page)}`), `      Screen: ${page.shows}${besides}.`];
    }),
    ...(step.paper === undefined ? [] : ["", ...step.paper.flatMap(paperLines)]),
    "",
    `Recorded: ${records.map((entry) => `\`${entry.what}\`${HOW_OFTEN[entry.times]}`).join(", ")}.`,
    ...(failures.length === 0 ? [] : ["", "Only if something is wrong:", "", ...failures]),
    ...(refusals.length === 0 ? [] : ["", "What can be refused, and what the screen says then:", "", ...refusals]),
    "",
    `Time ${BLANK}   Initials ${BLANK} ${BLANK}`,
  ];
}
