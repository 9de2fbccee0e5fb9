import type { Mode } from "../config.ts";
import { HASH_ROWS } from "../limits.ts";
import { REFUSALS } from "../refusals.ts";
import { type Entry, type Step, type StepId, stepsOf } from "../script.ts";
import { actorName, aloud, row, stepNumber, tableHead } from "./markdown.ts";

const PEOPLE = ["leader", "operator", "officer1", "officer2", "witness"] as const;
/** Long enough for a pen. */
const BLANK = "________";

const HOW_OFTEN: Readonly<Record<Entry["times"], string>> = {
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

/** What is written down by hand at a step. */
const PAPERS: Readonly<Partial<Record<StepId, readonly string[]>>> = {
  share: ["The commitment, in the hand of the witness:", "", ...WORDS_TABLE],
  mix: [`Node id, first and last eight digits: ${BLANK}${BLANK} ${BLANK}${BLANK}`],
  close: ["The head of the transcript, in the hand of the witness:", "", ...WORDS_TABLE],
};

/**
 * The script that is printed before a ceremony and followed with a pen: who acts, what is read aloud, what the screen
 * shows, what is recorded and what is refused. It comes from the table that the program runs.
 */
export function scriptMarkdown(mode: Mode): string {
  const steps = stepsOf(mode);
  const lines = [
    ...TITLES[mode],
    "",
    `Ceremony ${BLANK}${BLANK}   Date ${BLANK}   Place ${BLANK}${BLANK}`,
    "",
    ...tableHead("role", "name", "initials"),
    ...PEOPLE.map((actor) => row(actorName(actor), BLANK + BLANK, BLANK)),
    "",
    "Tick each line as it is done. What goes otherwise is written at its step, with time and initials of two people.",
    ...steps.flatMap((step) => ["", ...stepLines(step, stepNumber(step, steps), mode)]),
    "",
    `Signed: ${PEOPLE.map((actor) => `${actorName(actor)} ${BLANK}`).join("   ")}`,
    "",
  ];
  return lines.join("\n");
}

function stepLines(step: Step, number: string, mode: Mode): readonly string[] {
  const records = step.records.filter((entry) => mode === "rehearsal" || entry.kind !== "waiver");
  const refusals = step.refuses.map((id) => {
    const ends = REFUSALS[id].after === "ends" ? " (ends the ceremony)" : "";
    return `- \`${id}\`${ends}: ${REFUSALS[id].text}`;
  });
  const papers = PAPERS[step.id];
  return [
    `## ${number}. ${step.title}`,
    "",
    ...step.pages.flatMap((page) => [`- [ ] ${aloud(page)}`, `      Screen: ${page.shows}.`]),
    ...(papers === undefined ? [] : ["", ...papers]),
    "",
    `Recorded: ${records.map((entry) => `\`${entry.what}\`${HOW_OFTEN[entry.times]}`).join(", ")}.`,
    ...(refusals.length === 0 ? [] : ["", "Refused:", "", ...refusals]),
    "",
    `Time ${BLANK}   Initials ${BLANK} ${BLANK}`,
  ];
}
