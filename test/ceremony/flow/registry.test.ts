import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { faceRate } from "../../../ceremony/mix/dice.ts";
import { CEREMONY_REFUSALS, STEPS } from "../../../ceremony/steps/ceremonies.ts";
import { ROOT } from "../../tools/sources.ts";

// The registry of refusals, the table of steps and the docs name the same ones.

test("the docs name each refusal once, with its step and what follows", () => {
  const docs = readFileSync(join(ROOT, "docs/refusals.md"), "utf8");
  const rows = [...docs.matchAll(/^\| `(\w+)` \| (\d+) (\w+) \| (.+) \| (again|ends) \|$/gm)];
  const listed = rows.map(([, id, number, step, , then]) => ({ id, number: Number(number), step, then }));
  const known = Object.entries(CEREMONY_REFUSALS).map(([id, { step, after: then }]) => ({
    ...{ id, number: STEPS.find((row) => row.id === step)?.number, step, then },
  }));
  const byId = (left: { id?: string | undefined }, right: { id?: string | undefined }): number =>
    `${left.id}`.localeCompare(`${right.id}`);
  assert.deepEqual(listed.sort(byId), known.sort(byId));
  assert.ok(docs.includes(`${(100 * faceRate(64, 20)).toFixed(2)} %`));
  for (const id of ["out_not_empty", "out_unwritable", "out_full"]) assert.ok(docs.includes(`| \`${id}\` |`));
});

test("the table of steps refuses what the registry says, each at its step", () => {
  const table = STEPS.flatMap(({ id, refusals }) => Object.keys(refusals).map((refusal) => `${id} ${refusal}`)).sort();
  assert.deepEqual(
    table,
    Object.entries(CEREMONY_REFUSALS)
      .map(([id, { step }]) => `${step} ${id}`)
      .sort(),
  );
});
