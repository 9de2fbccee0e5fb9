import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { RECORDS_VERSION } from "../../../ceremony/steps/keys.ts";
import { annotatedScript } from "../../../ceremony/transcript/annotate.ts";
import type { EventDraft } from "../../../ceremony/transcript/chain.ts";
import { FORMATS, WRITTEN_FORMAT } from "../../../ceremony/transcript/format.ts";
import { verifyTranscript } from "../../../ceremony/transcript/verify.ts";
import { pgpBytes } from "../../../core/pgpwords.ts";
import { ROOT } from "../../tools/sources.ts";
import { chained, sampleDrafts } from "./sample.ts";

// Transcripts that earlier versions wrote, with their heads: a table of steps that no longer takes them breaks records
// that people rely on. A file is added when records change, and none is ever changed.

const KEPT = join(ROOT, "test/transcripts");
const files = readdirSync(KEPT).filter((file) => file.endsWith(".jsonl"));

test("transcripts of earlier versions are kept, of both modes", () => {
  for (const mode of ["rehearsal", "production"]) assert.ok(files.includes(`0.1.0-${mode}.jsonl`));
});

test("what the steps record today is another format than the frozen one, by its number", () => {
  assert.deepEqual(FORMATS[RECORDS_VERSION], WRITTEN_FORMAT);
  assert.notDeepEqual(FORMATS[1], WRITTEN_FORMAT);
});

for (const file of files) {
  test(`${file} is checked by format 1, and each beginning of it has stopped`, () => {
    const lines = readFileSync(join(KEPT, file), "utf8").split(/(?<=\n)/);
    lines.forEach((_, index) => {
      const verdict = verifyTranscript(Buffer.from(lines.slice(0, index).join("")));
      assert.deepEqual([verdict.kind, verdict.fault, verdict.format], ["stopped", undefined, FORMATS[1]]);
    });
  });

  test(`${file} is whole with its head, and can be read as a script`, () => {
    const words = readFileSync(join(KEPT, file.replace(".jsonl", ".head")), "utf8").trim();
    const head = pgpBytes(words.split(" "));
    assert.ok(head.ok);
    const verdict = verifyTranscript(readFileSync(join(KEPT, file)), head.value);
    assert.deepEqual([verdict.kind, verdict.fault], ["whole", undefined]);
    assert.doesNotMatch(annotatedScript(verdict), /\*\*Missing:\*\*/);
  });
}

test("a transcript that names its table must have what that version brought; one that does not, need not", () => {
  const drafts = sampleDrafts("production");
  const without = drafts.filter(({ step, data }) => !(step === "mix" && data["what"] === "noted"));
  assert.equal(without.length, drafts.length - 1);
  const { code, detail } = verdictOf(without).fault ?? {};
  assert.deepEqual([code, detail], ["step_incomplete", "mix.noted"]);
  const [opened, ...rest] = without;
  assert.ok(opened !== undefined);
  const { records: _, ...data } = opened.data;
  assert.equal(verdictOf([{ ...opened, data }, ...rest], FORMATS[1]).kind, "consistent");
});

const verdictOf = (drafts: readonly EventDraft[], format = WRITTEN_FORMAT) =>
  verifyTranscript(Buffer.concat(chained(drafts, format).lines));
