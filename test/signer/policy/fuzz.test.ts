import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { fuzz } from "./fuzz.ts";

// FUZZ_SECONDS=600 or FUZZ_COUNT=10000000 for longer runs, FUZZ_SEED to repeat one.
const seed = Number(process.env["FUZZ_SEED"] ?? randomInt(1, 2 ** 31));
const count = Number(process.env["FUZZ_COUNT"] ?? 0);
const seconds = Number(process.env["FUZZ_SECONDS"] ?? 60);

test("no frame is signed that Google's protobuf does not accept as that response", (context) => {
  const counts = fuzz(seed, count > 0 ? { count } : { seconds });
  const { frames, signed, compared, accepted, rules } = counts;
  context.diagnostic(`seed ${seed}: ${frames} frames, ${signed} signed, ${compared} compared, ${accepted} accepted`);
  if (count > 0) context.diagnostic([...rules].map(([rule, times]) => `${rule} ${times}`).join(", "));
  // A run that reaches nothing proves nothing: frames are signed, and most rules of bytes refuse some.
  assert.ok(signed > frames / 100, `${signed} of ${frames} signed`);
  const form = [...rules.keys()].filter((rule) => rule.startsWith("form."));
  assert.ok(form.length >= 15, form.join(" "));
});
