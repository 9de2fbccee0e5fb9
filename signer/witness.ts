import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { AuditPosition } from "./service/wire.ts";

/** The signer's log is not the one that it was. Whoever gets this should stop the signer and run `signer audit verify`. */
export interface WitnessAlarm {
  readonly kind: /** Its last record has a lower number than one that was seen: the tail is gone, or an old copy runs. */
    | "log_went_back"
    /** The same number with another hash: the log was rewritten. */
    | "log_rewritten";
  readonly seen: AuditPosition;
  readonly now: AuditPosition;
}

/** Remembers the highest position of the signer's log, in a file of the client's machine: the log's outside witness. */
export interface Witness {
  /** Judges a position that came with an answer. The highest one is kept, whatever comes. */
  see(position: AuditPosition): WitnessAlarm | undefined;
  last(): AuditPosition | undefined;
  /** Writes the file if there is something new. */
  save(): Promise<void>;
}

/** @param path undefined: remembers for the life of the process only */
export function openWitness(path: string | undefined, nodeId: string): Witness {
  let last = path === undefined ? undefined : readWitness(path);
  let saved = last?.seq;
  let alarmedAt: bigint | undefined;
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
      if (alarmedAt !== undefined && now.seq > alarmedAt) return undefined;
      alarmedAt = now.seq;
      return { kind: rewritten ? "log_rewritten" : "log_went_back", seen, now };
    },
    last: () => last,
    async save() {
      if (path === undefined || last === undefined || last.seq === saved) return;
      const { seq } = last;
      await writeWitness(path, witnessText(nodeId, last));
      saved = seq;
    },
  };
}

/** Why a witness file cannot be gone on with, in words; undefined: it can. Nothing is written. */
export function witnessFault(path: string): string | undefined {
  try {
    readWitness(path);
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK);
    // A new one is written beside it and takes its place.
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof SyntaxError) return "damaged";
    return "code" in error ? String(error.code) : "damaged";
  }
}

/** One line of JSON; `signer audit verify --witness` reads it. */
function witnessText(nodeId: string, { seq, head }: AuditPosition): string {
  return `${JSON.stringify({ node: nodeId, seq: Number(seq), head: Buffer.from(head).toString("hex") })}\n`;
}

function readWitness(path: string): AuditPosition | undefined {
  if (!existsSync(path)) return undefined;
  const { seq, head } = JSON.parse(readFileSync(path, "utf8")) as { seq?: unknown; head?: unknown };
  // A witness that cannot be read must not count as none: the alarm would be off without a word.
  if (typeof seq !== "number" || !Number.isSafeInteger(seq) || typeof head !== "string" || !/^[0-9a-f]{64}$/.test(head))
    throw new Error(`the witness file ${path} is damaged`);
  return { seq: BigInt(seq), head: Buffer.from(head, "hex") };
}

async function writeWitness(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
