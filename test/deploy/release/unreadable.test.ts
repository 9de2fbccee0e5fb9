import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { OWN_FILE } from "../../../ceremony/host/identity.ts";
import { builtCeremony, CHECKOUT } from "./artefact.ts";

/** Only root may become somebody who may run a file and not read it. */
const AS_ROOT = { skip: process.getuid?.() === 0 ? false : "needs root" } as const;

/** `ceremony hash` of an executable that its user may not read, and with which file was left open for it. */
async function hashAsStranger(t: TestContext, handed?: string) {
  const folder = mkdtempSync(join(tmpdir(), "unreadable-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const executable = join(folder, "ceremony");
  copyFileSync(await builtCeremony(), executable);
  chmodSync(executable, 0o711);
  const file = openSync(handed ?? executable, "r");
  const ignored = Array.from({ length: OWN_FILE - 3 }, () => "ignore" as const);
  const run = spawnSync("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", executable, "hash"], {
    encoding: "utf8",
    env: {},
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe", ...ignored, file],
  });
  closeSync(file);
  return { ...run, expected: createHash("sha256").update(readFileSync(executable)).digest("hex") };
}

test(
  "an executable that may be run and not read hashes itself through the file that its starter left open",
  AS_ROOT,
  async (t) => {
    const { status, stdout, stderr, expected } = await hashAsStranger(t);
    assert.equal(status, 0, stderr);
    assert.equal(stdout.split("\n")[0], `${expected}  executable`);
  },
);

test("another file in its place is not taken for it", AS_ROOT, async (t) => {
  const { status, stdout, stderr } = await hashAsStranger(t, join(CHECKOUT, "VERSION"));
  assert.equal(status, 1, stdout);
  assert.match(stderr, /program_unreadable/);
});
