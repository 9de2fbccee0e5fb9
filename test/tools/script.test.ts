import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runScript } from "./script.ts";

test("a part of the test command is a script: one that fails is a failure, and so is one that is not there", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "script-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const scripts = { good: "exit 0", bad: "exit 3" };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "parts", scripts }));
  const failed = (name: string) => runScript(folder, name).failed;
  assert.deepEqual(["good", "bad", "check"].map(failed), [false, true, true]);
});
