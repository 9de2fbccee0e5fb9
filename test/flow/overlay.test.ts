import assert from "node:assert/strict";
import { test } from "node:test";
import { ENTER, scenesOf } from "./people.ts";
import { give, messageOf, type Sitting, screenOf, sit, type } from "./table.ts";
import { watchAll } from "./watch.ts";

// Ctrl-C and Ctrl-E lie over every step.

const at = scenesOf(sit({ watch: watchAll }));
const text = (sitting: Sitting): string => screenOf(sitting).join("\n");

test("Ctrl-C asks, and only E ends; what is on the screen is hidden meanwhile", () => {
  for (const place of [
    ["people", "id"],
    ["words", "four"],
    ["restore", "words"],
  ] as const) {
    const sitting = at(place[0], place[1]);
    const before = text(sitting);
    type(sitting, "\x03");
    assert.match(text(sitting), /End this ceremony\?/);
    assert.doesNotMatch(text(sitting), /[A-Z] [A-Z] [A-Z] /);
    type(sitting, "\x03");
    assert.equal(text(sitting), before);
    type(sitting, "\x03e");
    assert.deepEqual(sitting.outcome, { kind: "ended" });
  }
});

test("Ctrl-E takes a note at the table, never where a secret is on the screen or after the last event", () => {
  const sitting = at("people", "date1");
  type(sitting, `\x05${ENTER}`);
  assert.match(text(sitting), /Exception note/, "an empty note is none");
  type(sitting, "x".repeat(170));
  watchAll(sitting);
  type(sitting, `\x7f\x7f${ENTER}`);
  assert.equal(messageOf(sitting), "! The note is recorded.");
  const { step, actor, kind, data } = sitting.drafts.at(-1) ?? {};
  assert.deepEqual(
    [step, actor, kind, data],
    ["people", "leader", "exception", { what: "exception", note: "x".repeat(158) }],
  );
  type(sitting, "\x05a secret");
  give(sitting, { kind: "key", key: { kind: "escape" }, at: 0, sameRead: false });
  assert.equal(sitting.drafts.filter(({ kind: one }) => one === "exception").length, 1);
  for (const place of [
    ["share", "written"],
    ["dice", "throws"],
    ["passphrase", "first"],
    ["words", "four"],
    ["readback", "type"],
    ["restore", "words"],
    ["close", "head"],
  ] as const) {
    const there = at(place[0], place[1]);
    const before = there.play;
    type(there, "\x05");
    assert.equal(there.play.overlay, undefined, before.step.id);
  }
});

test("after the last event Ctrl-C says that the transcript is complete, and records nothing", () => {
  const sitting = at("close", "head");
  const { length } = sitting.drafts;
  type(sitting, "\x03");
  assert.match(text(sitting), /The transcript is complete/);
  watchAll(sitting);
  type(sitting, "e");
  assert.deepEqual([sitting.outcome, sitting.drafts.length], [{ kind: "ended" }, length]);
});
