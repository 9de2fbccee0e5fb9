import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { AUDIT_GENESIS } from "../../../signer/audit/chain.ts";
import { type AuditKey, newAuditKey, parseAuditKey } from "../../../signer/audit/checkpoint.ts";
import type { AuditLog } from "../../../signer/audit/log.ts";
import { type AuditOptions, openAuditLog } from "../../../signer/audit/open.ts";
import type { AuditEntry } from "../../../signer/audit/record.ts";
import { segmentName, segmentNumbers } from "../../../signer/audit/segment.ts";
import { StateFold } from "../../../signer/audit/state.ts";
import type { SegmentBytes } from "../../../signer/audit/verify.ts";
import { ChainWriter } from "../../../signer/audit/writer.ts";

export const AUDIT_NODE = `02${"5a".repeat(32)}`;
export const AUDIT_NETWORK = "regtest";
/** 2026-11-22T10:00:00Z */
export const NOON = 1_795_341_600_000;

export function signedEntry(i: number, client = "lsp"): AuditEntry {
  const frameDigest = Buffer.alloc(32, i);
  const signatureDigest = Buffer.alloc(32, i + 1);
  const method = "/BtcLsp.Service/SwapIntoLn";
  const nonce = BigInt(1000 + i);
  return { client, method, frameDigest, decision: "signed", signatureDigest, nonce, addressIndex: i };
}

export function refusedEntry(i: number): AuditEntry {
  const frameDigest = Buffer.alloc(32, i);
  return { client: "lsp", method: `/x "${i}\n`, frameDigest, decision: "refused", rule: "frame-length" };
}

export function newSampleAuditKey(): AuditKey {
  const key = parseAuditKey(newAuditKey());
  if (key === undefined) throw new Error("no key");
  return key;
}

/** The segments of a log, made without a disk: of each, the numbers of entries in its batches. */
export function makeLog(segments: readonly (readonly number[])[], key?: AuditKey): SegmentBytes[] {
  const parts = {
    key,
    nodeId: AUDIT_NODE,
    network: AUDIT_NETWORK,
    started: undefined,
    checkpointEvery: 7,
    clock: () => NOON,
  };
  const writer = new ChainWriter(parts, AUDIT_GENESIS, new StateFold(), 0);
  let entry = 0;
  return segments.map((batches, i) => {
    const number = i + 1;
    const bytes: Buffer[] = [];
    for (const [b, count] of batches.entries()) {
      const batch = writer.batch(b === 0, Buffer.alloc(0));
      if (b === 0) writer.checkpoint(batch, number);
      for (let n = 0; n < count; n++) {
        entry += 1;
        writer.decisions(batch, [entry % 3 === 0 ? refusedEntry(entry) : signedEntry(entry)]);
      }
      if (writer.checkpointDue) writer.checkpoint(batch, number);
      bytes.push(Buffer.from(batch.bytes.subarray(0, batch.used)));
    }
    return { number, bytes: Buffer.concat(bytes) };
  });
}

/** A data folder that goes when the test ends. */
export function dataFolder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "audit-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export function options(dir: string, more: Partial<AuditOptions> = {}): AuditOptions {
  return { dir, nodeId: AUDIT_NODE, network: AUDIT_NETWORK, segmentBytes: 65_536, reserveBytes: 0, ...more };
}

export function openAuditSample(dir: string, more: Partial<AuditOptions> = {}): AuditLog {
  const log = openAuditLog(options(dir, more));
  if (!log.ok) throw new Error(JSON.stringify(log.error));
  return log.value;
}

export function segmentPath(dir: string, number: number): string {
  return join(dir, "audit", segmentName(number));
}

export function readSegments(dir: string): SegmentBytes[] {
  return segmentNumbers(readdirSync(join(dir, "audit"))).map((number) => ({
    number,
    bytes: readFileSync(segmentPath(dir, number)),
  }));
}

/** The records' lines of a folder's log, parsed loosely. */
export function lines(dir: string): Record<string, unknown>[] {
  return readSegments(dir).flatMap(({ bytes }) =>
    bytes
      .toString("latin1")
      .split("\n")
      .filter((line) => line !== "")
      .map((line): Record<string, unknown> => JSON.parse(line)),
  );
}
