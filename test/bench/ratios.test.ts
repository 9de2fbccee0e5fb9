import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { cpuOf, perCall, together, total } from "./cpu.ts";
import { goalLine } from "./ratios.ts";
import { takeTurns } from "./rounds.ts";

test("a ratio that is worse than the committed one by more than 15 % is named, in whichever direction worse is", () => {
  const falls = { what: "a / b", wanted: { at: "least", bound: 1 }, committed: 2 } as const;
  assert.match(goalLine(falls, 1.69), /1\.69 {2}at least 1\.00 {2}met {2}WORSE than the committed 2\.00/);
  assert.match(goalLine(falls, 1.71), /met$/);
  assert.match(goalLine(falls, 0.9), /MISSED {2}WORSE/);
  const rises = { what: "CPU", wanted: { at: "most", bound: 3 }, committed: 2 } as const;
  assert.match(goalLine(rises, 2.31), /met {2}WORSE/);
  assert.match(goalLine(rises, 2.29), /met$/);
  assert.match(goalLine({ what: "c" }, 0.1), /^c +0\.10$/);
});

test("CPU is read by thread, and told by part and call", () => {
  const parts = { MainThread: "main" };
  const before = cpuOf(process.pid, parts);
  const { utime } = usage();
  while (usage().utime < utime + 5);
  const used = perCall(before, cpuOf(process.pid, parts), 10);
  // Five ticks of 10 ms, over ten calls.
  assert((used["main"] ?? 0) > 4_000, JSON.stringify(used));
  assert.equal(total({ main: 2, load: 5, rest: 1 }, "load"), 3);
  assert.deepEqual(together({ a: 1, b: 2 }, { b: 3 }), { a: 1, b: 5 });
});

test("a row has the median CPU of its rounds", async () => {
  const ns = [0, 1_000_000, 0, 9_000_000, 0, 2_000_000];
  const contender = {
    name: "one",
    what: "",
    run: async () => ({ perSecond: 1, p50ms: 1, p99ms: 1, answers: 100 }),
    cpu: () => ({ main: ns.shift() ?? 0 }),
  };
  const [row] = await takeTurns([contender], { rounds: 3, ms: 100, warmUpMs: 0, inFlight: [1] });
  assert.deepEqual(row?.cpu, { main: 20 });
});

/** Ticks of the main thread in user mode: proc(5), field 14. */
function usage(): { readonly utime: number } {
  const fields = readFileSync(`/proc/self/task/${process.pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return { utime: Number(fields[11]) };
}
