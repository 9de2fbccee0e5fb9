import { HASH_ROWS } from "../limits.ts";
import type { Mode } from "../table/config.ts";
import { closingList, ROOM_TEXTS } from "../table/lists.ts";
import { CEREMONY_REFUSALS, refusalText } from "../table/refusals.ts";
import { OUTPUT_GONE, ROOM_ITEMS, type Step, type StepId, stepsOf, type TableEntry } from "../table/steps.ts";
import { actorName, aloud, row, stepNumber, tableHead } from "./markdown.ts";

const PEOPLE = ["leader", "operator", "officer1", "officer2", "witness"] as const;
/** Long enough for a pen. */
const BLANK = "________";

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
const PAPERS: Readonly<Partial<Record<StepId, readonly string[]>>> = {
  people: ["The room, as the witness is asked:", "", ...ROOM_ITEMS.map((item) => box(ROOM_TEXTS[item]))],
  share: ["The commitment, in the hand of the witness:", "", ...WORDS_TABLE],
  mix: [`Node id, first and last eight digits: ${BLANK}${BLANK} ${BLANK}${BLANK}`],
  close: [
    "The head of the transcript, in the hand of the witness:",
    "",
    ...WORDS_TABLE,
    "",
    "Then, in this order (identity.age only with a signer):",
    "",
    ...closingList(true).map(box),
    "",
    `Bag numbers: plate 1 ${BLANK}${BLANK}   plate 2 ${BLANK}${BLANK}   passphrase ${BLANK}${BLANK}`,
  ],
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
  const refusals = step.refuses.map((id) => {
    const ends = CEREMONY_REFUSALS[id].after === "ends" ? " (ends the ceremony)" : "";
    return `- \`${id}\`${ends}: ${refusalText(id)}`;
  });
  const papers = PAPERS[step.id];
  const failures = [...step.pages, ...(step.id === "result" ? [OUTPUT_GONE] : [])].flatMap((page) => {
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
    ...(papers === undefined ? [] : ["", ...papers]),
    "",
    `Recorded: ${records.map((entry) => `\`${entry.what}\`${HOW_OFTEN[entry.times]}`).join(", ")}.`,
    ...(failures.length === 0 ? [] : ["", "Only if something is wrong:", "", ...failures]),
    ...(refusals.length === 0 ? [] : ["", "What can be refused, and what the screen says then:", "", ...refusals]),
    "",
    `Time ${BLANK}   Initials ${BLANK} ${BLANK}`,
  ];
}
