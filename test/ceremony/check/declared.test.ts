import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { machineChecks } from "../../../ceremony/check/table.ts";
import { declared } from "../../../ceremony/host/declared.ts";
import { FakeMachine } from "./machine.ts";

test("what an image declares is read, and what is no declaration expects the impossible", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "declared-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "machine.json");
  assert.deepEqual(declared(path), {}, "a machine without one");
  const reading = (text: string) => {
    writeFileSync(path, text);
    return declared(path);
  };
  assert.deepEqual(reading('{"commandLine":"quiet"}'), { commandLine: "quiet" });
  const whole = { commandLine: "quiet", outputMount: "/out", noWiredCard: true };
  assert.deepEqual(reading(JSON.stringify(whole)), whole);
  const machine = new FakeMachine();
  t.after(() => machine.remove());
  for (const broken of [
    "",
    "null",
    "[]",
    "{}",
    '{"commandLine":1}',
    '{"commandLine":"quiet","outputMount":0}',
    '{"commandLine":"quiet","noWiredCard":"yes"}',
    '{"commandLine":"quiet","x":1}',
  ]) {
    const expected = reading(broken);
    const red = machine.with({}, (view) =>
      machineChecks({ ...view, expected }).filter(({ outcome }) => outcome === "fail"),
    );
    assert.deepEqual(
      red.map(({ id }) => id),
      ["kernel_command_line"],
      broken,
    );
  }
  assert.equal(typeof declared(folder).commandLine, "string", "a folder in its place");
});
