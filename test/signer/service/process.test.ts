import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openSigner, type SignResult } from "../../../signer/client/client.ts";
import { needs } from "../../tools/need.ts";
import { bound } from "../../tools/speed.ts";
import { writeBundle } from "./bundle.ts";
import { until } from "./caller.ts";
import { badFrame, FRAMES_NODE_ID, goodFrame, KEY_HEX, METHOD } from "./frames.ts";
import { MAIN, type SignerProgram, signer, startSignerProgram } from "./program.ts";
import { newSignerFolder } from "./rig.ts";

/** Starts a program at a terminal of its own, waits for its prompt, sends SIGTERM, and says how the terminal is left. */
const AT_TERMINAL = `
import os, pty, signal, sys, termios
echo = lambda fd: "on" if termios.tcgetattr(fd)[3] & termios.ECHO else "off"
master, slave = pty.openpty()
pid = os.fork()
if pid == 0:
    os.setsid()
    for fd in range(3): os.dup2(slave, fd)
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
while b"passphrase:" not in seen: seen += os.read(master, 1000)
while echo(slave) == "on": pass
asked = echo(slave)
os.kill(pid, signal.SIGTERM)
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(f"asked, echo {asked}; ended {code}, echo {echo(slave)}")
`;

/** The client gives up after two seconds by itself: a busy machine needs longer. */
const PATIENT = { deadlineMs: bound(2_000) };

const open = ({ socket }: SignerProgram) =>
  openSigner({ place: { socket }, nodeId: FRAMES_NODE_ID, network: "regtest" });

