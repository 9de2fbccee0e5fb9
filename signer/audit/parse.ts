import { fail, ok, type Result } from "../../core/result.ts";
import { type AuditRecord, recordLine } from "./record.ts";

/**
 * Reads one line, without its line end. Strict: what is read, written again, gives the same line byte for byte; so there
 * is one way to write a record and no place in it to hide anything.
 */
export function parseRecord(line: string): Result<AuditRecord, { readonly code: "record_form" }> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return fail({ code: "record_form" });
  }
  if (!isRecord(value) || recordLine(value) !== line) return fail({ code: "record_form" });
  return ok(value);
}

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Check>>;

const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const positive: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 1;
const short: Check = (value) => typeof value === "string" && value.length <= 200;
const hexOf =
  (bytes: number): Check =>
  (value) =>
    typeof value === "string" && value.length === bytes * 2 && /^[0-9a-f]*$/.test(value);
const digest = hexOf(32);
const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.some((one) => one === value);
const time: Check = (value) => {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return false;
  const unixMs = Date.parse(value);
  return !Number.isNaN(unixMs) && new Date(unixMs).toISOString() === value;
};
const decimal: Check = (value) => typeof value === "string" && /^(?:0|[1-9]\d{0,19})$/.test(value);

const HEAD: Fields = { seq: positive, prev: digest, time, batch: positive };
const STATE: Fields = {
  nonce: decimal,
  address: (value) => value === -1 || count(value),
  day: (value) => Number.isSafeInteger(value),
  signed: (value) => isObject(value) && Object.values(value).every(positive),
};
const STATE_MAY: Fields = {
  from: (value) => value === -1 || count(value),
  nonces: (value) => isObject(value) && Object.values(value).every(decimal),
};
const DECISION: Fields = {
  client: short,
  method: short,
  frame: digest,
  decision: oneOf("signed", "refused"),
};
const DECISION_MAY: Fields = { rule: short, signature: digest, nonce: decimal, address: count, count: positive };
/** Of each event: the fields that it must have, and those that it may have. */
const EVENTS: Readonly<Record<string, readonly [Fields, Fields]>> = {
  start: [{ cut: count }, { torn: digest, version: short, program: digest, policy: digest, accounts: digest }],
  address: [{ next: count }, {}],
  clock: [{ to: count }, {}],
  archive: [{ through: positive, head: digest }, {}],
  note: [{ text: short }, {}],
  checkpoint: [
    {
      segment: positive,
      node: hexOf(33),
      network: short,
      state: (value) => isObject(value) && hasFields(value, STATE, STATE_MAY),
    },
    { key: digest, signature: hexOf(64) },
  ],
};

function isRecord(value: unknown): value is AuditRecord {
  if (!isObject(value)) return false;
  const event = value["event"];
  if (event === undefined) return hasFields(value, { ...HEAD, ...DECISION }, DECISION_MAY);
  const fields = typeof event === "string" && Object.hasOwn(EVENTS, event) ? EVENTS[event] : undefined;
  return fields !== undefined && hasFields(value, { ...HEAD, event: () => true, ...fields[0] }, fields[1]);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Unknown fields need no check of their own: written again, the line would lack them. */
function hasFields(value: Readonly<Record<string, unknown>>, must: Fields, may: Fields): boolean {
  for (const name in must) if (!must[name]?.(value[name])) return false;
  for (const name in may) if (value[name] !== undefined && !may[name]?.(value[name])) return false;
  return true;
}
