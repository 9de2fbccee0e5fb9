import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const DUMPS = new URL("../../../ceremony/host/dumps.ts", import.meta.url).href;
const MACHINE = new URL("../../../ceremony/host/machine.ts", import.meta.url).href;
const TABLE = new URL("../../../ceremony/check/table.ts", import.meta.url).href;

/** Prints what the check says after `statement`, in this process or in a child of the one that ran it. */
const CHECK = `
  const { machineChecks } = await import("${TABLE}");
  const { machineView } = await import("${MACHINE}");
  process.stdout.write(machineChecks(machineView()).find(({ id }) => id === "core_filter").outcome);`;

function outcome(before: string): string {
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", before + CHECK], { encoding: "utf8" });
  assert.equal(run.stderr, "");
  return run.stdout;
}

test("turning dumps off is what makes the check pass, and children inherit it", () => {
  const fs = `const { writeFileSync } = await import("node:fs");`;
  assert.equal(outcome(`${fs} writeFileSync("/proc/self/coredump_filter", "0x33");`), "fail");
  const off = `${fs} writeFileSync("/proc/self/coredump_filter", "0x33");
    const { turnOffCeremonyDumps } = await import("${DUMPS}");
    if (!turnOffCeremonyDumps().ok) throw new Error("not turned off");`;
  assert.equal(outcome(off), "pass");
  const child = `const { spawnSync } = await import("node:child_process");
    process.stdout.write(spawnSync("cat", ["/proc/self/coredump_filter"], { encoding: "utf8" }).stdout.trim() + " ");`;
  assert.equal(outcome(off + child), "00000000 pass");
});