describe("signer run", () => {
  test("signs, survives a load, stops at SIGTERM with everything on record, exit 0", async () => {
    const folder = newSignerFolder();
    const program = await startSignerProgram(folder);
    const client = open(program);
    const first = await client.sign(goodFrame(), METHOD, "response", PATIENT);
    assert.equal(first.kind, "signed");
    const asked = Array.from({ length: 300 }, () => client.sign(goodFrame(), METHOD, "response", PATIENT));
    await asked[0];
    const stopped = program.stop();
    const results: SignResult[] = await Promise.all(asked);
    assert.equal(await stopped, 0);
    const signed = 1 + results.filter(({ kind }) => kind === "signed").length;
    for (const result of results)
      assert(result.kind === "signed" || (result.kind === "unavailable" && result.code === "disconnected"));
    await client.close();
    const { status, stdout } = signer("audit", "verify", "--data", program.data);
    assert.equal(status, 0, stdout);
    const folderOfLog = join(program.data, "audit");
    const text = readdirSync(folderOfLog)
      .map((name) => readFileSync(join(folderOfLog, name), "latin1"))
      .join("");
    assert(text.split('"decision":"signed"').length - 1 >= signed);
    assert.equal(program.logged().includes(KEY_HEX), false);
    rmSync(folder, { recursive: true });
  });
  test("its memory is in no core dump", async () => {
    const folder = newSignerFolder();
    const program = await startSignerProgram(folder);
    assert.match(readFileSync(`/proc/${program.child.pid}/coredump_filter`, "latin1"), /^0+\s*$/);
    await program.stop();
    rmSync(folder, { recursive: true });
  });

  test("a client sees a kill at once, and the next start takes the socket over", async () => {
    const folder = newSignerFolder();
    const first = await startSignerProgram(folder);
    const client = open(first);
    assert.equal((await client.sign(goodFrame(), METHOD, "response", PATIENT)).kind, "signed");
    await first.stop("SIGKILL");
    await until(() => client.state() !== "up", "the loss");
    const second = await startSignerProgram(folder);
    assert.equal((await client.sign(goodFrame(), METHOD, "response", PATIENT)).kind, "signed");
    await client.close();
    assert.equal(await second.stop("SIGINT"), 0);
    rmSync(folder, { recursive: true });
  });

  test("pause, status and resume by the command", async () => {
    const folder = newSignerFolder();
    const program = await startSignerProgram(folder);
    const client = open(program);
    assert.equal(signer("pause", "--data", program.data).status, 0);
    const paused = signer("status", "--data", program.data);
    assert.deepEqual([paused.status, JSON.parse(paused.stdout).serving], [1, false]);
    const result = await client.sign(goodFrame(), METHOD, "response", PATIENT);
    assert(result.kind === "refused");
    assert.equal(result.rule, "signer.paused");
    assert.equal(signer("resume", "--data", program.data).status, 0);
    assert.equal(signer("status", "--data", program.data).status, 0);
    assert.equal((await client.sign(goodFrame(), METHOD, "response", PATIENT)).kind, "signed");
    await client.close();
    await program.stop();
    assert.equal(signer("status", "--data", program.data).status, 1);
    rmSync(folder, { recursive: true });
  });

  test(
    "SIGTERM while a passphrase is asked for ends it, and leaves the terminal as it was",
    needs("python3"),
    async () => {
      const folder = newSignerFolder();
      const identity = join(folder, "locked.txt");
      const passphrase = join(folder, "passphrase");
      writeFileSync(passphrase, "correct horse 42\n");
      const made = spawnSync(
        "sh",
        [
          "-c",
          `"$0" "$@" 3<${passphrase}`,
          process.execPath,
          MAIN,
          "recipient",
          "--out",
          identity,
          "--passphrase",
          "--passphrase-fd",
          "3",
        ],
        { encoding: "utf8" },
      );
      assert.equal(made.status, 0, made.stderr);
      const options = [
        "--network",
        "regtest",
        "--identity-file",
        identity,
        "--bundle",
        "none",
        "--data",
        join(folder, "data"),
        "--socket",
        join(folder, "run", "a.sock"),
      ];
      const { status, stdout, stderr } = spawnSync(
        "python3",
        ["-c", AT_TERMINAL, process.execPath, MAIN, "run", ...options],
        { encoding: "utf8" },
      );
      assert.deepEqual([status, stdout], [0, "asked, echo off; ended 0, echo on\n"], stderr);
      rmSync(folder, { recursive: true });
    },
  );

  test("metrics over a socket count what happened", async () => {
    const folder = newSignerFolder();
    const metrics = join(folder, "run", "metrics.sock");
    const program = await startSignerProgram(folder, ["--metrics-socket", metrics]);
    const client = open(program);
    await Promise.all(
      [goodFrame(), goodFrame(), badFrame()].map((frame) => client.sign(frame, METHOD, "response", PATIENT)),
    );
    const { request } = await import("node:http");
    const text = await new Promise<string>((resolve, reject) => {
      const get = request({ socketPath: metrics, path: "/metrics" }, async (response) => {
        resolve((await response.toArray()).join(""));
      });
      get.on("error", reject).end();
    });
    assert.match(text, /signer_signatures_total\{client="lsp"\} 2/);
    assert.match(text, /signer_refusals_total\{client="lsp",rule="content.key"\} 1/);
    assert.match(text, /signer_audit_flush_seconds_count [1-9]/);
    assert.match(text, /signer_disk_free_bytes [1-9]/);
    await client.close();
    await program.stop();
    rmSync(folder, { recursive: true });
  });
});

describe("signer run refuses to start", () => {
  const folder = newSignerFolder();
  const data = join(folder, "data");
  const attempt = (more: readonly string[], bundle: string, identity: string): string => {
    const args = [
      "--bundle",
      bundle,
      "--identity-file",
      identity,
      "--data",
      data,
      "--socket",
      join(folder, "run", "a.sock"),
    ];
    const { status, stderr } = signer("run", ...args, ...more);
    assert.equal(status, 1, stderr);
    return /\[(\w+)\]/.exec(stderr)?.[1] ?? stderr;
  };

  test("for a key of another mode or network, for files and folders that are open to others", async () => {
    const { bundle, identity } = await writeBundle(folder);
    assert.equal(attempt(["--network", "mainnet"], bundle, identity), "bundle_mode");
    assert.equal(attempt(["--network", "signet", "--mode", "rehearsal"], bundle, identity), "bundle_network");
    assert.equal(attempt(["--network", "regtest", "--mode", "production"], bundle, identity), "bundle_mode");
    chmodSync(identity, 0o644);
    assert.equal(attempt(["--network", "regtest"], bundle, identity), "file_mode");
    chmodSync(identity, 0o600);
    mkdirSync(join(folder, "run"), { recursive: true });
    chmodSync(join(folder, "run"), 0o755);
    assert.equal(attempt(["--network", "regtest"], bundle, identity), "socket_folder");
    chmodSync(data, 0o755);
    assert.equal(attempt(["--network", "regtest"], bundle, identity), "data_folder");
    chmodSync(data, 0o700);
    writeFileSync(bundle, readFileSync(bundle, "latin1").replace(/[A-M]/, "Z"));
    assert.match(attempt(["--network", "regtest"], bundle, identity), /^bundle_/);
    rmSync(folder, { recursive: true });
  });
});

