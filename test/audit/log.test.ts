import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { walk } from "../../signer/audit/chain.ts";
import { AuditAppendError } from "../../signer/audit/errors.ts";
import { type AuditIo, DISK } from "../../signer/audit/io.ts";
import { createAuditKey } from "../../signer/audit/keyfile.ts";
import { openAuditLog } from "../../signer/audit/open.ts";
import { NO_PREV } from "../../signer/audit/record.ts";
import { verifyLog } from "../../signer/audit/verify.ts";
import {
  dataFolder,
  lines,
  makeLog,
  openLog,
  options,
  readSegments,
  refusedEntry,
  segmentPath,
  signedEntry,
} from "./sample.ts";

test("what is appended in one turn is one write and one flush, and each append learns its own place", async (t) => {
  const dir = dataFolder(t);
  const flushed: number[] = [];
  const log = openLog(dir, { onFlush: ({ records }) => flushed.push(records) });
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
  const log = openLog(dataFolder(t), { io, inlineRecords: 0, onFlush: ({ records }) => flushes.push(records) });
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
    const log = openLog(dir, { checkpointEvery: 10 });
    for (let i = 0; i < 150; i++) {
      await log.append([signedEntry((run * 150 + i) % 256, i % 2 === 0 ? "lsp" : "other"), refusedEntry(i)]);
    }
    await log.close();
  }
  assert.ok(readSegments(dir).length > 3);
  const log = openLog(dir);
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
  const log = openLog(dir, { clock: () => now });
  await log.append([signedEntry(1), signedEntry(2)]);
  now += 2000;
  await log.append([signedEntry(3)]);
  assert.deepEqual(log.state().signed, { lsp: 1 });
  now -= 86_400_000;
  await log.append([signedEntry(4)]);
  assert.deepEqual(log.state().signed, { lsp: 2 });
  await log.close();
  const again = openLog(dir, { clock: () => now });
  assert.deepEqual(again.state().signed, { lsp: 2 });
  await again.close();
});

test("a second opening of the same folder is refused until the first is closed", async (t) => {
  const dir = dataFolder(t);
  const log = openLog(dir);
  assert.deepEqual(openAuditLog(options(dir)), { ok: false, error: { code: "audit_locked" } });
  await log.append([signedEntry(1)]);
  await log.close();
  await openLog(dir).close();
});

test("the log of another node is refused; so is going on without the key that it is signed with", async (t) => {
  const dir = dataFolder(t);
  assert.ok(createAuditKey(dir).ok);
  assert.equal(createAuditKey(dir).ok, false, "never over a key that is there");
  await openLog(dir).close();
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
    const log = openLog(dir, { io, inlineRecords: broken === "flushLater" ? 0 : 1 });
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
    const again = openLog(dir);
    await again.append([signedEntry(3)]);
    await again.close();
    assert.equal(verifyLog(readSegments(dir)).flaw, undefined);
  }
});

test("below the reserve nothing is written, and it goes on when there is room again", async (t) => {
  const dir = dataFolder(t);
  let free = 10_000_000;
  const io: AuditIo = { ...DISK, free: () => free };
  const log = openLog(dir, { io, reserveBytes: 1_000_000 });
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

test("a torn last record is cut off at the next start, and that is on record", async (t) => {
  const dir = dataFolder(t);
  for (const part of [1, 10, 90, 200, 300]) {
    const log = openLog(dir);
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
    const again = openLog(dir);
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
  const log = openLog(dir);
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
  const last = openLog(dir);
  await last.close();
});

test("old segments go only under a record that says so", async (t) => {
  const dir = dataFolder(t);
  const key = createAuditKey(dir);
  assert.ok(key.ok);
  const log = openLog(dir);
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
  const again = openLog(dir);
  assert.equal(again.state().nonce, "1255");
  await again.close();
});

test("a segment that was being written ahead when the process died is used as it is", async (t) => {
  const dir = dataFolder(t);
  await openLog(dir).close();
  writeFileSync(segmentPath(dir, 2), "\n".repeat(1000));
  truncateSync(segmentPath(dir, 1), readFileSync(segmentPath(dir, 1), "latin1").trimEnd().length + 1);
  appendFileSync(segmentPath(dir, 1), "\n\n");
  const log = openLog(dir);
  for (let i = 0; i < 200; i++) await log.append([signedEntry(i)]);
  await log.close();
  const verdict = verifyLog(readSegments(dir));
  assert.equal(verdict.flaw, undefined);
  assert.ok(verdict.records > 200);
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

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
