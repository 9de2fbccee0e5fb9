import { type AuditHead, type Walked, walk } from "./chain.ts";
import { checkpointHolds } from "./checkpoint.ts";
import { CHECKPOINT_OVERDUE } from "./limits.ts";
import { type AuditRecord, type CheckpointRecord, NO_PREV } from "./record.ts";
import { segmentName } from "./segment.ts";
import { StateFold, sameState } from "./state.ts";

/** One segment's file. */
export interface SegmentBytes {
  readonly number: number;
  readonly bytes: Buffer;
}

/** A place that somebody else noted: the client keeps the last one that the signer gave it. */
export interface AuditWitness {
  readonly seq: number;
  readonly head: string;
}

/** The first thing that is wrong. `segment` and `line` say where, lines counted from 1. */
export interface Flaw {
  readonly code: /** A line is no record, or not the next one. */
    | "record_form"
    | "record_seq"
    | "record_prev"
    | "record_batch"
    /** A segment is missing, or the first ones are and no record says that they were archived. */
    | "segment_missing"
    /** A segment does not begin with the checkpoint that names it. */
    | "segment_begins"
    /** A checkpoint's sums are not those of the records before it. */
    | "checkpoint_state"
    /** A checkpoint names another node or network than the first. */
    | "checkpoint_node"
    /** A checkpoint's signature is missing, of another key, or false. */
    | "checkpoint_signature"
    /** No checkpoint is signed with the key that was given. */
    | "checkpoint_none"
    /** More records after the last signed checkpoint than a signer leaves. */
    | "checkpoint_overdue"
    /** The record that lets early segments be gone is not under a signature. */
    | "archive_unsigned"
    /** The log ends before a place that a witness noted: its tail was cut off. */
    | "witness_beyond"
    /** The record of that number is another than the witness saw: the chain was rewritten. */
    | "witness_differs";
  readonly seq: number;
  readonly segment: string;
  readonly line: number;
}

/** What was verified, flaw or not. */
export interface AuditVerdict {
  readonly flaw: Flaw | undefined;
  readonly records: number;
  /** Number of the first record that is there; more than 1 if earlier segments were archived. */
  readonly first: number;
  readonly last: AuditHead;
  /** Bytes of a torn last record, which the signer takes off when it starts. */
  readonly torn: number;
  /** Witnessed places that are before `first`, and so could not be looked at. */
  readonly unseen: number;
  /** Number of the last checkpoint whose signature holds; 0 without a key. Only a witness vouches for what is after. */
  readonly signedTo: number;
  readonly node: string;
  readonly network: string;
}

export interface AuditVerifyOptions {
  /** Public key of the checkpoints, 64 hex digits. */
  readonly key?: string;
  readonly witnesses?: readonly AuditWitness[];
}

/**
 * Verifies a log from its segments, in their order. Reads each once and keeps none.
 *
 * Without a key, the chain shows every change but a rewritten rest; the key shows that up to the last checkpoint, and a
 * witness up to the place that it noted.
 */
export function verifyLog(segments: Iterable<SegmentBytes>, options: AuditVerifyOptions = {}): AuditVerdict {
  const run = new Verification(options);
  let previous: { readonly number: number; readonly walked: Walked } | undefined;
  for (const segment of segments) {
    if (previous !== undefined) {
      if (segment.number !== previous.number + 1) return run.verdict("segment_missing", previous.number + 1, 0);
      // Only the last one may be torn; one that is all filler was written ahead, and is the last.
      const unused = previous.walked.lines === 0 && previous.walked.tail.kind === "clean";
      if (unused || previous.walked.tail.kind === "torn") {
        if (!isFiller(segment.bytes)) return run.verdict("record_form", previous.number, previous.walked.lines + 1);
        continue;
      }
    }
    const walked = run.segment(segment);
    if (walked === undefined) return run.verdict(undefined, 0, 0);
    previous = { number: segment.number, walked };
  }
  return run.end(previous?.walked.tail.kind === "torn" ? previous.walked.tail.bytes : 0);
}

class Verification {
  readonly #key: string | undefined;
  readonly #witnesses: Map<number, Set<string>>;
  #flaw: Flaw | undefined;
  #head: AuditHead | undefined;
  #first = 0;
  #records = 0;
  #signedTo = 0;
  #fold: StateFold | undefined;
  #origin: CheckpointRecord | undefined;
  /** Highest number up to which an archive record lets segments be gone, and where it stands. */
  #archived = { through: 0, at: 0 };
  #at = { number: 1, line: 1 };