test(
  "strace: for every answer the record is written, flushed, and then the answer is sent",
  needs("strace"),
  async () => {
    const folder = newSignerFolder();
    const trace = join(folder, "trace");
    const wrapper = [
      "strace",
      "-f",
      "-xx",
      "-s",
      "65536",
      "-y",
      "-e",
      "trace=write,writev,pwrite64,sendmsg,sendto,fdatasync,fsync",
      "-o",
      trace,
    ];
    const program = await startSignerProgram(folder, [], wrapper);
    const client = open(program);
    const signatures: Uint8Array[] = [];
    for (const size of [1, 1, 20, 40, 1]) {
      const results = await Promise.all(
        Array.from({ length: size }, () => client.sign(goodFrame(), METHOD, "response", PATIENT)),
      );
      for (const result of results) {
        assert(result.kind === "signed");
        signatures.push(result.signature);
      }
    }
    await client.close();
    // strace passes no signal on: the signer is its child.
    const pid = readFileSync(`/proc/${program.child.pid}/task/${program.child.pid}/children`, "latin1").trim();
    process.kill(Number(pid), "SIGTERM");
    await until(() => program.child.exitCode !== null, "the end");
    const { wrong, answers } = judgeTrace(readFileSync(trace, "latin1"), signatures);
    assert.deepEqual(wrong, []);
    assert.equal(answers, signatures.length);
    rmSync(folder, { recursive: true });
  },
);

/** Follows a trace: which signatures were sent before their record was flushed. */
function judgeTrace(text: string, signatures: readonly Uint8Array[]): { wrong: string[]; answers: number } {
  const escaped = signatures.map((signature) => {
    const digest = createHash("sha256").update(signature).digest("hex");
    return [hexEscapes(signature), hexEscapes(Buffer.from(digest))] as const;
  });
  const written = new Set<string>();
  const flushed = new Set<string>();
  const flushing = new Map<string, Set<string>>();
  const wrong: string[] = [];
  const sent = new Set<string>();
  // `-xx` escapes the names of the files as well.
  const named = text.replaceAll(
    /<((?:\\x[0-9a-f]{2})+)>/g,
    (_, name: string) => `<${Buffer.from(name.replaceAll("\\x", ""), "hex").toString("latin1")}>`,
  );
  for (const line of named.split("\n")) {
    const [pid = ""] = line.split(" ", 1);
    if (/ (?:pwrite64|write|writev)\(\d+<[^>]*\/audit\//.test(line)) {
      for (const [, digest] of escaped) if (line.includes(digest)) written.add(digest);
    }
    // What was written before a flush began is on the disk when it returns.
    if (/ f(?:data)?sync\(\d+<[^>]*\/audit\//.test(line)) flushing.set(pid, new Set(written));
    if (/f(?:data)?sync(?:\(| resumed).*= 0/.test(line))
      for (const digest of flushing.get(pid) ?? []) flushed.add(digest);
    if (/ (?:write|writev|sendmsg|sendto)\(\d+<socket:/.test(line)) {
      for (const [bytes, digest] of escaped) {
        if (!line.includes(bytes)) continue;
        sent.add(digest);
        if (!flushed.has(digest)) wrong.push(digest);
      }
    }
  }
  return { wrong, answers: sent.size };
}

/** Some bytes of the middle as `strace -xx` prints them. */
function hexEscapes(bytes: Uint8Array): string {
  return [...bytes.subarray(8, 28)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}
