import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { needs } from "../tools/need.ts";
import { bound } from "../tools/speed.ts";
import { eventually } from "../tools/wait.ts";
import { freePort, onFreePorts, startDaemon } from "./process.ts";

describe("a program that tests start", () => {
  test("says its last lines when it ends before it is ready", async () => {
    const daemon = startDaemon("/bin/sh", () => ["-c", "echo no such thing >&2; exit 3"]);
    const ready = daemon.until("a thing", 10_000, () => undefined);
    await assert.rejects(ready, { message: "sh, a thing: exit 3\nno such thing" });
    await daemon.stop();
    assert.equal(existsSync(daemon.folder), false);
  });

  test("is not waited for longer than was said", async () => {
    const daemon = startDaemon("/bin/sh", () => ["-c", "echo begun; exec sleep 100"]);
    await daemon.until("its first line", 10_000, () => daemon.output() || undefined);
    const thing = daemon.until("a thing", 1, () => undefined);
    await assert.rejects(thing, { message: `sh, a thing: not within ${bound(1)} ms\nbegun` });
    await daemon.stop();
    assert.equal(runs(daemon.pid), false);
  });

  test("that is none is an error with its name", async () => {
    const daemon = startDaemon("/nonexistent/program", () => []);
    await assert.rejects(
      daemon.until("start", 10_000, () => undefined),
      /\/nonexistent\/program/,
    );
    await daemon.stop();
  });

  test("a free port is free", async () => {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    assert.equal(new Set(ports).size, 3);
    assert.ok(ports.every((port) => port > 1023));
  });

  test("a port that was taken in between: it starts on another, and any other fault is thrown as it is", async (t) => {
    const taken = createServer();
    t.after(() => taken.close());
    await once(taken.listen(0, "127.0.0.1"), "listening");
    const ports = [(taken.address() as AddressInfo).port, await freePort()];
    const asked: number[] = [];
    const listen = `require("node:net").createServer().listen(+process.argv[1], "127.0.0.1", () => console.log("listens"))`;
    const daemon = await onFreePorts(async () => {
      const port = ports[asked.length] ?? 0;
      asked.push(port);
      const started = startDaemon(process.execPath, () => ["-e", listen, String(port)]);
      t.after(() => started.stop());
      await started.until("listening", 10_000, () => started.output().includes("listens") || undefined);
      return started;
    });
    assert.equal(daemon.running, true);
    assert.deepEqual(asked, ports);
    let starts = 0;
    const failing = (text: string) => () => {
      starts += 1;
      return Promise.reject(new Error(text));
    };
    await assert.rejects(onFreePorts(failing("no disk")), { message: "no disk" });
    assert.equal(starts, 1);
    await assert.rejects(onFreePorts(failing("bind: address already in use")), /already in use/);
    assert.equal(starts, 6);
  });

  test("goes with the one who started it, and so does its folder, when that ends without stopping it", async () => {
    const program = `
      const { startDaemon } = await import(${JSON.stringify(join(import.meta.dirname, "process.ts"))});
      const daemon = startDaemon("/bin/sh", () => ["-c", "exec sleep 100"]);
      process.stdout.write(JSON.stringify({ pid: daemon.pid, folder: daemon.folder }));
      process.exit(3);`;
    const ended = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
    assert.equal(ended.status, 3, ended.stderr);
    const { pid, folder } = JSON.parse(ended.stdout) as { pid: number; folder: string };
    await gone([pid]);
    assert.equal(existsSync(folder), false);
  });

  test("starts again in its folder, after it was ended and after it was killed", async () => {
    const daemon = startDaemon("/bin/sh", () => ["-c", "echo begun; exec sleep 100"]);
    const begun = (times: number) =>
      daemon.until("output", 10_000, () => daemon.output() === "begun\n".repeat(times) || undefined);
    await begun(1);
    const first = daemon.pid;
    assert.throws(() => daemon.start(), /runs already/);
    await daemon.end();
    assert.deepEqual([daemon.running, runs(first)], [false, false]);
    daemon.start();
    await begun(2);
    assert.deepEqual([daemon.running, daemon.pid === first], [true, false]);
    await daemon.kill();
    assert.deepEqual([daemon.running, existsSync(daemon.folder)], [false, true]);
    await daemon.stop();
    assert.equal(existsSync(daemon.folder), false);
  });

  test("btcd and lnd do not outlive the one who started them, even if that is killed", needs("go"), async () => {
    const crasher = spawnSync(process.execPath, [join(import.meta.dirname, "crasher.ts")], { encoding: "utf8" });
    assert.equal(crasher.signal, "SIGKILL", crasher.stderr);
    const { pids, folder } = JSON.parse(crasher.stdout) as { pids: number[]; folder: string };
    assert.equal(pids.length, 2);
    assert.match(basename(folder), /^regtest-/);
    await gone(pids);
    rmSync(folder, { recursive: true });
  });
});

/** A signal needs a moment; a process that stays would stay for good. */
async function gone(pids: readonly number[]): Promise<void> {
  await eventually("all of them gone", () => !pids.some(runs));
}

function runs(pid: number): boolean {
  assert.ok(pid > 1);
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
