import assert from "node:assert/strict";
import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AuditAppendError } from "../../../signer/audit/errors.ts";
import { type AuditIo, DISK } from "../../../signer/audit/io.ts";
import { createAuditKey } from "../../../signer/audit/keyfile.ts";
import { openAuditLog } from "../../../signer/audit/open.ts";
import { verifyLog } from "../../../signer/audit/verify.ts";
import {
  dataFolder,
  lines,
  openAuditSample,
  options,
  readSegments,
  refusedEntry,
  segmentPath,
  signedEntry,
} from "./sample.ts";

test("what is appended in one turn is one write and one flush, and each append learns its own place", async (t) => {
  const dir = dataFolder(t);
  const flushed: number[] = [];
  const log = openAuditSample(dir, { onFlush: ({ records }) => flushed.push(records) });
  const places = await Promise.all([
    log.append([signedEntry(1), signedEntry(2)]),
    log.append([refusedEntry(3)]),
    log.append([signedEntry(4)]),
  ]);
  assert.deepEqual(flushed, [4]);
  assert.deepEqual(
    places.map(({ seq }) => seq),
    [4n, 5n, 6n],
  );
  assert.deepEqual(log.head(), places[2]);
  const witnesses = places.map(({ seq, head }) => ({ seq: Number(seq), head: head.toString("hex") }));
  assert.equal(verifyLog(readSegments(dir), { witnesses }).flaw, undefined);
  await log.close();
});

test("what comes while a flush is under way goes out together when it is done", async (t) => {
  const flushes: number[] = [];
  const done: (() => void)[] = [];
  const io: AuditIo = { ...DISK, flushLater: (fd, then) => done.push(() => DISK.flushLater(fd, then)) };
  const log = openAuditSample(dataFolder(t), { io, inlineRecords: 0, onFlush: ({ records }) => flushes.push(records) });
  const settled: number[] = [];
  const append = (i: number): Promise<void> => log.append([signedEntry(i)]).then(() => void settled.push(i));
  const all = [append(1)];
  await turn();
  all.push(append(2));
  await turn();
  all.push(append(3));
  await turn();
  assert.deepEqual([done.length, settled, log.queued], [1, [], 3]);
  done.shift()?.();
  await all[0];
  await turn();
  assert.deepEqual([done.length, settled], [1, [1]]);
  done.shift()?.();
  await Promise.all(all);
  assert.deepEqual(
    [flushes, settled],
    [
      [1, 2],
      [1, 2, 3],
    ],
  );
  const closed = log.close();
  while (done.length > 0 || log.queued > 0) {
    done.shift()?.();
    await turn();
  }
  await closed;
});

test("a restart knows the highest nonce, the highest address and the day's signatures, over segments and checkpoints", async (t) => {
  const dir = dataFolder(t);
  for (let run = 0; run < 3; run++) {
    const log = openAuditSample(dir, { checkpointEvery: 10 });
    for (let i = 0; i < 150; i++) {
      await log.append([signedEntry((run * 150 + i) % 256, i % 2 === 0 ? "lsp" : "other"), refusedEntry(i)]);
    }
    await log.close();
  }
  assert.ok(readSegments(dir).length > 3);
  const log = openAuditSample(dir);
  const state = log.state();
  assert.equal(state.nonce, "1255");
  assert.equal(state.address, 255);
  assert.deepEqual(state.signed, { lsp: 225, other: 225 });
  await log.close();
  assert.equal(verifyLog(readSegments(dir)).flaw, undefined);
});

test("signatures of yesterday do not count today, and a clock set back opens no new budget", async (t) => {
  let now = Date.parse("2026-11-22T23:59:59Z");
  const dir = dataFolder(t);
  const log = openAuditSample(dir, { clock: () => now });
  await log.append([signedEntry(1), signedEntry(2)]);
  now += 2000;
  await log.append([signedEntry(3)]);
  assert.deepEqual(log.state().signed, { lsp: 1 });
  now -= 86_400_000;
  await log.append([signedEntry(4)]);
  assert.deepEqual(log.state().signed, { lsp: 2 });
  await log.close();
  const again = openAuditSample(dir, { clock: () => now });
  assert.deepEqual(again.state().signed, { lsp: 2 });
  await again.close();
});

test("a second opening of the same folder is refused until the first is closed", async (t) => {
  const dir = dataFolder(t);
  const log = openAuditSample(dir);
  assert.deepEqual(openAuditLog(options(dir)), { ok: false, error: { code: "audit_locked" } });
  await log.append([signedEntry(1)]);
  await log.close();
  await openAuditSample(dir).close();
});

