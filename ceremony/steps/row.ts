import type { Mode } from "../table/config.ts";
import type { FieldRules } from "../table/fields.ts";
import type { AgreementRule } from "./agreement.ts";

/** Who acts. `machine` is the program itself: checks, derived values, what was written. */
export const ACTORS = ["leader", "operator", "officer1", "officer2", "witness", "machine"] as const;
export type Actor = (typeof ACTORS)[number];

export const EVENT_KINDS = [
  "open",
  "check",
  "statement",
  "compare",
  "accepted",
  "commit",
  "refusal",
  "undo",
  "waiver",
  "exception",
  "abort",
  "done",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/**
 * The process that runs a step. `vault` is the one process that ever holds a secret, from the machine share to the end
 * of the read-back; `restore` is a fresh one that gets only what is typed into it; `table` is their parent, which gets
 * events and public values.
 */
export type Room = "table" | "vault" | "restore";

/** One screen of a step, as the program shows it and as the printed script lists it. */
export interface Page {
  readonly id: string;
  readonly actor: Actor;
  /** What the leader reads aloud. */
  readonly aloud?: string;
  /** What the screen shows. */
  readonly shows: string;
  /** What it shows besides in a rehearsal. */
  readonly rehearsal?: string;
  /** A page that most ceremonies do not have: where a policy is another, or where something is wrong. */
  readonly only?: { readonly policy: string } | { readonly failure: string };
}

/** How often an event must stand in a complete transcript. */
export type Times = "one" | "two" | "five" | "some" | "any" | "plates";

/** One kind of record of a step: `what` names it in the event's data. */
export interface TableEntry {
  readonly what: string;
  readonly kind: EventKind;
  readonly times: Times;
  /** Whose act it is. Where it stands as often as there are people here, each of them does it once. */
  readonly by: readonly Actor[];
  readonly fields: FieldRules;
  /** What its values have to agree with, in the order in which it is looked at. */
  readonly agrees: readonly AgreementRule[];
}

export function entry(
  what: string,
  kind: EventKind,
  times: Times,
  by: readonly Actor[],
  fields: FieldRules = {},
  agrees: readonly AgreementRule[] = [],
): TableEntry {
  return { what, kind, times, by, fields, agrees };
}

/** What happens after a refusal: try again, or the ceremony is over. */
export type AfterRefusal = "again" | "ends";

/** A refusal of a step. */
export interface RowRefusal {
  /** One line on the screen: what is wrong and what mends it. */
  readonly text: string;
  /** What the screen says before it, with capitals for a value that only the screen knows. */
  readonly before?: string;
  readonly after: AfterRefusal;
}

export const again = (text: string, before?: string): RowRefusal => ({
  text,
  after: "again",
  ...(before === undefined ? {} : { before }),
});
export const ends = (text: string): RowRefusal => ({ text, after: "ends" });

/** What the screen says, as far as it is known beforehand: for paper. */
export function refusalText({ before, text }: RowRefusal): string {
  return before === undefined ? text : `${before} ${text}`;
}

/** What stands on the printed script to be filled in by hand: a line, boxes to tick, or a hash as 32 words. */
export type PaperPart = string | { readonly boxes: readonly string[] } | "words of a hash";

/** Long enough for a pen. */
export const PAPER_BLANK = "________";

/** A step of a ceremony: all that program, transcript and printed script know of it but what its keys do. */
export interface Step {
  readonly id: string;
  /** Position on the progress line; two steps of one number are parts of the same. */
  readonly number: number;
  /** At most seven characters: twelve of them are one line of 80 columns. */
  readonly short: string;
  readonly title: string;
  readonly room: Room;
  readonly modes: readonly Mode[];
  /** A step that only a ceremony with a signer has. */
  readonly needs?: "recipient";
  readonly pages: readonly Page[];
  readonly records: readonly TableEntry[];
  /** Once `record` stands in it, an earlier step may come again. */
  readonly back?: { readonly record: string; readonly to: string };
  /** By id, which is the API: it stands in the transcript, in `docs/refusals.md` and in the name of a test. */
  readonly refusals: Readonly<Record<string, RowRefusal>>;
  /** Refusals of other steps that it may meet too: the disk's, at the table. */
  readonly meets?: readonly string[];
  readonly paper?: readonly PaperPart[];
}
