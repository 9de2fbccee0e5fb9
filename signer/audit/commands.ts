import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fail, ok, type Result } from "../../core/result.ts";
import { errnoOf } from "./errors.ts";
import { auditKeyPath, createAuditKey } from "./keyfile.ts";
import { openAuditLog } from "./open.ts";
import { segmentName, segmentNumbers } from "./segment.ts";
import { type AuditVerdict, type AuditWitness, type Flaw, type SegmentBytes, verifyLog } from "./verify.ts";

export interface AuditCommandIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

export const AUDIT_USAGE = `signer audit init --data DIR
    makes the key that signs the log's checkpoints, and prints its public key
signer audit verify --data DIR [--key PUB] [--witness FILE]
    verifies the log, offline; FILE holds lines {"seq":N,"head":"HEX"} as the client notes them
signer audit archive --data DIR --keep N
    removes all segments but the last N, after a record that says so; copy them before
`;

/** Runs `signer audit …`. Returns the exit code: 0 done, 1 refused or a flaw found, 2 usage. */
export async function runAudit(args: readonly string[], io: AuditCommandIo): Promise<number> {
  const [command, ...rest] = args;
  const usage = (): number => {
    io.stderr(AUDIT_USAGE);
    return 2;
  };
  const string = { type: "string" } as const;
  let values: { readonly [name in "data" | "key" | "witness" | "keep"]?: string };
  try {
    const options = { data: string, key: string, witness: string, keep: string };
    values = parseArgs({ args: rest, options, strict: true, allowPositionals: false }).values;
  } catch {
    return usage();
  }
  const { data, key, witness, keep } = values;
  if (data === undefined) return usage();
  switch (command) {
    case "init":
      return init(data, io);
    case "verify":
      return verify(data, key, witness, io);
    case "archive":
      return /^[1-9]\d{0,7}$/.test(keep ?? "") ? await archive(data, Number(keep), io) : usage();
    default:
      return usage();
  }
}

function init(data: string, io: AuditCommandIo): number {
  const key = createAuditKey(data);
  if (!key.ok) {
    const { errno } = key.error;
    const why = errno === "EEXIST" ? "there is one already, and the log is signed with it" : errno;
    io.stderr(`signer audit: cannot make ${auditKeyPath(data)}: ${why}\n`);
    return 1;
  }
  io.stdout(`${key.value.publicKey}\n`);
  return 0;
}

function verify(data: string, key: string | undefined, witness: string | undefined, io: AuditCommandIo): number {
  if (key !== undefined && !/^[0-9a-f]{64}$/.test(key)) {
    io.stderr("signer audit: --key is the public key, 64 hex digits\n");
    return 2;
  }
  const folder = join(data, "audit");
  let verdict: AuditVerdict;
  try {
    const witnesses = witness === undefined ? ok([]) : parseWitnesses(readFileSync(witness, "utf8"));
    if (!witnesses.ok) {
      io.stderr(`signer audit: ${witness}:${witnesses.error.line}: not {"seq":N,"head":"HEX"}\n`);
      return 2;
    }
    const options = { witnesses: witnesses.value, ...(key === undefined ? {} : { key }) };
    verdict = verifyLog(segmentsOf(folder), options);
  } catch (error) {
    io.stderr(`signer audit: cannot read the log or the witness file: ${errnoOf(error)}\n`);
    return 1;
  }
  for (const line of report(verdict, key, witness !== undefined)) io.stdout(`${line}\n`);
  return verdict.flaw === undefined && verdict.records > 0 ? 0 : 1;
}

async function archive(data: string, keep: number, io: AuditCommandIo): Promise<number> {
  const verdict = verifyLog(segmentsOf(join(data, "audit")));
  if (verdict.flaw !== undefined || verdict.records === 0) {
    io.stderr("signer audit: the log does not verify; nothing removed\n");
    return 1;
  }
  const log = openAuditLog({ dir: data, nodeId: verdict.node, network: verdict.network });
  if (!log.ok) {
    const why =
      log.error.code === "audit_locked" ? "the signer runs; stop it, or use its admin socket" : log.error.code;
    io.stderr(`signer audit: ${why}\n`);
    return 1;
  }
  try {
    for (const name of await log.value.archive(keep)) io.stdout(`removed ${name}\n`);
    return 0;
  } catch (error) {
    io.stderr(`signer audit: ${errnoOf(error)}\n`);
    return 1;
  } finally {
    await log.value.close();
  }
}

function* segmentsOf(folder: string): Iterable<SegmentBytes> {
  for (const number of segmentNumbers(readdirSync(folder))) {
    yield { number, bytes: readFileSync(join(folder, segmentName(number))) };
  }
}

/** One JSON object a line, with `seq` as number or decimal text and `head` in hex; other members are the client's. */
export function parseWitnesses(text: string): Result<AuditWitness[], { readonly line: number }> {
  const witnesses: AuditWitness[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const witness = parseWitness(line);
    if (witness === undefined) return fail({ line: i + 1 });
    witnesses.push(witness);
  }
  return witnesses.length === 0 ? fail({ line: 1 }) : ok(witnesses);
}

function parseWitness(line: string): AuditWitness | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("seq" in value) || !("head" in value)) return undefined;
  const { seq, head } = value;
  const number = typeof seq === "number" || (typeof seq === "string" && /^\d{1,15}$/.test(seq)) ? Number(seq) : -1;
  const fits = Number.isSafeInteger(number) && number >= 0 && typeof head === "string" && /^[0-9a-f]{64}$/.test(head);
  return fits ? { seq: number, head } : undefined;
}

export const FLAWS: Readonly<Record<Flaw["code"], string>> = {
  record_form: "is no record",
  record_seq: "has another number than the next record",
  record_prev: "does not follow the record before it",
  record_batch: "names a batch that it cannot be in",
  segment_missing: "is missing",
  segment_begins: "does not begin with its checkpoint",
  checkpoint_state: "is a checkpoint with other sums than the records give",
  checkpoint_node: "is a checkpoint of another node or network",
  checkpoint_signature: "is a checkpoint without a signature of this key that holds",
  checkpoint_none: "is the end, and no checkpoint is signed with this key",
  checkpoint_overdue: "is the end, too far after the last signed checkpoint",
  archive_unsigned: "is the end, and no signature covers the record that lets segments be gone",
  witness_beyond: "is the end, and a witness saw more: the tail was cut off",
  witness_differs: "is another record than the witness saw",
};

function report(verdict: AuditVerdict, key: string | undefined, witnessed: boolean): string[] {
  const { flaw, first, last, records, torn, unseen, signedTo } = verdict;
  if (flaw !== undefined) {
    const place = flaw.line === 0 ? flaw.segment : `${flaw.segment} line ${flaw.line} (record ${flaw.seq})`;
    return [`BAD ${flaw.code}: ${place} ${FLAWS[flaw.code]}`, `good up to record ${Math.min(last.seq, flaw.seq)}`];
  }
  if (records === 0) return ["no records"];
  const lines = [`OK ${records} records, ${first} to ${last.seq}`, `head ${last.head}`];
  if (first > 1) lines.push(`records before ${first} were archived`);
  if (torn > 0) lines.push(`${torn} bytes of a torn last record, which the signer takes off when it starts`);
  if (unseen > 0) lines.push(`${unseen} witnessed places are in archived segments and were not looked at`);
  if (key !== undefined) lines.push(`signed up to record ${signedTo}`);
  else lines.push("checkpoint signatures not looked at: no --key");
  if (!witnessed) lines.push("a tail cut off would not be seen: no --witness");
  return lines;
}
