import { isObject, type JsonValue, parseCanonical } from "../../core/canonical.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { TRANSCRIPT_LINE_MAX } from "../limits.ts";
import { ACTORS, type Actor, EVENT_KINDS, type EventKind, STEPS, type StepId } from "../table/steps.ts";
import {
  isTimestamp,
  LINE_END,
  TRANSCRIPT_GENESIS,
  type TranscriptEvent,
  type TranscriptHead,
  transcriptLineHash,
} from "./chain.ts";
import type { FaultCode, TranscriptFinding } from "./faults.ts";
import { checkEvent } from "./schema.ts";

/** What a file holds, up to the first line that is wrong by itself or does not follow from the one before. */
export interface TranscriptLines {
  readonly events: readonly TranscriptEvent[];
  readonly head: TranscriptHead;
  /** Bytes after the last line end: a write that a kill or a full disk cut short. */
  readonly torn: boolean;
  readonly fault?: TranscriptFinding;
}

const ENVELOPE = ["actor", "at", "data", "kind", "prev", "seq", "step"] as const;

/** Reads a transcript: form of every line, chain, allow-list. What the lines say together is not looked at here. */
export function readLines(bytes: Uint8Array): TranscriptLines {
  const events: TranscriptEvent[] = [];
  let head = TRANSCRIPT_GENESIS;
  let start = 0;
  for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, start)) {
    const line = bytes.subarray(start, end);
    const event = readLine(line, head);
    if (!event.ok) return { events, head, torn: false, fault: { line: head.seq + 1, ...event.error } };
    events.push(event.value);
    head = { seq: head.seq + 1, prev: transcriptLineHash(line), began: head.began || event.value.at };
    start = end + 1;
  }
  return { events, head, torn: start < bytes.length };
}

function readLine(line: Uint8Array, head: TranscriptHead): Result<TranscriptEvent, Omit<TranscriptFinding, "line">> {
  const wrong = (code: FaultCode, detail: string) => fail({ code, detail });
  const value = line.length <= TRANSCRIPT_LINE_MAX ? decode(line) : undefined;
  if (value === undefined) return wrong("line_form", "line");
  const event = toEvent(value);
  if (typeof event === "string") return wrong("event_form", event);
  if (event.seq !== head.seq + 1) return wrong("seq_order", "seq");
  if (event.prev !== head.prev) return wrong("chain_broken", "prev");
  const checked = checkEvent(event);
  return checked.ok ? ok(event) : wrong(checked.error.code, `${event.step}.${checked.error.field}`);
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
function toEvent(value: JsonValue): TranscriptEvent | string {
  if (!isObject(value)) return "line";
  const { seq, prev, step, actor, kind, at, data } = value;
  if (Object.keys(value).sort().join() !== ENVELOPE.join()) return "fields";
  if (typeof seq !== "number" || seq < 1) return "seq";
  if (typeof prev !== "string" || !/^[0-9a-f]{64}$/.test(prev)) return "prev";
  if (!isStep(step)) return "step";
  if (!isActor(actor)) return "actor";
  if (!isKind(kind)) return "kind";
  if (typeof at !== "string" || !isTimestamp(at)) return "at";
  if (!isObject(data)) return "data";
  return { seq, prev, step, actor, kind, at, data };
}

const isStep = (value: unknown): value is StepId => STEPS.some((step) => step.id === value);
const isActor = (value: unknown): value is Actor => ACTORS.some((actor) => actor === value);
const isKind = (value: unknown): value is EventKind => EVENT_KINDS.some((kind) => kind === value);
