import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MODES } from "../../../ceremony/table/config.ts";
import type { EventDraft } from "../../../ceremony/transcript/chain.ts";
import { type TranscriptVerdict, verifyTranscript } from "../../../ceremony/transcript/verify.ts";
import { chained, rechained, sampleDrafts, sampleTranscript } from "./sample.ts";

const SAMPLES = MODES.map((mode) => sampleTranscript(mode));
const sample = fc.constantFrom(...SAMPLES);
const verify = (lines: readonly Buffer[], head?: string): TranscriptVerdict =>
  verifyTranscript(Buffer.concat(lines), head);
/** Neither complete nor taken for it: the change was found. */
const found = (verdict: TranscriptVerdict): boolean => verdict.kind === "broken" || verdict.kind === "stopped";
const RUNS = { numRuns: 300 };

test("a complete transcript is consistent, and whole with the head that was written down", () => {
  for (const { bytes, head, lines } of SAMPLES) {
    const alone = verifyTranscript(bytes);
    assert.equal(alone.kind, "consistent");
    assert.equal(alone.head, head);
    assert.equal(alone.events.length, lines.length);
    const proven = verifyTranscript(bytes, head);
    assert.equal(proven.kind, "whole");
    assert.equal(proven.headMatches, true);
  }
});

test("a changed byte is found, whichever it is, in every line up to the last", () => {
  fc.assert(
    fc.property(
      sample,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.integer({ min: 1, max: 255 }),
      ({ bytes }, place, change) => {
        const changed = Buffer.from(bytes);
        const index = Math.floor(place * bytes.length);
        changed[index] = (changed[index] ?? 0) ^ change;
        const verdict = verifyTranscript(changed);
        assert.ok(found(verdict), `${verdict.kind}, byte ${index}`);
      },
    ),
    { numRuns: 2000 },
  );
});

test("a changed byte is found in the last line too, which no other follows: each one, with each digit", () => {
  const { bytes, lines } = sampleTranscript("production");
  const last = lines.at(-1)?.length ?? 0;
  for (let index = bytes.length - last; index < bytes.length; index++)
    for (const byte of Buffer.from(/\d/.test(String.fromCharCode(bytes[index] ?? 0)) ? "0123456789af" : 'az0" \n')) {
      if (bytes[index] === byte) continue;
      const changed = Buffer.from(bytes);
      changed[index] = byte;
      assert.ok(found(verifyTranscript(changed)), `byte ${index} as ${String.fromCharCode(byte)}`);
    }
});

test("a dropped line is found", () => {
  fc.assert(
    fc.property(sample, fc.nat(), ({ lines }, at) => {
      const without = lines.toSpliced(at % lines.length, 1);
      assert.ok(found(verify(without)));
    }),
    RUNS,
  );
});

test("two lines that change places are found", () => {
  fc.assert(
    fc.property(sample, fc.nat(), fc.nat(), ({ lines }, one, other) => {
      const [first, second] = [one % lines.length, other % lines.length];
      fc.pre(first !== second);
      const swapped = [...lines];
      swapped[first] = lines[second] as Buffer;
      swapped[second] = lines[first] as Buffer;
      assert.equal(verify(swapped).kind, "broken");
    }),
    RUNS,
  );
});

test("a doubled or inserted line is found, also one of another transcript", () => {
  const ours = SAMPLES.flatMap(({ lines }) => lines);
  fc.assert(
    fc.property(sample, fc.nat(), fc.nat(), ({ lines }, at, which) => {
      const inserted = lines.toSpliced(at % (lines.length + 1), 0, ours[which % ours.length] as Buffer);
      assert.equal(verify(inserted).kind, "broken");
    }),
    RUNS,
  );
});

test("a transcript cut anywhere is never complete: stopped without the head, another one with it", () => {
  fc.assert(
    fc.property(sample, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), ({ bytes, head }, place) => {
      // Its last line end alone is another matter: line_end_lost.
      const cut = bytes.subarray(0, Math.floor(place * (bytes.length - 1)));
      const alone = verifyTranscript(cut);
      assert.equal(alone.kind, "stopped");
      assert.equal(alone.torn, cut.length > 0 && cut.at(-1) !== 0x0a);
      assert.equal(verifyTranscript(cut, head).fault?.code, "head_differs");
    }),
    RUNS,
  );
});

test("every line but the last is a place where a kill leaves a valid beginning, with the step it came to", () => {
  for (const { lines } of SAMPLES)
    for (let count = 0; count < lines.length; count++) {
      const verdict = verify(lines.slice(0, count));
      assert.equal(verdict.kind, "stopped");
      assert.equal(verdict.events.length, count);
      assert.equal(verdict.step?.id, count === 0 ? undefined : JSON.parse(String(lines[count - 1])).step);
    }
});

test("a transcript rewritten and chained anew is found by the head, and by nothing else", () => {
  for (const mode of MODES) {
    const { lines, head } = sampleTranscript(mode);
    const forged = lines.map((line) => Buffer.from(line.toString().replace('"initials":"GH"', '"initials":"XY"')));
    assert.equal(verify(forged).fault?.code, "chain_broken");
    const { bytes, head: another } = rechained(forged);
    assert.equal(verifyTranscript(bytes).kind, "consistent");
    const verdict = verifyTranscript(bytes, head);
    assert.equal(verdict.kind, "broken");
    assert.deepEqual(verdict.fault, { line: lines.length, code: "head_differs", detail: "head" });
    assert.equal(verifyTranscript(bytes, another).kind, "whole");
  }
});

