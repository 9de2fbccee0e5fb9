import assert from "node:assert/strict";
import { test } from "node:test";
import { closingLines, type Report } from "./report.ts";

const GREEN: Report = {
  parts: [
    { name: "tools", ms: 12, failed: false, missing: [] },
    { name: "check", ms: 3456, failed: false, missing: [] },
  ],
  tests: {
    passed: 7,
    failed: 0,
    skipped: [],
    failures: [],
    groupMs: new Map([["ceremony/seed", 65_432]]),
    slowest: [],
  },
  slowness: 1.5,
  strict: true,
};

function last(report: Report): string | undefined {
  return closingLines(report).lines.at(-1);
}

test("all green: the times, then the count alone on the last line", () => {
  assert.deepEqual(closingLines(GREEN), {
    failed: 0,
    lines: [
      "",
      "time, on a machine 1.5 times slower than an idle one with two cores:",
      "  tools                   0.0 s",
      "  check                   3.5 s",
      "  test/ceremony/seed     65.4 s",
      "",
      "7 passed, 0 failed",
    ],
  });
});

test("a failed part is a failure, also when every test passes", () => {
  const report = { ...GREEN, parts: [{ name: "check", ms: 1, failed: true, missing: [] }] };
  assert.equal(last(report), "7 passed, 1 failed");
  assert.ok(closingLines(report).lines.includes("  check failed"));
});

test("a skipped test is named; it fails only with CI=true", () => {
  const tests = { ...GREEN.tests, skipped: ["test/ceremony/screen/qr.test.ts: decodes: needs zbarimg"] };
  assert.equal(last({ ...GREEN, tests, strict: false }), "7 passed, 0 failed, 1 skipped");
  assert.equal(last({ ...GREEN, tests }), "7 passed, 1 failed, 1 skipped");
  assert.ok(
    closingLines({ ...GREEN, tests }).lines.includes("  test/ceremony/screen/qr.test.ts: decodes: needs zbarimg"),
  );
});

test("a missing tool is named; it fails only with CI=true, even if no test asked for it", () => {
  const parts = [{ name: "tools", ms: 1, failed: false, missing: ["go" as const] }];
  assert.equal(last({ ...GREEN, parts, strict: false }), "7 passed, 0 failed");
  assert.equal(last({ ...GREEN, parts }), "7 passed, 1 failed");
  assert.ok(closingLines({ ...GREEN, parts, strict: false }).lines.includes("  go"));
});

test("the ten slowest tests are shown, the slowest first", () => {
  const slowest = Array.from({ length: 12 }, (_, i) => ({
    name: `test/seed/a.test.ts: t${i}`,
    ms: 12_000 - i * 1_000,
  }));
  const { lines } = closingLines({ ...GREEN, tests: { ...GREEN.tests, slowest } });
  const first = lines.indexOf("slowest tests, each without its subtests:") + 1;
  assert.deepEqual(lines.slice(first, first + 11), [
    ...Array.from({ length: 10 }, (_, i) => `${(12 - i).toFixed(1).padStart(9)} s  test/seed/a.test.ts: t${i}`),
    "",
  ]);
});

test("each failed or cancelled test is named with its file", () => {
  const failures = ["test/seed/a.test.ts: words: 3 !== 4", "test/lsp/b.test.ts: embedded: cancelled: no end"];
  const { lines } = closingLines({ ...GREEN, tests: { ...GREEN.tests, failed: 2, failures } });
  const first = lines.indexOf("failed:");
  assert.deepEqual(lines.slice(first), [
    "failed:",
    "  2 tests failed",
    ...failures.map((line) => `  ${line}`),
    "",
    "7 passed, 2 failed",
  ]);
});
