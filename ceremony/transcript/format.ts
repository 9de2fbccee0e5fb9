import { isObject, type JsonObject } from "../../core/canonical.ts";
import { ANYWHERE } from "../steps/anywhere.ts";
import { STEPS } from "../steps/ceremonies.ts";
import { RECORDS_VERSION } from "../steps/keys.ts";
import type { AfterRefusal, EventKind, Step, TableEntry } from "../steps/row.ts";
import { type Config, parseConfig } from "../table/config.ts";
import { FORMAT_1 } from "./format1.ts";

/** A step as the records know it: pages and papers may change without one. */
export interface FormatStep extends Pick<Step, "id" | "number" | "title" | "modes" | "needs" | "records" | "back"> {
  /** What it may be refused with, and what follows. */
  readonly refuses: Readonly<Record<string, AfterRefusal>>;
}

/** What can stand in a transcript, and in which order. */
export interface TranscriptFormat {
  readonly steps: readonly FormatStep[];
  /** What any step may record besides its own entries. */
  readonly anywhere: readonly TableEntry[];
}

/** The format that a ceremony of these steps writes. */
function formatOf(steps: readonly Step[]): TranscriptFormat {
  const all = new Map(steps.flatMap(({ refusals }) => Object.entries(refusals)));
  return {
    steps: steps.map(({ id, number, title, modes, needs, records, back, refusals, meets = [] }) => ({
      ...{ id, number, title, modes, records },
      ...(needs === undefined ? {} : { needs }),
      ...(back === undefined ? {} : { back }),
      refuses: Object.fromEntries(
        [...Object.keys(refusals), ...meets].map((name) => [name, all.get(name)?.after ?? "ends"]),
      ),
    })),
    anywhere: ANYWHERE,
  };
}

/** What this version writes. */
export const WRITTEN_FORMAT: TranscriptFormat = formatOf(STEPS);

/** What this version writes and what earlier ones wrote, by its number. */
export const FORMATS: Readonly<Record<number, TranscriptFormat>> = { 1: FORMAT_1, [RECORDS_VERSION]: WRITTEN_FORMAT };

/**
 * The format that a transcript is checked against, by `records` in the data of its first line. Format 1 does not name
 * itself; a number that nobody knows is read as today's format, which refuses it.
 */
export function formatNamed(opened: JsonObject): TranscriptFormat {
  if (!Object.hasOwn(opened, "records")) return FORMAT_1;
  const number = Number(opened["records"]);
  return (number > 1 ? FORMATS[number] : undefined) ?? WRITTEN_FORMAT;
}

/** The entry that allows an event of this step, if there is one. */
export function entryOf(
  { steps, anywhere }: TranscriptFormat,
  step: string,
  kind: EventKind,
  what: string,
): TableEntry | undefined {
  const row = steps.find((candidate) => candidate.id === step);
  return [...(row?.records ?? []), ...anywhere].find((known) => known.kind === kind && known.what === what);
}

/** The configuration that the first line carries. */
export function configOf(
  opened: { readonly kind: EventKind; readonly data: JsonObject } | undefined,
): Config | undefined {
  const value = opened?.kind === "open" ? opened.data["config"] : undefined;
  const config = isObject(value) ? parseConfig(value) : undefined;
  return config?.ok ? config.value : undefined;
}
