import { isObject, type JsonObject, type JsonValue } from "../../core/canonical.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import type { TableEntry } from "../steps/row.ts";
import { parseConfig } from "../table/config.ts";
import type { FieldRule } from "../table/fields.ts";
import type { EventDraft } from "./chain.ts";
import { entryOf, type TranscriptFormat, WRITTEN_FORMAT } from "./format.ts";

export interface SchemaError {
  readonly code:
    | "event_unknown"
    | "actor_wrong"
    | "field_missing"
    | "field_unknown"
    | "field_wrong"
    | "refusal_unknown";
  /** Which part of the event; never its value, which may be anything. */
  readonly field: string;
}

/**
 * The allow-list: an event is recorded only as an entry of its step (`ceremony/steps/`) says, with exactly its fields, each of its type and in its range, by one of the people whose act it is. Gives the entry.
 */
export function checkEvent(event: EventDraft, format = WRITTEN_FORMAT): Result<TableEntry, SchemaError> {
  const { step, actor, kind, data } = event;
  // A name that is not in the table was written by anyone: it may hold what moves a terminal's cursor.
  const wrong = (code: SchemaError["code"], field: string) =>
    fail({ code, field: /^\w{1,32}$/.test(field) ? field : "?" });
  const what = data["what"];
  if (typeof what !== "string") return wrong("field_missing", "what");
  const entry = entryOf(format, step, kind, what);
  if (entry === undefined) return wrong("event_unknown", "what");
  if (!entry.by.includes(actor)) return wrong("actor_wrong", "actor");
  for (const name of Object.keys(data)) {
    if (name !== "what" && !Object.hasOwn(entry.fields, name)) return wrong("field_unknown", name);
  }
  for (const [name, rule] of Object.entries(entry.fields)) {
    if (!Object.hasOwn(data, name)) return wrong("field_missing", name);
    if (!fits(rule, data[name])) return wrong("field_wrong", name);
  }
  if (kind === "refusal" && !isRefusalOf(step, data, format)) return wrong("refusal_unknown", "id");
  return ok(entry);
}

/** Whether a step may end in this refusal: one of its own, or one that it may meet. */
function isRefusalOf(step: string, data: JsonObject, format: TranscriptFormat): boolean {
  const row = format.steps.find((known) => known.id === step);
  return row !== undefined && Object.hasOwn(row.refuses, String(data["id"]));
}

function fits(rule: FieldRule, value: JsonValue | undefined): boolean {
  switch (rule.type) {
    case "hex":
      return typeof value === "string" && value.length === 2 * rule.bytes && /^[0-9a-f]*$/.test(value);
    case "int":
      return Number.isSafeInteger(value) && rule.min <= Number(value) && Number(value) <= rule.max;
    case "bool":
      return typeof value === "boolean";
    case "one":
      return typeof value === "string" && rule.of.includes(value);
    case "text":
      return typeof value === "string" && rule.pattern.test(value);
    case "config":
      return isObject(value) && parseConfig(value).ok;
  }
}
