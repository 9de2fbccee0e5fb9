import assert from "node:assert/strict";
import { test } from "node:test";
import { ENTER, scenesOf, walkTo } from "./people.ts";
import { give, messageOf, paste, REHEARSAL, type Sitting, screenOf, sit, type } from "./table.ts";
import { watchAll } from "./watch.ts";

// Ctrl-C and Ctrl-E lie over every step.

const at = scenesOf(sit({ watch: watchAll }));
const text = (sitting: Sitting): string => screenOf(sitting).join("\n");

test("Ctrl-C asks, and only END and Enter end it; what is on the screen is hidden meanwhile", () => {
  for (const place of [
    ["people", "id"],
    ["words", "gate"],
    ["restore", "words"],
  ] as const) {
    const sitting = at(place[0], place[1]);
    const before = text(sitting);
    type(sitting, "\x03");
    assert.match(text(sitting), /End this ceremony\?/);
    // Ctrl for Shift in "Central station", and the rest of the line.
    type(sitting, `entral station${ENTER}`);
    assert.match(text(sitting), /End this ceremony\?[\s\S]*Type END to end it: _/);
    assert.match(messageOf(sitting), /not END/);
    type(sitting, `\x03end${ENTER}`);
    assert.match(text(sitting), /End this ceremony\?/, "in capitals: no slip of the hand");
    watchAll(sitting);
    type(sitting, ENTER);
    assert.equal(text(sitting), before);
    type(sitting, "\x03abc");
    type(sitting, "\x1b");
    assert.equal(text(sitting), before);
    type(sitting, `\x03END${ENTER}`);
    assert.deepEqual(sitting.outcome, { kind: "ended" });
  }
});

test("what is secret comes back from the question covered, and a key shows it again", () => {
  const dice = walkTo(sit({ config: { ...REHEARSAL, passphrase: "dice" }, watch: watchAll }), "passphrase", "dice");
  type(dice, "11111");
  for (const sitting of [at("words", "four"), at("opening"), dice]) {
    const before = text(sitting);
    type(sitting, `\x03${ENTER}`);
    assert.match(text(sitting), /: hidden\n/);
    assert.doesNotMatch(text(sitting), /[A-Z] [A-Z] [A-Z] |abacus|share {5}/);
    watchAll(sitting);
    type(sitting, "2");
    assert.equal(text(sitting), before);
  }
});

test("a secret in the middle of which Ctrl-C was pressed is void: a letter of it may be missing", () => {
  const passphrase = at("passphrase", "first");
  type(passphrase, `Grand \x03entral station${ENTER}${ENTER}`);
  assert.match(text(passphrase), /void: press Enter/);
  type(passphrase, `and the rest of it${ENTER}`);
  assert.equal(passphrase.page, "first");
  assert.match(text(passphrase), /passphrase: _ {2}0 typed/);
  for (const step of ["readback", "restore"] as const) {
    const plate = at(step);
    type(plate, `ab\x03${ENTER}`);
    assert.match(text(plate), /void: Enter, then type this word again/);
    type(plate, "andon ");
    assert.match(text(plate), /word 1 from the plate:\n {3}_/);
  }
});

test("Ctrl-E takes a note at the table, never where a secret is on the screen or after the last event", () => {
  const sitting = at("people", "date1");
  type(sitting, `\x05${ENTER}`);
  assert.match(text(sitting), /Exception note/, "an empty note is none");
  type(sitting, "x".repeat(170));
  watchAll(sitting);
  assert.match(messageOf(sitting), /^! A note has 160 characters/);
  type(sitting, ENTER);
  assert.match(messageOf(sitting), /^! A block stands for a key/, "a note that was cut is none");
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

test("a note keeps what was typed or is not recorded: a letter that is left out can turn its meaning", () => {
  const sitting = at("people", "date1");
  type(sitting, `\x05na\u00efve${ENTER}`);
  assert.match(text(sitting), /note: na\u2588ve/);
  assert.match(messageOf(sitting), /^! A block stands for a key/);
  assert.ok(!sitting.drafts.some(({ kind }) => kind === "exception"));
  type(sitting, `\x7f\x7f\x7f\x7f\x7fnaive${ENTER}`);
  assert.equal(sitting.drafts.at(-1)?.data["note"], "naive");
  type(sitting, `\x05wrong\x15right${ENTER}`);
  assert.equal(sitting.drafts.at(-1)?.data["note"], "right");
});

test("a key that no page takes is answered, with the layout that is wanted", () => {
  for (const [place, keys] of [
    [["people", "id"], "\u0444"],
    [["people", "room"], "\u043d"],
    [["dice", "throws"], "\u0661"],
    [["passphrase", "keyboard"], "\u00df"],
    [["close", "copied"], "\u00fc"],
  ] as const) {
    const sitting = at(place[0], place[1]);
    type(sitting, keys);
    assert.match(messageOf(sitting), /beyond ASCII .*Latin layout: us/, place[1]);
    type(sitting, "\x1b[F");
    assert.match(messageOf(sitting), /keypad without Num Lock/, place[1]);
    type(sitting, "\x02");
    assert.match(messageOf(sitting), /control key/, place[1]);
    watchAll(sitting);
  }
  const id = at("people", "id");
  type(id, `n\u00f6de-1${ENTER}`);
  assert.equal(id.page, "id", "nde-1 is not what was typed");
  assert.match(messageOf(id), /An id has/);
});

test("after a refusal that ends it, the keys are Enter and a note, which stands in the transcript after it", () => {
  for (const end of [
    [["people", "config1"], `reject${ENTER}`],
    [["dice", "throws"], "121212"],
  ] as const) {
    const sitting = at(end[0][0], end[0][1]);
    if (end[0][0] === "dice") for (let time = 0; time < 3; time += 1) paste(sitting, "12");
    else type(sitting, end[1]);
    assert.equal(sitting.outcome?.kind, "refused");
    assert.match(text(sitting), /^Enter end {3}Ctrl-E exception note$/m);
    sitting.outcome = undefined;
    const shown = text(sitting);
    type(sitting, "abc\t\x03123456");
    assert.equal(text(sitting), shown, "no other key does anything");
    type(sitting, `\x05found why${ENTER}`);
    assert.deepEqual(
      sitting.drafts.slice(-2).map(({ kind }) => kind),
      ["refusal", "exception"],
    );
    assert.equal(sitting.outcome, undefined);
    type(sitting, ENTER);
    assert.deepEqual(sitting.outcome, { kind: "ended" });
  }
});

test("after the last event Ctrl-C says that the transcript is complete, and records nothing", () => {
  const sitting = at("close", "head");
  const { length } = sitting.drafts;
  type(sitting, "\x03");
  assert.match(text(sitting), /The transcript is complete/);
  watchAll(sitting);
  type(sitting, `END${ENTER}`);
  assert.deepEqual([sitting.outcome, sitting.drafts.length], [{ kind: "ended" }, length]);
});