test("the log of another node is refused; so is going on without the key that it is signed with", async (t) => {
  const dir = dataFolder(t);
  assert.ok(createAuditKey(dir).ok);
  assert.equal(createAuditKey(dir).ok, false, "never over a key that is there");
  await openAuditSample(dir).close();
  const other = openAuditLog(options(dir, { nodeId: `03${"00".repeat(32)}` }));
  assert.ok(!other.ok && other.error.code === "audit_other_node");
  rmSync(join(dir, "audit-key.pem"));
  const unsigned = openAuditLog(options(dir));
  assert.ok(!unsigned.ok && unsigned.error.code === "audit_key_other");
});

test("a write or flush that fails rejects everything that waits, and the log stays failed until a restart", async (t) => {
  for (const broken of ["write", "flush", "flushLater"] as const) {
    const dir = dataFolder(t);
    let fails = false;
    const eio = Object.assign(new Error("EIO"), { code: "EIO" });
    const io: AuditIo = {
      ...DISK,
      write: (...call) => {
        if (fails && broken === "write") throw eio;
        DISK.write(...call);
      },
      flush: (fd) => {
        if (fails && broken === "flush") throw eio;
        DISK.flush(fd);
      },
      flushLater: (fd, done) =>
        fails && broken === "flushLater" ? setImmediate(done, eio) : DISK.flushLater(fd, done),
    };
    const log = openAuditSample(dir, { io, inlineRecords: broken === "flushLater" ? 0 : 1 });
    const place = await log.append([signedEntry(1)]);
    fails = true;
    for (let i = 0; i < 2; i++) {
      await assert.rejects(
        log.append([signedEntry(2)]),
        (error) => error instanceof AuditAppendError && error.code === "audit_failed" && error.cause === eio,
      );
      fails = false;
    }
    assert.equal(log.refusal(), "audit_failed");
    assert.deepEqual(log.head(), place);
    await log.close();
    const again = openAuditSample(dir);
    await again.append([signedEntry(3)]);
    await again.close();
    assert.equal(verifyLog(readSegments(dir)).flaw, undefined);
  }
});

test("below the reserve nothing is written, and it goes on when there is room again", async (t) => {
  const dir = dataFolder(t);
  let free = 10_000_000;
  const io: AuditIo = { ...DISK, free: () => free };
  const log = openAuditSample(dir, { io, reserveBytes: 1_000_000 });
  await log.append([signedEntry(1)]);
  free = 999_999;
  await new Promise((resolve) => setTimeout(resolve, 1050));
  await assert.rejects(log.append([signedEntry(2)]), { code: "audit_disk_reserve" });
  assert.equal(log.disk().level, "refuse");
  free = 1_500_000;
  await new Promise((resolve) => setTimeout(resolve, 1050));
  await log.append([signedEntry(3)]);
  assert.equal(log.disk().level, "warn");
  await log.close();
  assert.equal(lines(dir).filter(({ decision }) => decision === "signed").length, 2);
});

test("old segments go only under a record that says so", async (t) => {
  const dir = dataFolder(t);
  const key = createAuditKey(dir);
  assert.ok(key.ok);
  const log = openAuditSample(dir);
  for (let i = 0; i < 400; i++) await log.append([signedEntry(i % 256)]);
  const removed = await log.archive(2);
  assert.ok(removed.length >= 1 && removed[0] === "00000001.jsonl");
  await log.append([signedEntry(1)]);
  await log.close();
  const verdict = verifyLog(readSegments(dir), { key: key.value.publicKey });
  assert.equal(verdict.flaw, undefined);
  assert.ok(verdict.first > 100);
  const [, ...rest] = readSegments(dir);
  assert.equal(verifyLog(rest, { key: key.value.publicKey }).flaw?.code, "segment_missing");
  const again = openAuditSample(dir);
  assert.equal(again.state().nonce, "1255");
  await again.close();
});

test("a segment that was being written ahead when the process died is used as it is", async (t) => {
  const dir = dataFolder(t);
  await openAuditSample(dir).close();
  writeFileSync(segmentPath(dir, 2), "\n".repeat(1000));
  truncateSync(segmentPath(dir, 1), readFileSync(segmentPath(dir, 1), "latin1").trimEnd().length + 1);
  appendFileSync(segmentPath(dir, 1), "\n\n");
  const log = openAuditSample(dir);
  for (let i = 0; i < 200; i++) await log.append([signedEntry(i)]);
  await log.close();
  const verdict = verifyLog(readSegments(dir));
  assert.equal(verdict.flaw, undefined);
  assert.ok(verdict.records > 200);
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