test("a value changed in a line breaks the chain at the next one", () => {
  fc.assert(
    fc.property(sample, fc.nat(), ({ lines }, at) => {
      const index = at % (lines.length - 1);
      const changed = lines.map((line, place) =>
        place === index ? Buffer.from(line.toString().replace('"at":"2026', '"at":"2025')) : line,
      );
      assert.deepEqual(verify(changed).fault, { line: index + 2, code: "chain_broken", detail: "prev" });
    }),
    RUNS,
  );
});

test("bytes of any kind are answered, never with a fault of ours", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      assert.ok(found(verifyTranscript(bytes)));
    }),
  );
  const nested = `${"[".repeat(4000)}${"]".repeat(4000)}\n`;
  for (const text of [
    nested,
    `${"[".repeat(2000)}${"]".repeat(2000)}\n`,
    `"${"a".repeat(1e6)}"\n`,
    "\n",
    "{}\n",
    "null\n",
  ])
    assert.equal(verifyTranscript(Buffer.from(text)).fault?.line, 1);
});

const event = (
  step: EventDraft["step"],
  kind: EventDraft["kind"],
  actor: EventDraft["actor"],
  data: EventDraft["data"],
): EventDraft => ({ step, kind, actor, data });
const refused = (step: EventDraft["step"], id: string): EventDraft =>
  event(step, "refusal", "machine", { what: "refused", id, attempt: 1, position: 0 });
const ended = (step: EventDraft["step"], reason: string): EventDraft =>
  event(step, "abort", "machine", { what: "ended", reason });

/** The sample, and what `change` adds after the last event of a step. */
function after(mode: (typeof MODES)[number], step: string, added: readonly EventDraft[]): EventDraft[] {
  const drafts = sampleDrafts(mode);
  const last = drafts.findLastIndex((draft) => draft.step === step);
  return drafts.toSpliced(last + 1, 0, ...added);
}

test("refusals, undone throws and exceptions are part of a whole ceremony", () => {
  const drafts = after("production", "share", [
    event("dice", "exception", "leader", { what: "exception", note: "a pen fell" }),
    event("dice", "undo", "operator", { what: "undone", throw: 12 }),
    refused("dice", "dice_too_fast"),
  ]);
  const { lines, head } = chained(drafts);
  assert.equal(verify(lines, head).kind, "whole");
});

test("the words may come again when the plate was engraved wrong, with the whole read-back", () => {
  const drafts = sampleDrafts("production");
  const words = drafts.filter((draft) => draft.step === "words");
  const readback = drafts.findIndex((draft) => draft.step === "readback");
  const again = event("readback", "statement", "officer2", { what: "again" });
  const plate = drafts[readback] as EventDraft;
  const twice = drafts.toSpliced(readback, 0, refused("readback", "readback_wrong_word"), again, ...words);
  assert.equal(verify(chained(twice).lines).kind, "consistent");
  const second = drafts.toSpliced(readback, 0, plate, again, ...words);
  assert.equal(verify(chained(second).lines).kind, "consistent");
  const unasked = drafts.toSpliced(readback + 1, 0, ...words);
  assert.equal(verify(chained(unasked).lines).fault?.code, "step_order");
  const further = drafts.toSpliced(readback, 0, again, ...drafts.filter((draft) => draft.step === "dice"));
  const refusal = { line: readback + 2, code: "step_order", detail: "dice" };
  assert.deepEqual(verify(chained(further).lines).fault, refusal, "the dice do not come again");
  const halved = drafts.toSpliced(readback, 1, plate, again, ...words);
  assert.equal(verify(chained(halved).lines).fault?.code, "value_differs", "the first plate is read again too");
});

test("a ceremony that was ended says where and why", () => {
  for (const reason of ["asked", "signal", "vault_lost"]) {
    const drafts = sampleDrafts("rehearsal");
    const upTo = drafts.slice(
      0,
      drafts.findIndex((draft) => draft.step === "mix"),
    );
    const verdict = verify(chained([...upTo, ended("dice", reason)]).lines);
    assert.equal(verdict.kind, "stopped");
    assert.equal(verdict.ended, reason);
    assert.equal(verdict.step?.number, 5);
  }
});

test("a restore that differs is the end of a ceremony, not a broken transcript", () => {
  const drafts = sampleDrafts("production");
  const upTo = drafts.slice(
    0,
    drafts.findIndex((draft) => draft.step === "compare"),
  );
  const other = upTo.map((draft) =>
    draft.step === "restore" && draft.data["by"] === "second"
      ? { ...draft, data: { ...draft.data, nodeId: "03".repeat(33) } }
      : draft,
  );
  const end = [refused("compare", "restore_differs"), ended("compare", "refused")];
  assert.equal(verify(chained([...other, ...end]).lines).kind, "stopped");
  assert.equal(
    verify(chained([...upTo.slice(0, -1), ...end]).lines).kind,
    "stopped",
    "one implementation gave nothing",
  );
  assert.equal(verify(chained([...other, ...drafts.slice(upTo.length)]).lines).fault?.code, "value_differs");
});

test("a rehearsal names each failed check that it waives; production takes no waiver and no failure", () => {
  const failed = event("selftest", "check", "machine", {
    what: "checked",
    id: "swap_off",
    outcome: "fail",
    value: "1",
  });
  const waived = event("selftest", "waiver", "leader", { what: "waived", id: "swap_off" });
  const put = (mode: (typeof MODES)[number], ...added: EventDraft[]): TranscriptVerdict =>
    verify(chained(sampleDrafts(mode).toSpliced(2, 0, ...added)).lines);
  assert.equal(put("rehearsal", failed, waived).kind, "consistent");
  assert.equal(put("rehearsal", failed).fault?.code, "check_unwaived");
  assert.equal(put("production", failed, waived).fault?.code, "waiver_forbidden");
  assert.equal(put("production", failed).fault?.code, "check_unwaived");
});
