import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { lockFolder } from "../../core/lock.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import type { AuditKey } from "./checkpoint.ts";
import { type AuditOpenError, errnoOf } from "./errors.ts";
import { SegmentFiles } from "./files.ts";
import { type AuditIo, DISK } from "./io.ts";
import { readAuditKey } from "./keyfile.ts";
import { CHECKPOINT_EVERY, INLINE_RECORDS, RESERVE_BYTES, SEGMENT_BYTES } from "./limits.ts";
import { AuditLog, type Flush } from "./log.ts";
import type { Started } from "./record.ts";
import { type Found, findEnd } from "./start.ts";

export interface AuditOptions {
  /** The data folder: the log is its folder `audit`, the key that signs checkpoints its file `audit-key.pem`. */
  readonly dir: string;
  /** 33 bytes, hex. */
  readonly nodeId: string;
  readonly network: string;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  readonly segmentBytes?: number;
  readonly checkpointEvery?: number;
  /** Free bytes below which appends are refused. */
  readonly reserveBytes?: number;
  /** A batch of so many records at most is flushed on this thread. */
  readonly inlineRecords?: number;
  readonly io?: AuditIo;
  /** What starts, for its record. */
  readonly started?: Started;
  /** Told of every flush, for metrics. */
  readonly onFlush?: (flush: Flush) => void;
}

/**
 * Opens the log of a data folder, or begins it, and records that the signer started. When this returns a log, the chain
 * of its last segment was read, a torn last record was overwritten and put on record, and nobody else has the folder.
 */
export function openAuditLog(options: AuditOptions): Result<AuditLog, AuditOpenError> {
  const folder = join(options.dir, "audit");
  let release: (() => void) | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Before the lock, whose own error for a read-only disk does not say so.
    accessSync(folder, constants.W_OK);
    release = lockFolder(folder);
    if (release === undefined) return fail({ code: "audit_locked" });
    const log = openLocked(folder, options, release);
    if (!log.ok) release();
    return log;
  } catch (error) {
    release?.();
    return fail({ code: "audit_io", errno: errnoOf(error) });
  }
}

/**
 * Whether a start would go on in the log of a data folder, without touching it: the signer may be running. A folder without
 * a log begins one.
 */
export function checkAuditLog(
  options: Pick<AuditOptions, "dir" | "nodeId" | "network">,
): Result<undefined, AuditOpenError> {
  const folder = join(options.dir, "audit");
  try {
    const found = existsSync(folder) ? findGoing(folder, options) : undefined;
    return found === undefined || found.ok ? ok(undefined) : found;
  } catch (error) {
    return fail({ code: "audit_io", errno: errnoOf(error) });
  }
}

/** Where the log ends, if it is this node's and signed with the key that is there. */
function findGoing(
  folder: string,
  { dir, nodeId, network }: Pick<AuditOptions, "dir" | "nodeId" | "network">,
): Result<{ readonly found: Found; readonly key: AuditKey | undefined }, AuditOpenError> {
  const key = readAuditKey(dir);
  if (!key.ok) return key;
  const end = findEnd(folder);
  if (!end.ok) return end;
  const { checkpoint } = end.value;
  if (checkpoint !== undefined && (checkpoint.node !== nodeId || checkpoint.network !== network))
    return fail({ code: "audit_other_node", node: checkpoint.node, network: checkpoint.network });
  if (checkpoint?.key !== undefined && checkpoint.key !== key.value?.publicKey)
    return fail({ code: "audit_key_other" });
  return ok({ found: end.value, key: key.value });
}

function openLocked(folder: string, options: AuditOptions, release: () => void): Result<AuditLog, AuditOpenError> {
  const going = findGoing(folder, options);
  if (!going.ok) return going;
  const { found, key } = going.value;
  const { nodeId, network } = options;
  const segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
  const io = options.io ?? DISK;
  return ok(
    new AuditLog({
      folder,
      files: new SegmentFiles(folder, found.segment, found.used, segmentBytes, io),
      found,
      key,
      nodeId,
      network,
      started: options.started,
      io,
      clock: options.clock ?? Date.now,
      segmentBytes,
      checkpointEvery: options.checkpointEvery ?? CHECKPOINT_EVERY,
      reserveBytes: options.reserveBytes ?? RESERVE_BYTES,
      inlineRecords: options.inlineRecords ?? INLINE_RECORDS,
      onFlush: options.onFlush ?? (() => undefined),
      release,
    }),
  );
}
