import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { TRANSCRIPT_FAULTS } from "../../../ceremony/transcript/faults.ts";

test("docs/transcript.md lists exactly the faults that there are, in the words that are printed", () => {
  const docs = readFileSync(new URL("../../../docs/transcript.md", import.meta.url), "utf8");
  const rows = [...docs.matchAll(/^\| `([a-z_]+)` \| (.*) \|$/gm)].map(([, code, text]) => [code, text]);
  assert.deepEqual(Object.fromEntries(rows), TRANSCRIPT_FAULTS);
});
