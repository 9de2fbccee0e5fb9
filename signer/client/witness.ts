import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import type { AuditPosition } from "../wire/batch.ts";

/** The signer's log is not the one that it was. Whoever gets this should stop the signer and run `signer audit verify`. */
export interface WitnessAlarm {
  readonly kind: /** Its last record has a lower number than one that was seen: the tail is gone, or an old copy runs. */
    | "log_went_back"
    /** The same number with another hash: the log was rewritten. */
    | "log_rewritten";
  readonly seen: AuditPosition;
  readonly now: AuditPosition;
}

/** What the signer's log says of one number: the hash of that record, if it has it, and where it begins and ends. */
export interface RecordFound {
  readonly head: Uint8Array | undefined;
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Remembers positions of the signer's log, in a file of the client's machine that only grows: the log's outside witness.
 * A log that was rolled back grows past any one number; many lines, and a question at each return of the signer, it does
 * not pass.
 */
export interface ClientWitness {
  /** Judges a position that came with an answer. */
  see(position: AuditPosition): WitnessAlarm | undefined;
  /** Judges what the signer says of the last number seen, when it is there again. */
  check(found: RecordFound): WitnessAlarm | undefined;
  /** The highest position that was seen. */
  last(): AuditPosition | undefined;
  /** What was found wrong, also by a process before: it stays until a person takes the file away. */
  alarm(): WitnessAlarm | undefined;
  /** Appends what is new, and flushes it. */
  save(): Promise<void>;
}

/** @param path undefined: remembers for the life of the process only */
export function openWitness(path: string | undefined, nodeId: string): ClientWitness {
  const noted = path === undefined ? NOTHING : readWitness(path);
  let { last, alarm } = noted;
  let appendAt = noted.bytes;
  let saved = last?.seq;
  let saving: Promise<void> = Promise.resolve();
  /** Lines that are not in the file yet: what an alarm rests on. */
  const evidence: string[] = [];
  const raise = (kind: WitnessAlarm["kind"], seen: AuditPosition, now: AuditPosition): WitnessAlarm => {
    const raised = { kind, seen, now };
    alarm = raised;
    evidence.push(lineOf(nodeId, seen), alarmLine(nodeId, raised));
    return raised;
  };
  const write = async (): Promise<void> => {
    if (path === undefined) return;
    const isNew = last !== undefined && last.seq !== saved;
    const lines = [...evidence, ...(isNew ? [lineOf(nodeId, last as AuditPosition)] : [])];
    if (lines.length === 0) return;
    const [count, seq] = [evidence.length, last?.seq];
    appendAt = await append(path, lines.map((line) => `${line}\n`).join(""), appendAt);
    evidence.splice(0, count);
    saved = seq;
  };
  return {
    see(now) {
      const seen = last;
      if (seen === undefined || now.seq > seen.seq) {
        last = now;
        return undefined;
      }
      const rewritten = now.seq === seen.seq && Buffer.compare(now.head, seen.head) !== 0;
      if (now.seq === seen.seq && !rewritten) return undefined;
      // Each answer of a signer that lost its tail would say it again.
      if (alarm !== undefined && now.seq > alarm.now.seq && alarm.seen.seq === seen.seq) return undefined;
      return raise(rewritten ? "log_rewritten" : "log_went_back", seen, now);
    },
    check({ head, first, last: end }) {
      const seen = last;
      if (seen === undefined || (head !== undefined && Buffer.compare(head, seen.head) === 0)) return undefined;
      if (head !== undefined) return raise("log_rewritten", seen, { seq: seen.seq, head });
      // Archived: nobody can say.
      return seen.seq < first ? undefined : raise("log_went_back", seen, { seq: end, head: NO_HEAD });
    },
    last: () => last,
    alarm: () => alarm,
    save() {
      // One after the other: each goes behind the one before.
      saving = saving.catch(() => undefined).then(write);
      return saving;
    },
  };
}

const NO_HEAD = Buffer.alloc(32);

/** Why a witness file cannot be gone on with, in words; undefined: it can. Nothing is written. */
export function witnessFault(path: string): string | undefined {
  try {
    readWitness(path);
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK);
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "damaged";
  }
}

/** A line of JSON; `signer audit verify --witness` reads `seq` and `head`. */
function lineOf(nodeId: string, { seq, head }: AuditPosition): string {
  return JSON.stringify({ node: nodeId, seq: Number(seq), head: Buffer.from(head).toString("hex") });
}

/** The place that was seen, once more, beside what the log said instead. */
function alarmLine(nodeId: string, { kind, seen, now }: WitnessAlarm): string {
  const hex = (head: Uint8Array): string => Buffer.from(head).toString("hex");
  const then = { node: nodeId, seq: Number(seen.seq), head: hex(seen.head) };
  return JSON.stringify({ ...then, alarm: kind, now_seq: Number(now.seq), now_head: hex(now.head) });
}

interface Noted {
  readonly last: AuditPosition | undefined;
  readonly alarm: WitnessAlarm | undefined;
  /** Where the next line goes: behind the last whole one. */
  readonly bytes: number;
}

const NOTHING: Noted = { last: undefined, alarm: undefined, bytes: 0 };

function readWitness(path: string): Noted {
  if (!existsSync(path)) return NOTHING;
  const text = readFileSync(path, "latin1");
  // A line that broke off was never whole: a crash while it was written.
  const bytes = text.lastIndexOf("\n") + 1;
  let last: AuditPosition | undefined;
  let alarm: WitnessAlarm | undefined;
  for (const line of text.slice(0, bytes).split("\n")) {
    if (line === "") continue;
    const seen = readLine(line);
    // A witness that cannot be read must not count as none: the alarm would be off without a word.
    if (seen === undefined) throw new Error(`the witness file ${path} is damaged`);
    alarm = seen.alarm ?? alarm;
    last = seen.position;
  }
  if (last === undefined && text.length > 0) throw new Error(`the witness file ${path} is damaged`);
  return { last, alarm, bytes };
}

function readLine(line: string): { position: AuditPosition; alarm: WitnessAlarm | undefined } | undefined {
  try {
    const { seq, head, alarm, now_seq, now_head } = JSON.parse(line) as Record<string, unknown>;
    const position = positionOf(seq, head);
    const now = positionOf(now_seq, now_head);
    if (position === undefined) return undefined;
    if (alarm === undefined) return { position, alarm: undefined };
    if ((alarm !== "log_went_back" && alarm !== "log_rewritten") || now === undefined) return undefined;
    return { position, alarm: { kind: alarm, seen: position, now } };
  } catch {
    return undefined;
  }
}

function positionOf(seq: unknown, head: unknown): AuditPosition | undefined {
  const fits = typeof seq === "number" && Number.isSafeInteger(seq) && typeof head === "string";
  return fits && /^[0-9a-f]{64}$/.test(head) ? { seq: BigInt(seq), head: Buffer.from(head, "hex") } : undefined;
}

/** Behind the last whole line, so that half of one is written over. Resolves to the place behind what was written. */
async function append(path: string, text: string, at: number): Promise<number> {
  const file = await open(path, existsSync(path) ? "r+" : "wx+", 0o600);
  try {
    await file.truncate(at);
    await file.write(text, at, "latin1");
    await file.datasync();
  } finally {
    await file.close();
  }
  return at + text.length;
}
