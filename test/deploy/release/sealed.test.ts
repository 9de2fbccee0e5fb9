import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { bound } from "../../tools/speed.ts";
import { builtCeremony, builtTalker, CHECKOUT } from "./artefact.ts";

let ceremony = "";
let talker = "";

before(async () => {
  ceremony = await builtCeremony();
  talker = await builtTalker();
});

test("the executable may be run by everyone and written by its owner, and is the version that VERSION has", () => {
  assert.equal(statSync(ceremony).mode & 0o7777, 0o755);
  const version = readFileSync(join(CHECKOUT, "VERSION"), "utf8").trim();
  assert.equal(execFileSync(ceremony, ["--version"], { encoding: "utf8", env: {} }), `${version}\n`);
});

test("SHA256SUMS holds for what lies beside it", () => {
  execFileSync("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: join(CHECKOUT, "dist") });
});

test("NODE_OPTIONS is not acted on, nor are Node's own arguments", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "options-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const intruder = join(folder, "intruder.cjs");
  writeFileSync(intruder, 'process.stdout.write("intruder\\n");');
  const env = { NODE_OPTIONS: `--require ${intruder}` };
  const print = (file: string, args: string[]) => execFileSync(file, args, { encoding: "utf8", env });
  // That Node by itself does act on it shows that the test could fail.
  assert.match(print(process.execPath, ["-e", "0"]), /intruder/);
  assert.doesNotMatch(print(ceremony, ["--version"]), /intruder/);
  // Node's words for itself, not for the program, if it took them; ours answers none of them with success alone.
  assert.doesNotMatch(print(talker, [`--node-options=--require ${intruder}`]), /intruder/);
});

/** What a process says of an inspector after SIGUSR1, in a time that is enough for Node, and whether the signal ended it. */
async function signalled(file: string, args: string[]): Promise<{ said: string; ended: boolean }> {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], env: {} });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  await createInterface(child.stdout)[Symbol.asyncIterator]().next();
  child.kill("SIGUSR1");
  await setTimeout(bound(100));
  const ended = child.exitCode !== null || child.signalCode !== null;
  child.kill("SIGKILL");
  return { said, ended };
}

test("SIGUSR1 opens no inspector and ends nothing", async () => {
  const waiting = 'console.log("up"); setInterval(() => 0, 1000)';
  const node = await signalled(process.execPath, ["-e", waiting]);
  assert.match(node.said, /inspector|debugger/i, "the test cannot see an inspector");
  assert.deepEqual(await signalled(talker, ["watch"]), { said: "", ended: false });
});
