import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { secondsBetween } from "../../../ceremony/steps/agreement.ts";
import {
  appendEvent,
  type EventDraft,
  isTimestamp,
  TRANSCRIPT_GENESIS,
  TranscriptFault,
  timestamp,
  transcriptLineHash,
} from "../../../ceremony/transcript/chain.ts";
import { sampleDrafts, sampleTranscript } from "./sample.ts";

const at = "2026-11-22T10:00:00Z";
const note: EventDraft = {
  step: "dice",
  actor: "leader",
  kind: "exception",
  data: { what: "exception", note: "a die fell from the table" },
};

test("a line is canonical JSON with a line end, and the next names its hash", () => {
  const first = appendEvent(TRANSCRIPT_GENESIS, note, at);
  assert.equal(
    first.line.toString(),
    `{"actor":"leader","at":"${at}","data":{"note":"a die fell from the table","what":"exception"},` +
      `"kind":"exception","prev":"${"0".repeat(64)}","seq":1,"step":"dice"}\n`,
  );
  const hash = createHash("sha256").update(first.line.subarray(0, -1)).digest("hex");
  assert.deepEqual(first.head, { seq: 1, prev: hash, began: at });
  const second = appendEvent(first.head, note, "2026-11-22T10:00:05Z");
  assert.equal(JSON.parse(second.line.toString()).prev, hash);
  assert.equal(second.head.prev, transcriptLineHash(second.line.subarray(0, -1)));
  assert.equal(second.head.began, at);
});

test("appending changes neither the head nor the event that it is given", () => {
  const head = Object.freeze({ ...TRANSCRIPT_GENESIS });
  appendEvent(head, Object.freeze({ ...note, data: Object.freeze({ ...note.data }) }), at);
  assert.deepEqual(head, TRANSCRIPT_GENESIS);
});

test("the last line carries its own number and the seconds since the first", () => {
  const { lines } = sampleTranscript("production");
  const { data, seq } = JSON.parse(String(lines.at(-1)));
  assert.deepEqual(data, { what: "complete", events: seq, seconds: 30 * (seq - 1) });
});

test("what the table does not allow is not written, and the fault does not repeat it", () => {
  const secret = "abandon ability able";
  const cases: [EventDraft, string][] = [
    [{ ...note, data: { what: "exception", note: `${secret}\n` } }, "field_wrong"],
    [{ ...note, data: { ...note.data, words: secret } }, "field_unknown"],
    [{ ...note, data: { ...note.data, [secret]: 1 } }, "field_unknown"],
    [{ ...note, kind: "statement" }, "event_unknown"],
    [{ ...note, actor: "machine" }, "actor_wrong"],
  ];
  for (const [draft, code] of cases)
    assert.throws(
      () => appendEvent(TRANSCRIPT_GENESIS, draft, at),
      (fault) => fault instanceof TranscriptFault && fault.code === code && !fault.message.includes("ab"),
    );
  assert.throws(() => appendEvent(TRANSCRIPT_GENESIS, note, "2026-11-22 10:00"), { code: "event_form" });
});

test("every event of both modes can be appended", () => {
  for (const mode of ["rehearsal", "production"] as const)
    assert.equal(sampleTranscript(mode).lines.length, sampleDrafts(mode).length);
});

test("a time is whole seconds of UTC, one way to write it", () => {
  assert.equal(timestamp(1_795_341_600.9), at);
  for (const wrong of [
    "2026-11-22T10:00:00.000Z",
    "2026-11-22T10:00:60Z",
    "2026-02-30T10:00:00Z",
    "2026-11-22T10:00:00+00:00",
    "2026-11-22T10:00Z",
    "",
    "+010000-01-01T00:00Z",
  ])
    assert.equal(isTimestamp(wrong), false, wrong);
  assert.equal(isTimestamp(at), true);
  assert.equal(secondsBetween(at, "2026-11-22T11:00:01Z"), 3601);
  assert.equal(secondsBetween("2026-11-22T11:00:01Z", at), 0, "a clock set back");
});