  constructor({ key, witnesses = [] }: AuditVerifyOptions) {
    this.#key = key;
    this.#witnesses = new Map();
    for (const { seq, head } of witnesses) this.#witnesses.set(seq, (this.#witnesses.get(seq) ?? new Set()).add(head));
    if (this.#witnesses.get(0)?.has(NO_PREV) === true) this.#witnesses.delete(0);
  }

  /** Undefined if there is a flaw. */
  segment({ number, bytes }: SegmentBytes): Walked | undefined {
    this.#at = { number, line: 0 };
    const from = this.#head ?? (number === 1 ? { seq: 0, head: NO_PREV } : undefined);
    const walked = walk(bytes, from, (record, head) => {
      this.#at.line += 1;
      if (this.#flaw !== undefined) return;
      const code = this.#record(record, head);
      if (code !== undefined) this.#set(code, number, this.#at.line);
    });
    if (this.#flaw !== undefined) return undefined;
    if (walked.tail.kind === "damage") {
      this.#set(walked.tail.code, number, walked.lines + 1);
      return undefined;
    }
    return walked;
  }

  /** What is wrong with a record that is in its place in the chain. */
  #record(record: AuditRecord, head: AuditHead): Flaw["code"] | undefined {
    const { number, line } = this.#at;
    this.#head = head;
    this.#records += 1;
    if (this.#first === 0) this.#first = head.seq;
    const seen = this.#witnesses.get(head.seq);
    this.#witnesses.delete(head.seq);
    if (seen !== undefined && (seen.size > 1 || !seen.has(head.head))) return "witness_differs";
    const isCheckpoint = "event" in record && record.event === "checkpoint";
    if (line === 1 && !(isCheckpoint && record.segment === number)) return "segment_begins";
    if (isCheckpoint) return this.#checkpoint(record);
    if ("event" in record && record.event === "archive") this.#archived = { through: record.through, at: head.seq };
    this.#fold?.record(record);
    return undefined;
  }

  #checkpoint(record: CheckpointRecord): Flaw["code"] | undefined {
    this.#origin ??= record;
    const { node, network } = this.#origin;
    if (record.node !== node || record.network !== network) return "checkpoint_node";
    this.#fold ??= record.seq === 1 ? new StateFold() : new StateFold(record.state);
    if (!sameState(this.#fold.state(), record.state)) return "checkpoint_state";
    // A start reads no further back than this one, and so cannot know more by client than it says.
    if (record.state.nonces === undefined) this.#fold = new StateFold(record.state);
    if (this.#key === undefined) return undefined;
    // Before the key was made checkpoints are not signed; from the first signature on, all are.
    if (record.key === undefined && this.#signedTo === 0) return undefined;
    if (!checkpointHolds(record, this.#key)) return "checkpoint_signature";
    this.#signedTo = record.seq;
    return undefined;
  }

  end(torn: number): AuditVerdict {
    const { number, line } = this.#at;
    const last = this.#head?.seq ?? 0;
    const gone = this.#first > 1;
    if (gone && this.#archived.through < this.#first - 1)
      return this.verdict("segment_missing", this.#firstNumber(), 0);
    if ([...this.#witnesses.keys()].some((seq) => seq > last)) return this.verdict("witness_beyond", number, line);
    if (this.#key !== undefined) {
      if (this.#signedTo === 0) return this.verdict("checkpoint_none", number, line);
      if (gone && this.#archived.at > this.#signedTo) return this.verdict("archive_unsigned", number, line);
      if (last - this.#signedTo > CHECKPOINT_OVERDUE) return this.verdict("checkpoint_overdue", number, line);
    }
    return this.verdict(undefined, 0, 0, torn);
  }

  verdict(code: Flaw["code"] | undefined, number: number, line: number, torn = 0): AuditVerdict {
    if (code !== undefined) this.#set(code, number, line);
    return {
      flaw: this.#flaw,
      records: this.#records,
      first: this.#first,
      last: this.#head ?? { seq: 0, head: NO_PREV },
      torn,
      unseen: [...this.#witnesses.keys()].filter((seq) => seq < this.#first).length,
      signedTo: this.#signedTo,
      node: this.#origin?.node ?? "",
      network: this.#origin?.network ?? "",
    };
  }

  /** The segment before the first one that is there. */
  #firstNumber(): number {
    return (this.#origin?.segment ?? 1) - 1;
  }

  #set(code: Flaw["code"], number: number, line: number): void {
    const last = this.#head?.seq ?? 0;
    // A line that was taken in is itself the bad one; one that was not is the next.
    const seq = code.startsWith("record_") || code === "segment_missing" ? last + 1 : last;
    this.#flaw ??= { code, seq, segment: segmentName(number), line };
  }
}

function isFiller(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x0a);
}
