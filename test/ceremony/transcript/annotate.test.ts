import assert from "node:assert/strict";
import { test } from "node:test";
import { STEPS, stepsOf } from "../../../ceremony/steps/ceremonies.ts";
import { MODES } from "../../../ceremony/table/config.ts";
import { closingList, ROOM_ITEMS, ROOM_TEXTS } from "../../../ceremony/table/lists.ts";
import { annotatedScript } from "../../../ceremony/transcript/annotate.ts";
import type { EventDraft } from "../../../ceremony/transcript/chain.ts";
import { scriptMarkdown } from "../../../ceremony/transcript/script.ts";
import { verifyTranscript } from "../../../ceremony/transcript/verify.ts";
import { replaced } from "./forgeries.ts";
import { chained, sampleDrafts, sampleTranscript } from "./sample.ts";

const annotate = (drafts: readonly EventDraft[]): string =>
  annotatedScript(verifyTranscript(Buffer.concat(chained(drafts).lines)));

test("the annotated script has every step with its title, what was read aloud, and each line with its time", () => {
  for (const mode of MODES) {
    const { lines, bytes } = sampleTranscript(mode);
    const text = annotatedScript(verifyTranscript(bytes));
    let at = 0;
    for (const step of stepsOf(mode, STEPS)) {
      const found = text.indexOf(`. ${step.title}`, at);
      assert.ok(found > at, step.id);
      at = found;
      for (const page of step.pages) assert.ok(text.includes(page.aloud ?? ""), page.id);
    }
    for (const index of lines.keys()) {
      const time = new Date(Date.UTC(2026, 10, 22, 10, 0, 30 * index)).toISOString().slice(11, 19);
      assert.ok(text.includes(`| ${index + 1} | ${time} |`));
    }
    assert.ok(!text.includes("Missing"));
    assert.equal(text.includes("REHEARSAL"), mode === "rehearsal");
  }
});

test("what is missing is named, with how much of it there is", () => {
  const drafts = sampleDrafts("production");
  const upTo = drafts.findIndex((draft) => draft.step === "people" && draft.data["what"] === "clock");
  const text = annotate(drafts.slice(0, upTo - 1));
  assert.match(
    text,
    /\*\*Missing:\*\* date \(1 of 2\), clock, role \(0 of 5\), configuration \(0 of 2\), room \(0 of 5\)\./,
  );
  assert.match(text, /## 12\. .*\n\n(?:- .*\n)+\n\*\*Missing:\*\* complete\./);
});

test("refusals stand with their words and position, waivers, notes and ends in bold", () => {
  const drafts = sampleDrafts("rehearsal");
  const upTo = drafts.findIndex((draft) => draft.step === "restore");
  const event = (kind: EventDraft["kind"], actor: EventDraft["actor"], data: EventDraft["data"]): EventDraft => ({
    step: "restore",
    kind,
    actor,
    data,
  });
  const text = annotate([
    ...drafts.slice(0, upTo),
    event("refusal", "machine", { what: "refused", id: "restore_unknown_word", attempt: 2, position: 7 }),
    event("exception", "leader", { what: "exception", note: "<b>*| a [note](x) with `all` of \\ it" }),
    event("abort", "machine", { what: "ended", reason: "asked" }),
  ]);
  assert.match(text, /\*\*refused\*\* restore\\_unknown\\_word \| .*not a word of the list\. \(attempt 2, word 7\)/);
  assert.ok(text.includes("| **exception** | note \\<b\\>\\*\\| a \\[note\\]\\(x\\) with \\`all\\` of \\\\ it |"));
  assert.match(text, /\*\*ended\*\* \| reason asked/);
});

test("nothing of a file that opens no ceremony is printed", () => {
  assert.equal(annotatedScript(verifyTranscript(Buffer.from("# a lie\n"))), "");
});

test("the printed script has every page, record and refusal of its mode, a box for each page and a place to sign", () => {
  for (const mode of MODES) {
    const text = scriptMarkdown(mode);
    const steps = stepsOf(mode, STEPS);
    for (const step of steps) {
      assert.ok(text.includes(`. ${step.title}\n`), step.id);
      for (const page of step.pages) assert.ok(text.includes(page.aloud ?? "") && text.includes(page.shows), page.id);
      for (const entry of step.records)
        if (entry.kind !== "waiver") assert.ok(text.includes(`\`${entry.what}\``), entry.what);
      for (const [id, refusal] of Object.entries(step.refusals)) assert.ok(text.includes(refusal.text), id);
    }
    const pages = steps.flatMap((step) => step.pages);
    const failures = pages.filter(({ only }) => only !== undefined && "failure" in only);
    const lists = ROOM_ITEMS.length + closingList(true).length;
    assert.equal(text.split("- [ ] ").length - 1, pages.length - failures.length + lists);
    assert.equal(text.split("\nTime ____").length - 1, steps.length);
    assert.equal(text.includes("`waived`"), mode === "rehearsal", "production waives nothing");
    assert.equal(text.includes("REHEARSAL"), mode === "rehearsal");
  }
});

test("the printed script marks lines of other policies, and has no box where something is wrong", () => {
  const lines = scriptMarkdown("production").split("\n");
  const lineOf = (said: string): string => lines.find((one) => one.includes(said)) ?? "";
  assert.match(lineOf("throw five dice for each"), /^- \[ \] \(only with a passphrase by dice\) \*\*Leader/);
  assert.match(lineOf("type the passphrase.”"), /^- \[ \] \(only with a typed passphrase\) /);
  assert.match(lineOf("Positions differ."), /^- If the read-back finds another word: /);
  assert.match(lineOf("The words do not belong together. Look"), /^- If the words do not fit each other: /);
});

test("the printed script has the list of the room, the list of the end, and a place for the bags' numbers", () => {
  for (const mode of MODES) {
    const text = scriptMarkdown(mode);
    for (const item of [...Object.values(ROOM_TEXTS), ...closingList(true)])
      assert.ok(text.includes(`- [ ] ${item}`), item);
    assert.match(text, /^Bag numbers: plate 1 _+ {3}plate 2 _+ {3}passphrase _+$/m);
  }
});

test("the annotated script names people as they were corrected", () => {
  const drafts = sampleDrafts("production");
  const at = drafts.findLastIndex(({ data }) => data["what"] === "role") + 1;
  const text = annotate(drafts.toSpliced(at, 0, replaced("officer1", "XY")));
  assert.match(text, /Officer 1 XY, Officer 2 EF, Witness GH/);
  assert.match(text, /\*\*replaced\*\* \| initials XY, role officer1/);
  assert.doesNotMatch(text, /Missing/);
});
