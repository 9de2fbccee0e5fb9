import assert from "node:assert/strict";
import { test } from "node:test";
import { ENTER, PASSPHRASE, scenesOf, walkOn, walkTo } from "./people.ts";
import { allPass, messageOf, PRODUCTION, type Sitting, screenOf, sit, type, wait } from "./table.ts";
import { watchAll } from "./watch.ts";

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
  wait(sitting, 61_000);
  type(sitting, "\x03");
  wait(sitting, 61_000);
  type(sitting, ENTER);
  assert.match(text(sitting), /hidden/, "also while the question to end is asked");
  walkTo(sitting, "words", "plate");
  assert.equal(sitting.drafts.at(-1)?.data["blanked"], 2);
  type(sitting, "b");
  assert.equal(sitting.page, "gate");
  assert.equal(text(walkTo(sitting, "words", "four")), shown);
});

test("the passphrase is never on the screen, only how long it is", () => {
  const sitting = at("passphrase", "first");
  type(sitting, PASSPHRASE);
  assert.ok(!text(sitting).includes(PASSPHRASE));
  assert.match(text(sitting), new RegExp(`passphrase: \\*{${PASSPHRASE.length}}_ {2}${PASSPHRASE.length} typed`));
  assert.match(text(sitting), /^ {2}10 small, 1 capitals, 1 digits, 1 signs, 3 blanks$/m);
  type(sitting, "\x15ONLY FOR ");
  assert.match(text(sitting), /Is Caps Lock on\?/);
  watchAll(sitting);
});
