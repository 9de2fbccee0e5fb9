import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { walk } from "../../../signer/audit/chain.ts";
import { openAuditLog } from "../../../signer/audit/open.ts";
import { NO_PREV } from "../../../signer/audit/record.ts";
import { verifyLog } from "../../../signer/audit/verify.ts";
import {
  dataFolder,
  lines,
  makeLog,
  openAuditSample,
  options,
  readSegments,
  segmentPath,
  signedEntry,
} from "./sample.ts";

test("a torn last record is cut off at the next start, and that is on record", async (t) => {
  const dir = dataFolder(t);
  for (const part of [1, 10, 90, 200, 300]) {
    const log = openAuditSample(dir);
    const { seq, head } = await log.append([signedEntry(part % 200)]);
    await log.close();
    const path = segmentPath(dir, 1);
    const used = readFileSync(path, "latin1").trimEnd().length + 1;
    const last = lines(dir).at(-1);
    assert.ok(last);
    const prev = hash("sha256", readFileSync(path, "latin1").trimEnd().split("\n").at(-1) ?? "", "hex");
    const next = JSON.stringify({ ...last, seq: Number(seq) + 2, prev }).slice(0, part);
    const bytes = readFileSync(path);
    bytes.write(next, used, "latin1");
    writeFileSync(path, bytes);
    assert.equal(verifyLog(readSegments(dir)).torn, next.length);
    const again = openAuditSample(dir);
    const start = lines(dir).at(-1);
    assert.deepEqual([start?.["event"], start?.["cut"]], ["start", next.length]);
    assert.equal(start?.["torn"], hash("sha256", next, "hex"));
    await again.append([signedEntry(2)]);
    await again.close();
    const verdict = verifyLog(readSegments(dir), { witnesses: [{ seq: Number(seq), head: head.toString("hex") }] });
    assert.deepEqual([verdict.flaw, verdict.torn], [undefined, 0]);
  }
});

test("pages of the last write that never reached the disk are a torn record; of any write before, they are damage", () => {
  const [log] = makeLog([[6, 9, 1, 12]]);
  assert.ok(log);
  const text = log.bytes.toString("latin1");
  const last = startOfLast(text);
  const file = Buffer.concat([log.bytes, Buffer.alloc(4096, "\n")]);
  const from = { seq: 0, head: NO_PREV };
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 30 }), { minLength: 1 }), (lost) => {
      const bytes = Buffer.from(file);
      for (const block of lost) {
        const at = last + block * 512;
        bytes.fill("\n", Math.min(at, bytes.length), Math.min(at + 512, bytes.length));
      }
      const walked = walk(bytes, from, () => undefined);
      assert.notEqual(walked.tail.kind, "damage");
      assert.ok(walked.end >= last);
    }),
  );
  fc.assert(
    fc.property(fc.nat({ max: last - 2 }), fc.integer({ min: 1, max: 2000 }), (at, length) => {
      const bytes = Buffer.from(file);
      const end = Math.min(at + length, last - 1);
      bytes.fill("\n", at, end);
      fc.pre(!bytes.equals(file));
      assert.equal(walk(bytes, from, () => undefined).tail.kind, "damage");
    }),
  );
});

test("damage anywhere in what was flushed stops the start, and names the place", async (t) => {
  const dir = dataFolder(t);
  const log = openAuditSample(dir);
  for (let i = 0; i < 250; i++) await log.append([signedEntry(i)]);
  await log.close();
  const files = readdirSync(join(dir, "audit")).filter((name) => name.endsWith(".jsonl"));
  assert.ok(files.length >= 3);
  const used = readSegments(dir).filter(({ bytes }) => bytes.toString().trim() !== "");
  const current = used.at(-1)?.number ?? 0;
  const refuses = (path: string, code: string, bytes: Buffer): void => {
    const before = readFileSync(path);
    writeFileSync(path, bytes);
    const opened = openAuditLog(options(dir));
    assert.ok(!opened.ok, code);
    assert.equal(opened.error.code, code);
    if (opened.error.code === "audit_damaged") {
      assert.equal(join(dir, "audit", opened.error.segment), path);
      assert.ok(opened.error.line >= 1);
    }
    writeFileSync(path, before);
  };
  const path = segmentPath(dir, current);
  const bytes = readFileSync(path);
  for (const at of [3, 200, Math.floor(bytes.toString().trimEnd().length / 2)]) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    refuses(path, "audit_damaged", changed);
  }
  refuses(
    path,
    "audit_damaged",
    Buffer.concat([bytes.subarray(0, bytes.toString().trimEnd().length + 1), Buffer.from("x")]),
  );
  refuses(segmentPath(dir, current - 1), "audit_damaged", readFileSync(segmentPath(dir, current - 1)).subarray(0, -20));
  const middle = segmentPath(dir, 2);
  const kept = readFileSync(middle);
  rmSync(middle);
  const opened = openAuditLog(options(dir));
  assert.deepEqual(opened, { ok: false, error: { code: "audit_segment_missing", segment: "00000002.jsonl" } });
  writeFileSync(middle, kept);
  const last = openAuditSample(dir);
  await last.close();
});

function lastBatch(text: string): number {
  return Number(
    text
      .match(/"batch":(\d+)/g)
      ?.at(-1)
      ?.slice(8),
  );
}

/** Offset of the first record of the last batch. */
function startOfLast(text: string): number {
  return text.indexOf(`{"seq":${lastBatch(text)},`);
}
