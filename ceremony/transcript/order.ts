import { stepsFor } from "../steps/ceremonies.ts";
import type { TableEntry } from "../steps/row.ts";
import type { Config } from "../table/config.ts";
import type { TranscriptEvent } from "./chain.ts";
import type { FaultCode, TranscriptFinding } from "./faults.ts";
import { entryOf, type FormatStep, type TranscriptFormat } from "./format.ts";

/** How far a transcript got along the table of its mode. */
export interface Progress {
  readonly step: FormatStep;
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
export function followSteps(events: readonly TranscriptEvent[], config: Config, format: TranscriptFormat): Progress {
  const steps = stepsFor(config, format.steps);
  let step = steps[0] as FormatStep;
  let visit: Visit = new Map();
  let over: Progress["over"];
  for (const event of events) {
    const stop = (code: FaultCode, detail: string): Progress => ({ step, fault: { line: event.seq, code, detail } });
    const ends = event.kind === "abort" || isLastRefusal(event, format);
    if (over === "complete" || over === "ended") return stop("after_end", event.kind);
    if (over === "refused" && event.kind !== "exception" && !ends) return stop("after_end", event.kind);
    if (event.step !== step.id) {
      const next = nextStep(steps, step, visit, event.step);
      if (next === undefined) return stop("step_order", event.step);
      // Two restored seeds of which one failed are compared, refused, and that is the end.
      const lacking = ends || steps.indexOf(next) < steps.indexOf(step) ? undefined : firstLacking(step, visit, config);
      if (lacking !== undefined) return stop("step_incomplete", `${step.id}.${lacking.what}`);
      step = next;
      visit = new Map();
    }
    const entry = entryOf(format, event.step, event.kind, String(event.data["what"]));
    if (entry === undefined) return stop("event_unknown", event.step);
    const same = visit.get(entry) ?? [];
    if (!format.anywhere.includes(entry)) {
      const name = `${step.id}.${entry.what}`;
      const lacking = firstLacking(step, visit, config, entry);
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

/** How often an entry stands in a step that is complete, at least. */
export function leastOf(entry: TableEntry, config: Config): number {
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
function firstLacking(step: FormatStep, visit: Visit, config: Config, before?: TableEntry): TableEntry | undefined {
  const rows = before === undefined ? step.records : step.records.slice(0, step.records.indexOf(before));
  return rows.find((entry) => (visit.get(entry)?.length ?? 0) < leastOf(entry, config));
}

/** The step after this one, or back to an earlier one once it is recorded that it comes again. */
function nextStep(steps: readonly FormatStep[], from: FormatStep, visit: Visit, to: string): FormatStep | undefined {
  const next = steps[steps.indexOf(from) + 1];
  if (next?.id === to) return next;
  const { back } = from;
  const again = from.records.find((entry) => entry.what === back?.record);
  return again !== undefined && visit.has(again) && to === back?.to ? steps.find(({ id }) => id === to) : undefined;
}

/** A refusal after which the ceremony cannot go on. */
function isLastRefusal(event: TranscriptEvent, format: TranscriptFormat): boolean {
  const row = format.steps.find(({ id }) => id === event.step);
  return event.kind === "refusal" && row?.refuses[String(event.data["id"])] === "ends";
}
