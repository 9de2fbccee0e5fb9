/**
 * `node test/bench/audit.ts [--json] [--rounds N] [--dir DIR]`: ways to bring records to the disk, side by side.
 *
 * First bare flushes: a write of 1 and of 64 records, appended or over a file written ahead, flushed on this thread, on
 * Node's thread pool or by a worker. Then the log itself with 64 records in flight and 35 µs of other work for each, the
 * time of one signature, flushed always on this thread, always on another, and as it is set.
 *
 * All take turns in every round, each round beginning with another, so that a busy machine is busy for all.
 */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { openAuditLog } from "../../signer/audit/open.ts";
import { type AuditEntry, decisionLine, NO_PREV, recordHash } from "../../signer/audit/record.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean" },
    rounds: { type: "string", default: "5" },
    dir: { type: "string", default: import.meta.dirname },
  },
});
const rounds = Number(values.rounds);
const dir = mkdtempSync(join(values.dir, "audit-bench-"));

const RECORD = 490;
const FILE = 16 * 1024 * 1024;
const FLUSHES = 100;

type Flush = (fd: number, length: number, at: number) => void | Promise<void>;

const bytes = Buffer.alloc(64 * RECORD, "r");
const onThread: Flush = (fd, length, at) => {
  writeSync(fd, bytes, 0, length, at);
  fdatasyncSync(fd);
};
const onPool: Flush = (fd, length, at) => {
  writeSync(fd, bytes, 0, length, at);
  return new Promise((resolve, reject) => fdatasync(fd, (error) => (error === null ? resolve() : reject(error))));
};
const worker = new Worker(
  `const { parentPort } = require("node:worker_threads"); const fs = require("node:fs");
   parentPort.on("message", (fd) => { fs.fdatasyncSync(fd); parentPort.postMessage(0); });`,
  { eval: true },
);
const byWorker: Flush = (fd, length, at) => {
  writeSync(fd, bytes, 0, length, at);
  worker.postMessage(fd);
  return new Promise((resolve) => worker.once("message", () => resolve()));
};

const bare = [
  { name: "append, this thread", ahead: false, flush: onThread },
  { name: "append, thread pool", ahead: false, flush: onPool },
  { name: "ahead, this thread", ahead: true, flush: onThread },
  { name: "ahead, thread pool", ahead: true, flush: onPool },
  { name: "ahead, worker", ahead: true, flush: byWorker },
].flatMap((way) => [1, 64].map((records) => ({ ...way, records, times: [] as number[] })));

const logs = [
  { name: "log, always this thread", inlineRecords: Number.POSITIVE_INFINITY },
  { name: "log, always thread pool", inlineRecords: 0 },
  { name: "log, as set", inlineRecords: undefined },
].flatMap((way) => [1, 64].map((inFlight) => ({ ...way, inFlight, perSecond: [] as number[], ms: [] as number[] })));

for (let round = 0; round < rounds; round++) {
  for (let i = 0; i < bare.length; i++) await runBare(bare[(round + i) % bare.length]);
  for (let i = 0; i < logs.length; i++) await runLog(logs[(round + i) % logs.length]);
}
await worker.terminate();
rmSync(dir, { recursive: true });

const results = [
  ...bare.map(({ name, records, times }) => ({ name, records, medianUs: at(times, 0.5), p99Us: at(times, 0.99) })),
  ...logs.map(({ name, inFlight, perSecond, ms }) => ({
    name,
    inFlight,
    perSecond: at(perSecond, 0.5),
    medianUs: at(ms, 0.5),
    p99Us: at(ms, 0.99),
  })),
  { name: "record and its hash, no disk", inFlight: 0, medianUs: encoding() },
];
if (values.json === true) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  process.stdout.write(`${JSON.stringify({ machine, rounds, results })}\n`);
} else {
  for (const result of results) {
    const row = Object.entries(result).map(([key, value]) =>
      key === "name" ? value.toString().padEnd(30) : `${key} ${value}`,
    );
    process.stdout.write(`${row.join("  ")}\n`);
  }
}

async function runBare(way: (typeof bare)[number] | undefined): Promise<void> {
  if (way === undefined) return;
  const path = join(dir, "bare");
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT);
  if (way.ahead) writeSync(fd, Buffer.alloc(FILE, "\n"));
  fsyncSync(fd);
  const length = way.records * RECORD;
  for (let i = 0; i < FLUSHES; i++) {
    const start = performance.now();
    await way.flush(fd, length, i * length);
    way.times.push((performance.now() - start) * 1000);
  }
  closeSync(fd);
  rmSync(path);
}

async function runLog(way: (typeof logs)[number] | undefined): Promise<void> {
  if (way === undefined) return;
  const data = join(dir, "log");
  const { inlineRecords } = way;
  const options = inlineRecords === undefined ? {} : { inlineRecords };
  const log = openAuditLog({ dir: data, nodeId: `02${"11".repeat(32)}`, network: "regtest", ...options });
  if (!log.ok) throw new Error(log.error.code);
  const total = way.inFlight * 200;
  const start = performance.now();
  let begun = 0;
  const caller = async (): Promise<void> => {
    while (begun++ < total) {
      const from = performance.now();
      while (performance.now() - from < 0.035);
      await log.value.append([entry()]);
      way.ms.push((performance.now() - from) * 1000);
    }
  };
  await Promise.all(Array.from({ length: way.inFlight }, caller));
  way.perSecond.push(total / ((performance.now() - start) / 1000));
  await log.value.close();
  rmSync(data, { recursive: true });
}

function entry(): AuditEntry {
  const frameDigest = Buffer.alloc(32, 1);
  const signatureDigest = Buffer.alloc(32, 2);
  return {
    client: "lsp",
    method: "/BtcLsp.Service/GetCfg",
    frameDigest,
    decision: "signed",
    signatureDigest,
    nonce: 1n,
  };
}

/** Microseconds for one record on the processor alone. */
function encoding(): number {
  const one = entry();
  let prev = NO_PREV;
  const times: number[] = [];
  for (let round = 0; round < 20; round++) {
    const start = performance.now();
    for (let seq = 1; seq <= 5000; seq++)
      prev = recordHash(decisionLine(seq, prev, "2026-11-22T10:00:00.000Z", seq, one));
    times.push((performance.now() - start) / 5);
  }
  return at(times, 0.5);
}

function at(values: number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Number((sorted[Math.floor(sorted.length * part)] ?? Number.NaN).toFixed(1));
}
