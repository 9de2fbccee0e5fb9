import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { fail, ok, type Result } from "../../core/result.ts";
import { AUDIT_GENESIS, type AuditHead, type Walked, walk } from "./chain.ts";
import type { AuditOpenError } from "./errors.ts";
import { parseRecord } from "./parse.ts";
import { type AuditRecord, type CheckpointRecord, recordHash } from "./record.ts";
import { segmentName, segmentNumbers } from "./segment.ts";
import { StateFold } from "./state.ts";

/** What a start finds, and goes on from. */
export interface Found {
  /** Segment to go on in, and the bytes of it that hold records. */
  readonly segment: number;
  readonly used: number;
  readonly head: AuditHead;
  readonly state: StateFold;
  /** The last checkpoint; undefined in a new log. */
  readonly checkpoint: CheckpointRecord | undefined;
  /** A torn last record, to be overwritten; empty as a rule. */
  readonly torn: Buffer;
}

/**
 * Finds the end of the log. Reads the last segment in full, and of those before it the first and the last line, which
 * must join; what lies between them is `signer audit verify`'s to read, which takes longer than a start may.
 *
 * @throws the system's error
 */
export function findEnd(folder: string): Result<Found, AuditOpenError> {
  const numbers = segmentNumbers(readdirSync(folder));
  const gap = numbers.find((number, i) => i > 0 && number !== (numbers[i - 1] ?? 0) + 1);
  if (gap !== undefined) return fail({ code: "audit_segment_missing", segment: segmentName(gap - 1) });
  const blank = (number: number): boolean => lastLine(join(folder, segmentName(number))) === undefined;
  // Segments written ahead and not begun yet.
  while (numbers.length > 0 && blank(numbers.at(-1) ?? 0)) {
    if (numbers.length === 1) return numbers[0] === 1 ? ok(newLog()) : missing((numbers[0] ?? 1) - 1);
    numbers.pop();
  }
  return numbers.length === 0 ? ok(newLog()) : readEnd(folder, numbers);
}

function newLog(): Found {
  return {
    segment: 1,
    used: 0,
    head: AUDIT_GENESIS,
    state: new StateFold(),
    checkpoint: undefined,
    torn: Buffer.alloc(0),
  };
}

function missing(number: number): Result<never, AuditOpenError> {
  return fail({ code: "audit_segment_missing", segment: segmentName(number) });
}

function readEnd(folder: string, numbers: readonly number[]): Result<Found, AuditOpenError> {
  let head: AuditHead | undefined = numbers[0] === 1 ? AUDIT_GENESIS : undefined;
  for (const number of numbers.slice(0, -1)) {
    const path = join(folder, segmentName(number));
    const first = parseRecord(firstLine(path));
    if (!first.ok) return damaged(number, 1, "record_form");
    const joins = head === undefined || (first.value.seq === head.seq + 1 && first.value.prev === head.head);
    if (!joins || !begins(first.value, number)) return damaged(number, 1, joins ? "record_form" : "record_prev");
    const line = lastLine(path) ?? "";
    const last = parseRecord(line);
    if (!last.ok) return readSegment(folder, number, undefined, new Reader(), false);
    head = { seq: last.value.seq, head: recordHash(line) };
  }
  const number = numbers.at(-1) ?? 1;
  const reader = new Reader();
  const end = readSegment(folder, number, head, reader, true);
  if (!end.ok || end.value.used > 0 || number === 1) return end;
  if (head === undefined) return damaged(number, 1, "record_form");
  // Nothing whole in it yet: what the policy has to know stands in the segment before.
  const before = readSegment(folder, number - 1, undefined, reader, false);
  return before.ok ? ok({ ...end.value, state: reader.state, checkpoint: reader.checkpoint }) : before;
}

/** Folds what a start needs from the records of a segment. */
class Reader {
  checkpoint: CheckpointRecord | undefined;
  state = new StateFold();

  take(record: AuditRecord): void {
    if ("event" in record && record.event === "checkpoint") {
      this.checkpoint = record;
      this.state = new StateFold(record.state);
    } else {
      this.state.record(record);
    }
  }
}

function readSegment(
  folder: string,
  number: number,
  from: AuditHead | undefined,
  reader: Reader,
  isLast: boolean,
): Result<Found, AuditOpenError> {
  const bytes = readFileSync(join(folder, segmentName(number)));
  let misplaced = false;
  let lines = 0;
  const walked: Walked = walk(bytes, from, (record) => {
    lines += 1;
    if (lines === 1) misplaced = !begins(record, number);
    reader.take(record);
  });
  if (misplaced) return damaged(number, 1, "record_form");
  const { tail, end, head } = walked;
  if (tail.kind === "damage") return damaged(number, walked.lines + 1, tail.code);
  if (tail.kind === "torn" && !isLast) return damaged(number, walked.lines + 1, "record_form");
  const torn = Buffer.from(tail.kind === "torn" ? bytes.subarray(end, end + tail.bytes) : []);
  const { state, checkpoint } = reader;
  return ok({ segment: number, used: end, head, state, checkpoint, torn });
}

function begins(record: AuditRecord, segment: number): boolean {
  return "event" in record && record.event === "checkpoint" && record.segment === segment;
}

function damaged(segment: number, line: number, reason: string): Result<never, AuditOpenError> {
  return fail({ code: "audit_damaged", segment: segmentName(segment), line, reason });
}

/** The first record of a segment; undefined if it has none that can be read. */
export function firstRecord(path: string): AuditRecord | undefined {
  const parsed = parseRecord(firstLine(path));
  return parsed.ok ? parsed.value : undefined;
}

/** No record is longer: a decision has 1 KiB at most, a checkpoint a few bytes for each client. */
const LINE_WINDOW = 64 * 1024;

function firstLine(path: string): string {
  const text = readWindow(
    path,
    (size) => Math.min(size, LINE_WINDOW),
    () => 0,
  );
  return text.slice(0, Math.max(0, text.indexOf("\n")));
}

/** The last line that is not empty; undefined if there is none. Reads all of a file only if it ends in filler. */
function lastLine(path: string): string | undefined {
  const window = (size: number): number => Math.min(size, LINE_WINDOW);
  const line = lastOf(readWindow(path, window, (size) => size - window(size)));
  return line ?? lastOf(readFileSync(path, "latin1"));
}

function lastOf(text: string): string | undefined {
  const end = text.trimEnd().length;
  return end === 0 ? undefined : text.slice(text.lastIndexOf("\n", end - 1) + 1, end);
}

function readWindow(path: string, length: (size: number) => number, from: (size: number) => number): string {
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    const window = Buffer.alloc(length(size));
    return window.toString("latin1", 0, readSync(fd, window, 0, window.length, from(size)));
  } finally {
    closeSync(fd);
  }
}
