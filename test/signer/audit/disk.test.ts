import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { needs } from "../../tools/need.ts";
import { dataFolder } from "./sample.ts";

const APPENDER = join(import.meta.dirname, "appender.ts");
const VERIFIER = join(import.meta.dirname, "verifier.ts");

/** Runs a shell script in a mount namespace of its own, with a tmpfs of some size on $D. */
function onTmpfs(dir: string, size: string, script: string): string[] {
  const shell = `set -e; D=${join(dir, "disk")}; mkdir $D; mount -t tmpfs -o size=${size} tmpfs $D; node=${process.execPath}; a=${APPENDER}; v=${VERIFIER}; ${script}`;
  const { stdout, stderr, status } = spawnSync("unshare", ["--mount", "sh", "-c", shell], { encoding: "latin1" });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split("\n");
}

test("a full disk: the log refuses, and holds all that it acknowledged", needs("tmpfs"), (t) => {
  const said = onTmpfs(
    dataFolder(t),
    "600k",
    "$node $a $D 8 1 Infinity > $D.said || true; cat $D.said; $node $v $D $D.said",
  );
  assert.ok(said.filter((line) => line.startsWith("ack ")).length > 500);
  assert.ok(said.includes("failed audit_failed ENOSPC"), said.slice(-4).join("\n"));
  assert.equal(said.at(-1), "verified");
});

test("a disk that fills up: the log refuses while there is still room for its end", needs("tmpfs"), (t) => {
  const run = "$node $a $D 1 1 Infinity 400000 > $D.said || true; cat $D.said; $node $v $D $D.said";
  const said = onTmpfs(
    dataFolder(t),
    "900k",
    `fallocate -l 450k $D/other; ${run}; rm $D/other; $node $a $D 1 1 5 400000`,
  );
  assert.ok(said.includes("failed audit_disk_reserve "), said.slice(-4).join("\n"));
  assert.ok(said.includes("verified"));
  assert.deepEqual(
    said.slice(-6).map((line) => line.split(" ")[0]),
    ["ack", "ack", "ack", "ack", "ack", "closed"],
    "and goes on when there is room again",
  );
});

test("a disk that is read-only: the log is not opened", needs("tmpfs"), (t) => {
  const run = "$node $a $D 1 1 5; mount -o remount,ro $D; $node $a $D 1 1 5 || true; $node $v $D /dev/null";
  const said = onTmpfs(dataFolder(t), "1m", run);
  assert.deepEqual(said.slice(-2), ["refused audit_io EROFS", "verified"]);
});

test(
  "a disk cannot be made read-only under a log that is open: the kernel says busy, and the log goes on",
  needs("tmpfs"),
  (t) => {
    const remount = "sleep 1; mount -o remount,ro $D 2>/dev/null && echo remounted || echo busy";
    const run = `$node $a $D 1 1 Infinity 0 > $D.said & ${remount}; kill $!; wait $! || true; tail -n 1 $D.said; $node $v $D $D.said`;
    const said = onTmpfs(dataFolder(t), "40m", run);
    assert.equal(said[0], "busy");
    assert.match(said[1] ?? "", /^ack /);
    assert.equal(said.at(-1), "verified");
  },
);

for (const [inFlight, inlineRecords, way] of [
  ["1", "1", "flushed on this thread"],
  ["1", "0", "flushed on another"],
  ["16", "1", "16 in flight"],
] as const) {
  test(`the record is written and fdatasync has returned before the answer: ${way}`, needs("strace"), (t) => {
    const dir = dataFolder(t);
    const trace = join(dir, "trace");
    const strace = ["-f", "-qq", "-s", "40", "-e", "trace=write,pwrite64,fdatasync", "-o", trace];
    const args = [...strace, process.execPath, APPENDER, dir, inFlight, inlineRecords, "80"];
    const { stdout, stderr } = spawnSync("strace", args, { encoding: "latin1" });
    assert.ok(existsSync(trace), stderr);
    const acks = stdout.split("\n").filter((line) => line.startsWith("ack ")).length;
    assert.ok(acks >= 80);
    assert.equal(checkOrder(readFileSync(trace, "latin1")), acks);
  });
}

/** Goes through the calls in their order; returns the number of answers, each of which came after its record's flush. */
function checkOrder(trace: string): number {
  /** First record of the write that is not flushed yet; Infinity if all are. */
  let writtenFrom = Number.POSITIVE_INFINITY;
  let answers = 0;
  for (const line of trace.split("\n")) {
    const written = /pwrite64\(\d+, "\{\\"seq\\":(\d+),/.exec(line);
    if (written !== null) writtenFrom = Math.min(writtenFrom, Number(written[1]));
    // A call that takes long is in two lines; the second is where it returns.
    if (/fdatasync(?:\(\d+\)| resumed>\)) += 0$/.test(line)) writtenFrom = Number.POSITIVE_INFINITY;
    const answer = /write\(1, "ack (\d+) /.exec(line);
    if (answer === null) continue;
    assert.ok(Number(answer[1]) < writtenFrom, `record ${answer[1]} was answered before its flush: ${line}`);
    answers += 1;
  }
  return answers;
}
