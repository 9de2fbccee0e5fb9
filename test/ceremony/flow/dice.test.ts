import assert from "node:assert/strict";
import { test } from "node:test";
import { CEREMONY_REFUSALS } from "../../../ceremony/steps/ceremonies.ts";
import { ENTER, FACES, scenesOf, walkTo } from "./people.ts";
import { fork, messageOf, paste, REHEARSAL, refusalOf, type Sitting, screenOf, sit, type, wait } from "./table.ts";
import { watchAll } from "./watch.ts";

// Dice as they are typed, of the seed and of a passphrase.

const at = scenesOf(sit({ watch: watchAll }));
const text = (sitting: Sitting): string => screenOf(sitting).join("\n");
const refusals = (sitting: Sitting): unknown[] =>
  sitting.drafts.filter(({ kind }) => kind === "refusal").map(({ data }) => data["id"]);

test("dice: one accident is one refusal, however many keys it has; the third ends the ceremony", () => {
  const sitting = at("dice");
  const before = refusals(sitting).length;
  type(sitting, "123");
  paste(sitting, FACES.slice(0, 40));
  assert.match(text(sitting), /thrown 0 of 64/);
  assert.equal(messageOf(sitting), `! ${CEREMONY_REFUSALS.dice_pasted.text}`);
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

test("dice: a key that bounces costs no other throw, and the screen says that it counts once", () => {
  const sitting = at("dice");
  const { length } = sitting.drafts;
  type(sitting, "123");
  paste(sitting, "44");
  assert.match(text(sitting), /thrown 4 of 64/);
  assert.match(text(sitting), /this turn: {2}1 2 3 4 +<- its key came twice within 20 ms, and counts once/);
  watchAll(sitting);
  type(sitting, "5");
  type(sitting, "55", 5);
  assert.match(text(sitting), /thrown 5 of 64/);
  type(sitting, "5");
  assert.match(text(sitting), /thrown 6 of 64/);
  assert.doesNotMatch(text(sitting), /twice/);
  assert.equal(sitting.drafts.length, length, "no refusal");
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

/** Faces of eight words of nine letters. */
const LONGEST = ["56253", "34656", "16624", "34543", "41541", "64411", "66456", "44251"];

test("passphrase by dice: the longest eight words can be typed again, and looked at again", () => {
  const config = { ...REHEARSAL, passphrase: "dice" as const };
  const sitting = walkTo(sit({ config, watch: watchAll }), "passphrase", "dice");
  // Each gives a word of nine letters, and together they are fair: eight of nine and seven spaces are 79.
  for (const word of LONGEST) type(sitting, word);
  const words = screenOf(sitting).flatMap((row) => /^ {2}\d {2}([a-z-]+)$/.exec(row)?.[1] ?? []);
  const phrase = words.join(" ");
  assert.deepEqual([words.length, phrase.length], [8, 79]);
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

test("passphrase by dice: throws by plan are refused at the last one, before anybody writes the words down", () => {
  const sitting = walkTo(sit({ config: { ...REHEARSAL, passphrase: "dice" }, watch: watchAll }), "passphrase", "dice");
  type(sitting, "31425".repeat(8).slice(0, -1));
  assert.match(text(sitting), /word 8, five faces: 3142_/);
  type(sitting, "5");
  assert.equal(messageOf(sitting), `! ${CEREMONY_REFUSALS.passphrase_dice_by_plan.text}`);
  assert.match(text(sitting), /word 1, five faces: _/);
  // The last word taken back and thrown again: all eight are looked at once more.
  type(sitting, `${FACES.slice(0, 40)}\x7f11111\x7f22222`);
  assert.deepEqual(refusals(sitting).slice(-1), ["passphrase_dice_by_plan"]);
  assert.equal(walkTo(sitting, "words").play.step.id, "words");
});

test("dice: throws by plan are refused, and all are thrown again", () => {
  const sitting = at("dice");
  type(sitting, `${"123456".repeat(11).slice(0, 64)}${ENTER}`);
  assert.equal(messageOf(sitting), `! ${CEREMONY_REFUSALS.dice_by_plan.text}`);
  assert.match(text(sitting), /thrown 0 of 64/);
});

test("passphrase by dice: words are covered after 60 s without a key, and the key that shows them is no throw", () => {
  const sitting = walkTo(sit({ config: { ...REHEARSAL, passphrase: "dice" }, watch: watchAll }), "passphrase", "dice");
  type(sitting, "1111122222333");
  wait(sitting, 59_000);
  type(sitting, "3");
  wait(sitting, 59_000);
  const shown = text(sitting);
  assert.match(shown, /abacus/);
  wait(sitting, 1250);
  assert.match(text(sitting), /the words by dice: hidden/);
  assert.doesNotMatch(text(sitting), /abacus|3333/);
  type(sitting, "6");
  assert.equal(text(sitting), shown);
});
