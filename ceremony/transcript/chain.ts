import { createHash } from "node:crypto";
import { canonicalJson, type JsonObject } from "../../core/canonical.ts";
import { secondsBetween } from "../steps/agreement.ts";
import type { Actor, EventKind } from "../steps/row.ts";
import { type TranscriptFormat, WRITTEN_FORMAT } from "./format.ts";
import { checkEvent } from "./schema.ts";

/** What a step has to say, before the chain gives it number, predecessor and time. */
export interface EventDraft {
  readonly step: string;
  readonly actor: Actor;
  readonly kind: EventKind;
  /** `what` names the entry of the table; the other members are its fields. */
  readonly data: JsonObject;
}

/** One line of a transcript. */
export interface TranscriptEvent extends EventDraft {
  /** Counted from 1. */
  readonly seq: number;
  /** `lineHash` of the line before; 64 zeros on the first. */
  readonly prev: string;
  /** The machine's time, UTC, whole seconds: `2026-11-22T10:00:00Z`. */
  readonly at: string;
}

/** Where a transcript ends, and all that is needed to go on with it. */
export interface TranscriptHead {
  readonly seq: number;
  readonly prev: string;
  /** Time of the first event; empty while there is none. */
  readonly began: string;
}

export const LINE_END = 0x0a;
export const TRANSCRIPT_GENESIS: TranscriptHead = { seq: 0, prev: "0".repeat(64), began: "" };

/** The program wanted to record what its own table does not allow: a mistake in the program, never one of a person. */
export class TranscriptFault extends Error {
  readonly code: string;

  constructor(code: string, place: string) {
    super(`${code}: ${place}`);
    this.code = code;
  }
}

/**
 * The next line of a transcript, its line end included, and the head after it. The closing event gets here what only
 * the chain knows: the number of events and the seconds since the first.
 *
 * Nothing passes that the allow-list refuses, so a secret cannot reach the disk through a mistake in a step. The fault
 * names the field and never its value, for the same reason.
 *
 * @param at `timestamp()` of now
 * @throws TranscriptFault if the table does not allow the event
 */
export function appendEvent(
  head: TranscriptHead,
  draft: EventDraft,
  at: string,
  format: TranscriptFormat = WRITTEN_FORMAT,
): { line: Buffer; head: TranscriptHead } {
  const seq = head.seq + 1;
  const began = head.began === "" ? at : head.began;
  const closing = draft.kind === "done" ? { events: seq, seconds: secondsBetween(began, at) } : {};
  const { step, actor, kind } = draft;
  const event = { seq, prev: head.prev, step, actor, kind, at, data: { ...draft.data, ...closing } };
  const checked = checkEvent(event, format);
  if (!checked.ok) throw new TranscriptFault(checked.error.code, `${step}.${checked.error.field}`);
  if (!isTimestamp(at)) throw new TranscriptFault("event_form", `${step}.at`);
  const text = canonicalJson(event);
  return { line: Buffer.from(`${text}\n`), head: { seq, prev: transcriptLineHash(text), began } };
}

/** SHA-256 over a line without its line end, in hex. Of the last line it is the transcript's head. */
export function transcriptLineHash(line: string | Uint8Array): string {
  return createHash("sha256").update(line).digest("hex");
}

/** A transcript's form of a time in Unix seconds. */
export function timestamp(unix: number): string {
  return `${new Date(Math.floor(unix) * 1000).toISOString().slice(0, 19)}Z`;
}

export function isTimestamp(text: string): boolean {
  const time = Date.parse(text);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && !Number.isNaN(time) && timestamp(time / 1000) === text;
}
