import { isObject, type JsonValue, parseCanonical } from "../../core/canonical.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { TRANSCRIPT_LINE_MAX } from "../limits.ts";
import { ACTORS, type Actor, EVENT_KINDS, type EventKind } from "../steps/row.ts";
import {
  isTimestamp,
  LINE_END,
  TRANSCRIPT_GENESIS,
  type TranscriptEvent,
  type TranscriptHead,
  transcriptLineHash,
} from "./chain.ts";
import type { FaultCode, TranscriptFinding } from "./faults.ts";
import { formatNamed, type TranscriptFormat } from "./format.ts";
import { checkEvent } from "./schema.ts";

/** What a file holds, up to the first line that is wrong by itself or does not follow from the one before. */
export interface TranscriptLines {
  readonly events: readonly TranscriptEvent[];
  readonly head: TranscriptHead;
  /** What the lines were checked against. */
  readonly format: TranscriptFormat;
  /** Bytes after the last line end: a write that a kill or a full disk cut short. */
  readonly torn: boolean;
  readonly fault?: TranscriptFinding;
}

const ENVELOPE = ["actor", "at", "data", "kind", "prev", "seq", "step"] as const;

/** Reads a transcript: form of every line, chain, allow-list. What the lines say together is not looked at here. */
export function readLines(bytes: Uint8Array, named = formatNamed): TranscriptLines {
  const events: TranscriptEvent[] = [];
  let head = TRANSCRIPT_GENESIS;
  let format: TranscriptFormat | undefined;
  let start = 0;
  for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, start)) {
    const line = bytes.subarray(start, end);
    const read = readLine(line, head, format ?? named);
    format ??= read.format;
    const { event } = read;
    if (!event.ok) return { events, head, format, torn: false, fault: { line: head.seq + 1, ...event.error } };
    events.push(event.value);
    head = { seq: head.seq + 1, prev: transcriptLineHash(line), began: head.began || event.value.at };
    start = end + 1;
  }
  return { events, head, format: format ?? named({}), torn: start < bytes.length };
}

interface ReadLine {
  readonly event: Result<TranscriptEvent, Omit<TranscriptFinding, "line">>;
  readonly format: TranscriptFormat;
}

/** A line, against the format of the file; of the first line, against the one that it names. */
function readLine(line: Uint8Array, head: TranscriptHead, known: TranscriptFormat | typeof formatNamed): ReadLine {
  const value = line.length <= TRANSCRIPT_LINE_MAX ? decode(line) : undefined;
  const data = isObject(value) ? value["data"] : undefined;
  const format = typeof known === "function" ? known(isObject(data) ? data : {}) : known;
  const wrong = (code: FaultCode, detail: string): ReadLine => ({ event: fail({ code, detail }), format });
  if (value === undefined) return wrong("line_form", "line");
  const event = toEvent(value, format);
  if (typeof event === "string") return wrong("event_form", event);
  if (event.seq !== head.seq + 1) return wrong("seq_order", "seq");
  if (event.prev !== head.prev) return wrong("chain_broken", "prev");
  const checked = checkEvent(event, format);
  if (!checked.ok) return wrong(checked.error.code, `${event.step}.${checked.error.field}`);
  return { event: ok(event), format };
}

function decode(line: Uint8Array): JsonValue | undefined {
  try {
    // A byte order mark is one more byte that is not canonical, so it stays in.
    return parseCanonical(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The event, or the name of what is wrong with it. */
function toEvent(value: JsonValue, format: TranscriptFormat): TranscriptEvent | string {
  if (!isObject(value)) return "line";
  const { seq, prev, step, actor, kind, at, data } = value;
  if (Object.keys(value).sort().join() !== ENVELOPE.join()) return "fields";
  if (typeof seq !== "number" || seq < 1) return "seq";
  if (typeof prev !== "string" || !/^[0-9a-f]{64}$/.test(prev)) return "prev";
  if (typeof step !== "string" || !format.steps.some(({ id }) => id === step)) return "step";
  if (!isActor(actor)) return "actor";
  if (!isKind(kind)) return "kind";
  if (typeof at !== "string" || !isTimestamp(at)) return "at";
  if (!isObject(data)) return "data";
  return { seq, prev, step, actor, kind, at, data };
}

const isActor = (value: unknown): value is Actor => ACTORS.some((actor) => actor === value);
const isKind = (value: unknown): value is EventKind => EVENT_KINDS.some((kind) => kind === value);
