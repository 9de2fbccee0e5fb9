import assert from "node:assert/strict";
import { test } from "node:test";
import { REFUSALS } from "../../ceremony/refusals.ts";
import { ENTER, FACES, PASSPHRASE, scenesOf, typePlate, walkOn, walkTo } from "./people.ts";
import {
  allPass,
  fork,
  messageOf,
  PRODUCTION,
  paste,
  REHEARSAL,
  refusalOf,
  type Sitting,
  screenOf,
  sit,
  type,
  wait,
} from "./table.ts";
import { assertComplete, watchAll } from "./watch.ts";

// What single steps do in time, and where people go back.

const at = scenesOf(sit({ watch: watchAll }));
const known = at("share").play.facts;
const text = (sitting: Sitting): string => screenOf(sitting).join("\n");
const refusals = (sitting: Sitting): unknown[] =>
  sitting.drafts.filter(({ kind }) => kind === "refusal").map(({ data }) => data["id"]);

test("identity: a rehearsal may look at the hash again, production may not", () => {
  const rehearsal = at("identity", "part1");
  assert.match(text(rehearsal), /Tab look at the hash again/);
  type(rehearsal, "\t");
  assert.equal(rehearsal.page, "hash");
  const production = walkTo(sit({ config: PRODUCTION }), "identity", "part1");
  assert.doesNotMatch(text(production), /Tab/);
  type(production, "\t");
  assert.equal(production.page, "part1");
});

test("self-test: a rehearsal waives what it says of the machine, never a known answer", () => {
  const results = allPass();
  const failing = (index: number) =>
    results.map((one, place) => (place === index ? { ...one, outcome: "fail" as const } : one));
  const selftest = (index: number) => ({ selftest: () => ({ kind: "selftest" as const, results: failing(index) }) });
  const machine = walkTo(sit({ adapters: selftest(0) }), "identity");
  assert.deepEqual(
    machine.drafts.filter(({ kind }) => kind === "waiver").map(({ data }) => data["id"]),
    [results[0]?.id],
  );
  assert.match(text(sit({ adapters: selftest(0) })), /WAIVED[\s\S]*1 FAIL, 1 of them waived in a rehearsal/);
  const arithmetic = walkOn(sit({ adapters: selftest(results.length - 1) }));
  assert.deepEqual(arithmetic.outcome, { kind: "refused", id: "selftest_failed" });
  const production = walkOn(sit({ config: PRODUCTION, adapters: selftest(0) }));
  assert.deepEqual(production.outcome, { kind: "refused", id: "selftest_failed" });
  assert.match(text(production), /FAIL {3}[\s\S]*1 FAIL$/m);
  assert.ok(!production.drafts.some(({ kind }) => kind === "waiver"));
});

