import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { before, test } from "node:test";
import { promisify } from "node:util";
import { needs } from "../../tools/need.ts";
import { builtTalker, CHECKOUT } from "./artefact.ts";

const run = promisify(execFile);

const LOADER = "/lib64/ld-linux-x86-64.so.2";
const LIBRARIES = "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu";
const SOURCE = join(CHECKOUT, "test/deploy/release/talker.ts");

let talker = "";

/** The ways to start one program, each with the command line that its child must have, but for the role. */
function forms(): Record<string, { command: string[]; child: string[] }> {
  const viaLoader = (...options: string[]) => ({
    command: [LOADER, ...options, talker],
    child: [LOADER, ...options, realpathSync(talker)],
  });
  return {
    checkout: { command: [process.execPath, SOURCE], child: ["node", "--disable-sigusr1", SOURCE] },
    executable: { command: [talker], child: [talker] },
    loader: viaLoader("--library-path", LIBRARIES),
    "loader without options": viaLoader(),
    "loader with many options": viaLoader(
      "--inhibit-cache",
      "--argv0",
      "x",
      "--library-path",
      LIBRARIES,
      "--preload",
      "",
    ),
  };
}

const jsonLines = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

async function printed(command: readonly string[], args: readonly string[], cwd = CHECKOUT): Promise<unknown[]> {
  const [file = "", ...first] = command;
  return jsonLines((await run(file, [...first, ...args], { cwd })).stdout);
}

before(async () => {
  talker = await builtTalker();
});

test("a child starts and answers in each form, as the same program", async (t) => {
  for (const [name, form] of Object.entries(forms())) {
    await t.test(name, async () => {
      const isSea = name !== "checkout";
      const answers = [1, 2, 3].map((number) => ({
        echo: { number },
        isSea,
        cmdline: [...form.child, "--child", "echo"],
        nodeVariables: [],
      }));
      assert.deepEqual(await printed(form.command, ["talk"]), [...answers, { exit: { code: 0, signal: null } }]);
    });
  }
});

test("a relative path, and one found on PATH, start a child too", async () => {
  const folder = dirname(talker);
  const done = { exit: { code: 0, signal: null } };
  assert.deepEqual((await printed(["./talker"], ["talk"], folder)).at(-1), done);
  assert.deepEqual((await printed([LOADER, "./talker"], ["talk"], folder)).at(-1), done);
  const { stdout } = await run("sh", ["-c", "talker talk"], { env: { PATH: `${folder}:/usr/bin:/bin` } });
  assert.deepEqual(jsonLines(stdout).at(-1), done);
});

test("the program's hash is that of its own file, never the loader's", async () => {
  const hash = createHash("sha256").update(readFileSync(talker)).digest("hex");
  for (const [name, form] of Object.entries(forms())) {
    if (name === "checkout") continue;
    assert.deepEqual(
      await printed(form.command, ["identity"]),
      [{ ok: true, value: { hash, form: "executable" } }],
      name,
    );
  }
});

test("the file that runs is hashed and started again, even if another takes its place", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "replaced-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [file, other] = [join(folder, "talker"), join(folder, "other")];
  copyFileSync(talker, file);
  copyFileSync("/bin/false", other);
  const lines = await printed([file], ["replaced", other]);
  const hash = createHash("sha256").update(readFileSync(talker)).digest("hex");
  assert.deepEqual(lines[0], { ok: true, value: { hash, form: "executable" } });
  assert.deepEqual(lines.at(-1), { exit: { code: 0, signal: null } });
});

test("a child started by hand has no channel and ends", async () => {
  assert.deepEqual(await printed([talker], ["--child", "echo"]), [{ error: "not_a_channel" }]);
});

test("kill -9 of either side ends the other's wait", async (t) => {
  for (const [name, form] of Object.entries(forms())) {
    await t.test(name, async () => {
      const first = watch(form.command);
      const { child } = (await first.next()) as { child: number };
      process.kill(child, "SIGKILL");
      assert.deepEqual(await first.next(), { parentSees: "peer_gone" });
      assert.deepEqual(await first.next(), { exit: { code: null, signal: "SIGKILL" } });

      const second = watch(form.command);
      const { parent } = (await second.next()) as { parent: number };
      process.kill(parent, "SIGKILL");
      assert.deepEqual(await second.next(), { childSees: "peer_gone" });
      assert.equal(await second.next(), undefined, "the child is still there");
    });
  }
});

test("a conversation makes no socket, in each form", needs("strace"), async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sockets-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, form] of Object.entries(forms())) {
    await t.test(name, async () => {
      const [log, output] = [join(folder, "log"), join(folder, "output")];
      // Descriptors 0 to 2 are files here: Node asks of a pipe made by this test whether it is a socket.
      const script = `exec strace -f -qq -o "${log}" -e trace=%network,execve "$@" </dev/null >"${output}" 2>&1`;
      await run("sh", ["-c", script, "sh", ...form.command, "talk"], { cwd: CHECKOUT });
      assert.deepEqual(jsonLines(readFileSync(output, "utf8")).at(-1), { exit: { code: 0, signal: null } });
      const calls = readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => /^\d+ +\w+\(/.test(line));
      const started = calls.filter((line) => line.includes("execve("));
      assert(started.length >= 2, "the trace saw no child");
      assert.deepEqual(
        calls.filter((line) => !line.includes("execve(")),
        [],
      );
    });
  }
});

/** Starts `watch` and yields what it and its child print, until both have closed their output. */
function watch(command: readonly string[]): { next(): Promise<unknown> } {
  const [file = "", ...first] = command;
  const child = spawn(file, [...first, "watch"], { cwd: CHECKOUT, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async next() {
      const { value, done } = await lines.next();
      return done ? undefined : JSON.parse(value);
    },
  };
}
