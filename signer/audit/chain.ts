import { parseRecord } from "./parse.ts";
import { type AuditRecord, NO_PREV, recordHash } from "./record.ts";

/** Where a log ends, and all that is needed to go on with it: number and hash of the last record. */
export interface AuditHead {
  readonly seq: number;
  readonly head: string;
}

export const AUDIT_GENESIS: AuditHead = { seq: 0, head: NO_PREV };

/** Why a line is not the next record: unreadable, another number, or another record before it than the one there is. */
export type ChainCode = "record_form" | "record_seq" | "record_prev" | "record_batch";

/** The valid prefix of a segment. */
export interface Walked {
  readonly head: AuditHead;
  /** `batch` of the last record; 0 if there was none. */
  readonly batch: number;
  /** Bytes up to the end of the last good line. */
  readonly end: number;
  /** Good lines. */
  readonly lines: number;
  /** What comes after them. */
  readonly tail: Tail;
}

/**
 * What lies behind the last good line of a segment:
 *
 * - nothing, or only the line ends that a segment is filled with when it is written ahead;
 * - a torn write: a record that begins as the next one must and breaks off, which nobody was ever told of. Where the
 *   disk stored the pages of one write in another order, later records of that same write may follow it;
 * - anything else is damage.
 */
export type Tail =
  | { readonly kind: "clean" }
  | { readonly kind: "torn" /** Up to the last byte that is no filler. */; readonly bytes: number }
  | { readonly kind: "damage"; readonly code: ChainCode };

/** A whole record ends in a brace; one that breaks off can do so only in a checkpoint, behind its inner braces. */
const ENDS_WITHIN_STATE = /"signed":\{[^{}]*\}\}?$/;

/**
 * Goes through the lines of one segment.
 *
 * @param from the head before it; undefined takes the first line's word for what came before, where earlier segments
 *   are gone
 * @param visit is given every good record
 */
export function walk(
  bytes: Buffer,
  from: AuditHead | undefined,
  visit: (record: AuditRecord, head: AuditHead) => void,
): Walked {
  const text = bytes.toString("latin1");
  let head = from;
  let batch = 0;
  let end = 0;
  let lines = 0;
  for (;;) {
    const stop = text.indexOf("\n", end);
    if (stop === -1 || stop === end) break;
    const line = text.slice(end, stop);
    const parsed = parseRecord(line);
    if (!parsed.ok) break;
    const record = parsed.value;
    const code = misfit(record, head, batch);
    if (code !== undefined) {
      return { head: head ?? AUDIT_GENESIS, batch, end, lines, tail: { kind: "damage", code } };
    }
    head = { seq: record.seq, head: recordHash(line) };
    batch = record.batch;
    end = stop + 1;
    lines += 1;
    visit(record, head);
  }
  return { head: head ?? AUDIT_GENESIS, batch, end, lines, tail: tailOf(text.slice(end), head ?? AUDIT_GENESIS) };
}

function misfit(record: AuditRecord, head: AuditHead | undefined, batch: number): ChainCode | undefined {
  if (head !== undefined && record.seq !== head.seq + 1) return "record_seq";
  if (head !== undefined && record.prev !== head.head) return "record_prev";
  // A batch is one write: its number is that of its first record, so it stays or becomes this record's own.
  const fits = record.batch === record.seq || (record.batch === batch && batch > 0);
  return fits ? undefined : "record_batch";
}

/**
 * Decides about the rest of a segment. One write at a time is under way, and the next begins when it is on disk; so a
 * record whose batch begins later than the first missing one proves that the missing one was once on disk.
 */
function tailOf(rest: string, head: AuditHead): Tail {
  const used = rest.search(/\n*$/);
  if (used === 0) return { kind: "clean" };
  const [first = "", ...after] = rest.slice(0, used).split("\n");
  const next = `{"seq":${head.seq + 1},"prev":"${head.head}","time":"`;
  const begins = first.length < next.length ? next.startsWith(first) : first.startsWith(next);
  if (!begins || (first.endsWith("}") && !ENDS_WITHIN_STATE.test(first)))
    return { kind: "damage", code: "record_form" };
  for (const line of after) {
    const parsed = parseRecord(line);
    if (parsed.ok && (parsed.value.batch > head.seq + 1 || parsed.value.seq <= head.seq + 1))
      return { kind: "damage", code: "record_seq" };
  }
  return { kind: "torn", bytes: used };
}
