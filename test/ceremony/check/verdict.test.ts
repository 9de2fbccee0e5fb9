import assert from "node:assert/strict";
import { test } from "node:test";
import { KNOWN_ANSWERS } from "../../../ceremony/check/known.ts";
import type { CheckOutcome, CheckResult } from "../../../ceremony/check/result.ts";
import { MACHINE_CHECKS } from "../../../ceremony/check/table.ts";
import { verdict } from "../../../ceremony/check/verdict.ts";

const IDS = [...MACHINE_CHECKS, ...KNOWN_ANSWERS].map((check) => check.id);
const results = (outcomes: Readonly<Record<string, CheckOutcome>> = {}): CheckResult[] =>
  IDS.map((id) => ({ id, outcome: outcomes[id] ?? "pass", value: "" }));

test("all passed: both modes go on", () => {
  for (const mode of ["production", "rehearsal"] as const)
    assert.deepEqual(verdict(results(), mode), { proceed: true, failed: [], waived: [] });
});

test("every single failure ends production; a rehearsal waives what is of the machine", () => {
  for (const { id } of MACHINE_CHECKS) {
    assert.deepEqual(verdict(results({ [id]: "fail" }), "production"), { proceed: false, failed: [id], waived: [] });
    assert.deepEqual(verdict(results({ [id]: "fail" }), "rehearsal"), { proceed: true, failed: [id], waived: [id] });
  }
});

test("no mode goes on with arithmetic that errs", () => {
  for (const { id } of KNOWN_ANSWERS)
    for (const mode of ["production", "rehearsal"] as const)
      assert.deepEqual(verdict(results({ swap: "fail", [id]: "fail" }), mode).proceed, false, `${id} ${mode}`);
});

test("a check that did not report failed, in a rehearsal too", () => {
  for (const id of IDS)
    for (const mode of ["production", "rehearsal"] as const) {
      const judged = verdict(
        results().filter((result) => result.id !== id),
        mode,
      );
      assert.deepEqual(judged, { proceed: false, failed: [id], waived: [] });
    }
});

test("a result that no check made is not waived", () => {
  const stranger: CheckResult = { id: "stranger", outcome: "fail", value: "" };
  assert.equal(verdict([...results(), stranger], "rehearsal").proceed, false);
});
