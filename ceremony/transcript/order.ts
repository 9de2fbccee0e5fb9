import type { Config } from "../table/config.ts";
import { CEREMONY_REFUSALS, isRefusalId } from "../table/refusals.ts";
import { entryOf, RECORDS_VERSION, type Step, stepsFor, type TableEntry } from "../table/steps.ts";
import type { TranscriptEvent } from "./chain.ts";
import type { FaultCode, TranscriptFinding } from "./faults.ts";
import { isAnywhere } from "./schema.ts";

/** How far a transcript got along the table of its mode. */
export interface Progress {
  readonly step: Step;
  /** Nothing follows `complete` and `ended`; a refusal that ends the ceremony is followed by its end only. */
  readonly over?: "complete" | "ended" | "refused";
  readonly fault?: TranscriptFinding;
}

/** One stay in a step. The words come again when a plate was engraved wrong, and with them the read-back. */
type Visit = Map<TableEntry, TranscriptEvent[]>;

/**
 * Follows the events along the table: steps in order, nothing left out, nothing twice, nothing after the end, and the
 * acts of two people done by two.
 */
export function followSteps(events: readonly TranscriptEvent[], config: Config): Progress {
  const steps = stepsFor(config);
  const table = recordsVersion(events[0]);
  let step = steps[0] as Step;
  let visit: Visit = new Map();
  let over: Progress["over"];
  for (const event of events) {
    const stop = (code: FaultCode, detail: string): Progress => ({ step, fault: { line: event.seq, code, detail } });
    const ends = event.kind === "abort" || isLastRefusal(event);
    if (over === "complete" || over === "ended") return stop("after_end", event.kind);
    if (over === "refused" && event.kind !== "exception" && !ends) return stop("after_end", event.kind);
    if (event.step !== step.id) {
      const next = nextStep(steps, step, visit, event.step);
      if (next === undefined) return stop("step_order", event.step);
      // Two restored seeds of which one failed are compared, refused, and that is the end.
      const lacking =
        ends || steps.indexOf(next) < steps.indexOf(step) ? undefined : firstLacking(step, visit, config, table);
      if (lacking !== undefined) return stop("step_incomplete", `${step.id}.${lacking.what}`);
      step = next;
      visit = new Map();
    }
    const entry = entryOf(event.step, event.kind, String(event.data["what"]));
    if (entry === undefined) return stop("event_unknown", event.step);
    const same = visit.get(entry) ?? [];
    if (!isAnywhere(entry)) {
      const name = `${step.id}.${entry.what}`;
      const lacking = firstLacking(step, visit, config, table, entry);
      if (lacking !== undefined) return stop("record_order", `${step.id}.${lacking.what}`);
      if (same.length >= most(entry, config)) return stop("record_repeated", name);
      if (eachOnce(entry) && same.some((earlier) => earlier.actor === event.actor))
        return stop("person_repeated", name);
      if (entry.times === "plates" && event.data["plate"] !== same.length + 1) return stop("value_differs", name);
    }
    if (event.kind === "done") over = "complete";
    else if (ends) over = event.kind === "abort" ? "ended" : "refused";
    visit.set(entry, same);
    same.push(event);
  }
  return { step, ...(over === undefined ? {} : { over }) };
}

/** The version of the table by which a transcript was written: its first line names it, but for version 1. */
export function recordsVersion(opened: TranscriptEvent | undefined): number {
  return Number(opened?.data["records"] ?? 1);
}

/** How often an entry stands in a step that is complete, at least, by a version of the table. */
export function leastOf(entry: TableEntry, config: Config, table: number = RECORDS_VERSION): number {
  if (table < (entry.since ?? 1)) return 0;
  return {
    one: 1,
    two: 2,
    five: 5,
    some: 1,
    any: 0,
    plates: config.plates,
  }[entry.times];
}

function most(entry: TableEntry, config: Config): number {
  return entry.times === "some" || entry.times === "any" ? Number.POSITIVE_INFINITY : leastOf(entry, config);
}

/** An entry that stands as often as there are people whose act it is: each of them does it once. */
function eachOnce(entry: TableEntry): boolean {
  const count = { one: 1, two: 2, five: 5, some: 0, any: 0, plates: 0 }[entry.times];
  return count > 1 && count === entry.by.length;
}

/** The first entry of a step that does not stand as often as it must, up to `before`. */
function firstLacking(
  step: Step,
  visit: Visit,
  config: Config,
  table: number,
  before?: TableEntry,
): TableEntry | undefined {
  const rows = before === undefined ? step.records : step.records.slice(0, step.records.indexOf(before));
  return rows.find((entry) => (visit.get(entry)?.length ?? 0) < leastOf(entry, config, table));
}

/** The step after this one, or back to the words once the read-back said that the plate is wrong. */
function nextStep(steps: readonly Step[], from: Step, visit: Visit, to: string): Step | undefined {
  const next = steps[steps.indexOf(from) + 1];
  if (next?.id === to) return next;
  const again = from.records.find((entry) => entry.what === "again");
  return again !== undefined && visit.has(again) ? steps.find((step) => step.id === to && to === "words") : undefined;
}

/** A refusal after which the ceremony cannot go on. */
function isLastRefusal(event: TranscriptEvent): boolean {
  const id = event.kind === "refusal" ? String(event.data["id"]) : "";
  return isRefusalId(id) && CEREMONY_REFUSALS[id].after === "ends";
}
