import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { builtCeremony } from "../../deploy/release/artefact.ts";
import { REHEARSED_CHECKOUT, rehearse } from "../../rehearsal/rehearse.ts";
import { needs } from "../../tools/need.ts";
import { FAULTS_TOGETHER } from "./stage.ts";

/** Debian's own loader and libraries, as `ldd` names them. */
const LOADER = ["/lib64/ld-linux-x86-64.so.2", "--library-path", "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu"];

/** With `--seccomp-bpf` only the calls that are looked for stop the program: dice keep their time. */
const STRACE = ["strace", "--follow-forks", "--seccomp-bpf", "--decode-pids=comm"];

/** Every call of the kernel's network class; io_uring could do the same without one. */
const CALLS = "trace=%network,io_uring_setup,execve";

async function assertNoSocket(t: TestContext, program: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "faults-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, "calls");
  await rehearse({
    out: join(folder, "out"),
    noScreens: true,
    program: ["/usr/bin/env", ...STRACE, "-o", log, "-e", CALLS, ...program],
  });
  const lines = readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !/ (?:\+\+\+|---) /.test(line));
  const started = lines.filter((line) => / execve\(.*= 0$/.test(line));
  // The ceremony, its vault and its test restore, and nothing else: a log without all three shows nothing.
  const roles = started.map((line) => /"--child", "(\w+)"/.exec(line)?.[1] ?? "parent");
  assert.deepEqual(roles, ["parent", "vault", "restore"], started.join("\n"));
  const calls = lines.filter((line) => !line.includes(" execve("));
  // libuv's event loop makes rings for itself; counted, because a ring can do the work of these calls.
  const rings = calls.filter((line) => line.includes(" io_uring_setup("));
  assert.deepEqual(
    calls.filter((line) => !rings.includes(line)),
    [],
  );
  t.diagnostic(`${started.length} programs started, no call of the network; ${rings.length} of io_uring_setup`);
}

describe("a whole rehearsal opens no socket", FAULTS_TOGETHER, () => {
  test("from the checkout", needs("strace"), (t) => assertNoSocket(t, REHEARSED_CHECKOUT));
  test("as the executable", needs("strace"), async (t) => assertNoSocket(t, [await builtCeremony()]));
  test("through the dynamic loader", needs("strace"), async (t) =>
    assertNoSocket(t, [...LOADER, await builtCeremony()]),
  );
});

test("the same search sees a socket", needs("strace"), (t) => {
  const script = `require("node:child_process").execFileSync("true")`;
  const folder = mkdtempSync(join(tmpdir(), "faults-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync("strace", [
    ...STRACE.slice(1),
    "-o",
    join(folder, "calls"),
    "-e",
    CALLS,
    process.execPath,
    "-e",
    script,
  ]);
  assert.match(readFileSync(join(folder, "calls"), "utf8"), / socketpair\(AF_UNIX/);
});
