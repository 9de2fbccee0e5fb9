import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { afterEach, test } from "node:test";
import { bound, MARGIN, measureSlowness, SLOWNESS_VARIABLE, slowness } from "./speed.ts";

const given = process.env[SLOWNESS_VARIABLE];

afterEach(() => {
  if (given === undefined) delete process.env[SLOWNESS_VARIABLE];
  else process.env[SLOWNESS_VARIABLE] = given;
});

test("what is measured is a number from 1 on", () => {
  assert.ok(measureSlowness() >= 1);
});

test("a bound grows with the slowness that was handed over, and with nothing else", () => {
  for (const [value, expected] of [
    ["1", 1_000 * MARGIN],
    ["2.5", 2_500 * MARGIN],
    ["40", 40_000 * MARGIN],
  ] as const) {
    process.env[SLOWNESS_VARIABLE] = value;
    assert.equal(bound(1_000), expected);
  }
});

test("a slowness that is no number from 1 on is refused with its value", () => {
  for (const value of ["", "0.5", "fast", "NaN", "-3"]) {
    process.env[SLOWNESS_VARIABLE] = value;
    assert.throws(() => bound(1_000), { message: `TEST_SLOWNESS is a number from 1 on, not "${value}"` });
  }
});

test("a file that is run alone measures once", () => {
  delete process.env[SLOWNESS_VARIABLE];
  const first = slowness();
  assert.ok(first >= 1);
  for (let i = 0; i < 1_000; i += 1) assert.equal(slowness(), first);
});

test("the test command hands over what it measured", () => {
  const code = `import { runGroups } from "./test/tools/groups.ts"; await runGroups([]); console.log(process.env.${SLOWNESS_VARIABLE})`;
  const env = { ...process.env };
  delete env[SLOWNESS_VARIABLE];
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8", env });
  assert.ok(Number(stdout) >= 1, stdout);
});
