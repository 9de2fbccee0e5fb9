import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { ROOT } from "./sources.ts";
import { type GroupReport, openTally } from "./tally.ts";

const FILES = {
  "held.test.mjs": `import { before, describe, it, test } from "node:test";
    const ms = (n) => new Promise((resolve) => setTimeout(resolve, n));
    test("outer", async (t) => { await t.test("inner", () => ms(1)); });
    describe("suite", () => { before(() => ms(1)); it("quick", () => {}); it("bad", () => { throw new Error("one\\ntwo"); }); });
    test("left out", { skip: "no tool" }, () => {});
    test("late", { timeout: 5 }, () => ms(50));`,
  "stuck.test.mjs": `import { describe, it, test } from "node:test";
    describe("group", { timeout: 50 }, () => { it("waits for nobody", () => new Promise(() => {})); });`,
  "broken.test.mjs": `throw new Error("cannot be loaded");`,
};

const folder = mkdtempSync(join(tmpdir(), "tally-"));
after(() => rmSync(folder, { recursive: true }));

/** What the real test runner makes of the files above. It runs no files inside a test, so it gets a process of its own. */
const report = ((): GroupReport => {
  const group = join(folder, "group");
  mkdirSync(group);
  const files = Object.entries(FILES).map(([name, text]) => {
    writeFileSync(join(group, name), text);
    return join(group, name);
  });
  const code = `import { writeFileSync } from "node:fs";
    import { runGroups } from ${JSON.stringify(join(import.meta.dirname, "groups.ts"))};
    const report = await runGroups(${JSON.stringify(files)});
    writeFileSync(${JSON.stringify(join(folder, "report"))}, JSON.stringify({ ...report, groupMs: [...report.groupMs] }));`;
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  writeFileSync(join(folder, "run.mjs"), code);
  spawnSync(process.execPath, [join(folder, "run.mjs")], { env });
  return JSON.parse(readFileSync(join(folder, "report"), "utf8"));
})();

const shown = (file: string): string => relative(ROOT, join(folder, "group", file));

test("a test that failed and a file that cannot be loaded are named, a suite that only holds them is not", () => {
  assert.deepEqual(
    report.failures.filter((line) => !line.includes("cancelled")),
    [`${shown("held.test.mjs")}: suite: bad: one`, `${shown("broken.test.mjs")}: test failed`],
  );
});

test("a test that was cancelled is named with its file, as is the suite that never ended", () => {
  const cancelled = report.failures.filter((line) => line.includes(": cancelled: "));
  const names = cancelled.map((line) => line.slice(0, line.indexOf(": cancelled: ")));
  assert.deepEqual(names, [
    `${shown("held.test.mjs")}: late`,
    `${shown("stuck.test.mjs")}: group: waits for nobody`,
    `${shown("stuck.test.mjs")}: group`,
  ]);
});

test("a test that did not run is named with its reason", () => {
  assert.deepEqual(report.skipped, [`${shown("held.test.mjs")}: left out: no tool`]);
});

test("a test's time is its own, without its subtests, and the slowest is first", () => {
  const tally = openTally();
  const file = join(ROOT, "test", "seed", "a.test.ts");
  const plain = { file, nesting: 0, testNumber: 1, tags: [] };
  for (const [testId, parentId, name] of [
    [1, undefined, "outer"],
    [2, 1, "inner"],
    [3, undefined, "alone"],
  ] as const) {
    tally.enqueued({ ...plain, testId, parentId, name, type: "test" });
  }
  for (const [testId, parentId, name, ms] of [
    [2, 1, "inner", 700],
    [1, undefined, "outer", 1_000],
    [3, undefined, "alone", 400],
  ] as const) {
    tally.ended({ ...plain, testId, parentId, name, details: { duration_ms: ms } });
  }
  assert.deepEqual(tally.report().slowest, [
    { name: "test/seed/a.test.ts: outer: inner", ms: 700 },
    { name: "test/seed/a.test.ts: alone", ms: 400 },
    { name: "test/seed/a.test.ts: outer", ms: 300 },
  ]);
});