test("self-test: B goes back a screen of checks", () => {
  const sitting = sit();
  type(sitting, ENTER);
  assert.match(text(sitting), /^2\//m);
  type(sitting, "b");
  assert.match(text(sitting), /^1\//m);
});

test("an Enter too many is nobody's mistake: an empty field is not refused", () => {
  for (const place of [
    ["selftest", "font1"],
    ["identity", "part1"],
    ["people", "id"],
    ["people", "roles"],
    ["share", "written"],
  ] as const) {
    const sitting = at(place[0], place[1]);
    const { length } = sitting.drafts;
    type(sitting, `${ENTER}${ENTER} ${ENTER}`);
    assert.deepEqual([sitting.page, sitting.drafts.length], [place[1], length]);
  }
});

test("the clock is asked again after it was refused, for somebody may have set it", () => {
  let asked = 0;
  const today = () => ({ kind: "today" as const, date: asked++ === 0 ? "2031-01-01" : "2026-11-22" });
  const sitting = sit({ adapters: { today } }, { step: "people", facts: known });
  walkTo(sitting, "people", "roles");
  assert.deepEqual([refusals(sitting), asked], [["date_clock"], 2]);
});

test("a date that no seed can have as birthday is refused, whatever the clock says", () => {
  for (const date of ["1970-01-01", "2009-01-03", "9999-12-31"]) {
    const today = () => ({ kind: "today" as const, date });
    const sitting = sit({ adapters: { today } }, { step: "people", facts: known });
    walkTo(sitting, "people", "date1");
    type(sitting, `${date}\r`);
    assert.deepEqual(refusals(sitting), ["date_form"], date);
  }
});

test("dice: one accident is one refusal, however many keys it has; the third ends the ceremony", () => {
  const sitting = at("dice");
  const before = refusals(sitting).length;
  type(sitting, "123");
  paste(sitting, FACES.slice(0, 40));
  assert.match(text(sitting), /thrown 0 of 64/);
  assert.equal(messageOf(sitting), `! ${REFUSALS.dice_pasted.text}`);
  type(sitting, "1");
  assert.match(text(sitting), /thrown 1 of 64/);
  type(sitting, "234", 19);
  assert.match(text(sitting), /thrown 0 of 64/);
  assert.deepEqual(refusals(sitting).slice(before), ["dice_pasted", "dice_too_fast"]);
  type(sitting, FACES.slice(0, 64), 20);
  type(sitting, "6");
  paste(sitting, "66");
  assert.match(text(sitting), /thrown 64 of 64 {3}all are thrown/, "a key too many is no throw");
  const good = fork(sitting);
  walkTo(good, "mix");
  paste(good, "12");
  const third = at("dice");
  for (let time = 0; time < 3; time += 1) paste(third, "12");
  assert.deepEqual(third.outcome, { kind: "refused", id: "dice_refused_thrice" });
});

test("dice: undo takes the last throw back, is recorded, and a new one counts", () => {
  const sitting = at("dice");
  type(sitting, "1234567u\x7fU7089");
  assert.match(text(sitting), /thrown 3 of 64 {3}now throws: officer 1, throw 4 of 8/);
  assert.match(text(sitting), /this turn: {2}1 2 3$/m);
  const undone = sitting.drafts.filter(({ kind }) => kind === "undo").map(({ data }) => data["throw"]);
  assert.deepEqual(undone, [6, 5, 4]);
  type(sitting, "uuuuuu");
  assert.match(text(sitting), /thrown 0 of 64/);
  type(sitting, FACES.slice(0, 8));
  assert.match(text(sitting), /now throws: officer 2, throw 1 of 8/);
});

test("dice: other throws, another node", () => {
  const sitting = at("dice");
  const other = fork(sitting);
  type(other, FACES[0] === "1" ? "2" : "1");
  assert.notEqual(walkTo(other, "mix").play.facts.node?.nodeId, walkTo(sitting, "mix").play.facts.node?.nodeId);
});

test("passphrase by dice: the longest eight words can be typed again, and looked at again", () => {
  const config = { ...REHEARSAL, passphrase: "dice" as const };
  const sitting = walkTo(sit({ config, watch: watchAll }), "passphrase", "dice");
  // "aardvark" has eight letters; 11366 and its like give nine.
  for (let word = 0; word < 8; word += 1) type(sitting, "11454");
  const words = screenOf(sitting).flatMap((row) => /^ {2}\d {2}([a-z-]+)$/.exec(row)?.[1] ?? []);
  assert.equal(words.length, 8);
  const phrase = words.join(" ");
  assert.ok(phrase.length > 64, phrase);
  type(sitting, `${ENTER}something else${ENTER}`);
  assert.deepEqual([sitting.page, refusalOf(sitting)?.data["id"]], ["second", "passphrase_differs"]);
  type(sitting, "abc\t");
  assert.equal(sitting.page, "dice");
  type(sitting, `${ENTER}${phrase}${ENTER}`);
  assert.equal(sitting.play.step.id, "words");
});

test("passphrase by dice: Backspace takes a face back, then a word", () => {
  const sitting = walkTo(sit({ config: { ...REHEARSAL, passphrase: "dice" } }), "passphrase", "dice");
  type(sitting, "1111122222333\x7f\x7f\x7f\x7f");
  assert.match(text(sitting), /word 2, five faces: _/);
});

test("keyboard test: what was typed stays, and a slip is mended", () => {
  const sitting = at("passphrase", "keyboard");
  type(sitting, "azqx\r");
  assert.match(messageOf(sitting), /^! Character 4: /);
  assert.match(text(sitting), /typed: {3}azqx_/);
  walkTo(sitting, "passphrase", "first");
});

test("words: blanked after 60 s, back with a key, hidden by any other key; B goes back", () => {
  const sitting = at("words", "four");
  const shown = text(sitting);
  assert.match(shown, /words 1 to 4 of 24/);
  assert.match(shown, /^ {3} 1 {3}[a-z]{3,8} +[A-Z] [A-Z] [A-Z]/m);
  wait(sitting, 250);
  const { play } = sitting;
  wait(sitting, 59_750);
  assert.equal(sitting.play, play, "nothing happens until then, and nothing is drawn");
  wait(sitting, 250);
  assert.match(text(sitting), /words 1 to 4 of 24: hidden/);
  assert.doesNotMatch(text(sitting), /[A-Z] [A-Z] [A-Z]/);
  type(sitting, ENTER);
  assert.equal(text(sitting), shown);
  type(sitting, "x");
  assert.match(text(sitting), /hidden/);
  type(sitting, `x${ENTER}`);
  assert.match(text(sitting), /words 5 to 8/);
  type(sitting, "bb");
  assert.equal(text(sitting), shown);
  type(sitting, "\x03");
  wait(sitting, 61_000);
  type(sitting, "g");
  assert.match(text(sitting), /hidden/, "also while the question to end is asked");
  walkTo(sitting, "words", "plate");
  assert.equal(sitting.drafts.at(-1)?.data["blanked"], 2);
  type(sitting, "b");
  assert.equal(sitting.page, "gate");
  assert.equal(text(walkTo(sitting, "words", "four")), shown);
});

test("read-back: all wrong is said in positions, and the page has them all", () => {
  const sitting = at("readback");
  typePlate(
    sitting,
    sitting.paper.words.map((word) => (word === "zoo" ? "zone" : "zoo")),
  );
  assert.equal(messageOf(sitting), `! 24 words: ${REFUSALS.readback_wrong_word.text}`);
  assert.match(
    text(sitting).replaceAll(/\s+/g, " "),
    new RegExp(Array.from({ length: 24 }, (_, word) => word + 1).join(", ")),
  );
  type(sitting, "w");
  assert.equal(sitting.drafts.at(-1)?.data["what"], "again");
  assert.deepEqual([sitting.play.step.id, sitting.page], ["words", "gate"]);
  assert.equal(walkTo(sitting, "opening").play.step.id, "opening");
});

test("read-back: a plate with a cell that is no word leads back to the words, or is gone on with", () => {
  const sitting = at("readback");
  const { words } = sitting.paper;
  type(sitting, `${words[0]} \x1b`);
  assert.match(text(sitting), /wrong positions:\n {2}2$/m);
  type(sitting, ENTER);
  assert.match(text(sitting), /word 2 from the plate/);
  typePlate(sitting, words.slice(1));
  assert.equal(sitting.play.step.id, "opening");
  const engraved = at("readback");
  type(engraved, "\x1bw");
  assert.deepEqual([engraved.play.step.id, engraved.drafts.at(-1)?.data["what"]], ["words", "again"]);
});

test("read-back: Backspace in an empty field goes back a word, and only wrong words are typed again", () => {
  const sitting = at("readback");
  const { words } = sitting.paper;
  type(sitting, `${words[0]} ${words[5] === words[1] ? "zoo" : words[5]} \x7f`);
  assert.match(text(sitting), /word 2 from the plate/);
  typePlate(sitting, words.slice(1, 23));
  type(sitting, `${words[0] === words[23] ? "zoo" : words[0]}${ENTER}`);
  assert.equal(sitting.page, "wrong");
  type(sitting, `${ENTER}${words[23]} `);
  assert.equal(sitting.play.step.id, "opening");
  assert.equal(sitting.drafts.findLast(({ step }) => step === "readback")?.data["attempts"], 2);
});

test("restore: nothing of the vault is there; the locator names places, and a plate of another seed can be put away", () => {
  const sitting = at("restore", "words");
  assert.deepEqual(sitting.play.secrets, {});
  const { words } = sitting.paper;
  typePlate(sitting, words.with(2, words[8] ?? "").with(8, words[2] ?? ""));
  assert.match(text(sitting), /words 3 and 9 changed places/);
  type(sitting, `${ENTER}${words[2]} ${words[8]} `);
  assert.equal(sitting.page, "passphrase");
  type(sitting, `not this one${ENTER}`);
  assert.equal(refusalOf(sitting)?.data["id"], "restore_wrong_passphrase");
  type(sitting, "abc\t");
  assert.match(text(sitting), /word 1 from the plate/);
  typePlate(
    sitting,
    words.map((word) => (word === "zoo" ? "zone" : "zoo")),
  );
  assert.match(text(sitting), /Type all 24 again/);
  type(sitting, ENTER);
  typePlate(sitting, words);
  assert.equal(sitting.page, "passphrase");
});

test("restore without a passphrase: another seed's plate is refused, and all words are typed anew", () => {
  const none = { ...REHEARSAL, passphrase: "none" as const };
  const sitting = walkTo(sit({ config: none, watch: watchAll }), "restore");
  const { words } = sitting.paper;
  const other = walkTo(sit({ seed: "another" }), "readback").paper.words;
  typePlate(sitting, other);
  assert.equal(refusalOf(sitting)?.data["id"], "restore_wrong_passphrase");
  assert.match(text(sitting), /word 1 from the plate/);
  sitting.paper.words = words;
  assertComplete(walkOn(sitting));
});

test("the passphrase is never on the screen, only how long it is", () => {
  const sitting = at("passphrase", "first");
  type(sitting, PASSPHRASE);
  assert.ok(!text(sitting).includes(PASSPHRASE));
  assert.match(text(sitting), new RegExp(`passphrase: \\*{${PASSPHRASE.length}}_ {2}${PASSPHRASE.length} typed`));
  type(sitting, "x".repeat(100));
  assert.match(text(sitting), / 80 typed/);
  watchAll(sitting);
});
