import assert from "node:assert/strict";
import { test } from "node:test";
import { ENTER, scenesOf, TABLE_PASSPHRASE, walkOn, walkTo } from "./people.ts";
import { allPass, messageOf, PRODUCTION, type Sitting, screenOf, sit, type, wait } from "./table.ts";
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
  const checks = sit({ adapters: selftest(0) });
  assert.match(text(checks), /FAIL[\s\S]*1 FAIL, 1 can be waived in a rehearsal/);
  assert.ok(!checks.drafts.some(({ kind }) => kind === "waiver"), "nobody has waived anything yet");
  while (!text(checks).includes("with Enter the leader waives")) type(checks, ENTER);
  assert.match(text(checks), /1 FAIL: with Enter the leader waives 1, as only a rehearsal may/);
  assert.ok(!checks.drafts.some(({ kind }) => kind === "waiver"));
  type(checks, ENTER);
  assert.deepEqual([checks.page, checks.drafts.at(-1)?.kind], ["font1", "waiver"]);
  const arithmetic = walkOn(sit({ adapters: selftest(results.length - 1) }));
  assert.deepEqual(arithmetic.outcome, { kind: "refused", id: "selftest_failed" });
  const production = walkOn(sit({ config: PRODUCTION, adapters: selftest(0) }));
  assert.deepEqual(production.outcome, { kind: "refused", id: "selftest_failed" });
  // The rows that failed stay, and no others.
  assert.deepEqual(screenOf(production).filter((row) => /^(?:pass|info|FAIL) {2,3}/.test(row)).length, 1);
  assert.match(text(production), /FAIL {3}[\s\S]*failed {3}1 FAIL$/m);
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

test("a day after the machine's is refused, and said with the machine's; a day before is taken", () => {
  const tomorrow = sit({}, { step: "people", facts: known });
  walkTo(tomorrow, "people", "date1");
  type(tomorrow, "2026-11-23\r2026-11-23\r");
  assert.deepEqual([tomorrow.page, refusals(tomorrow)], ["date1", ["date_future"]]);
  assert.match(messageOf(tomorrow), /^! The clock says 2026-11-22\. /);
  type(tomorrow, "2026-11-21\r2026-11-21\r");
  assert.deepEqual([tomorrow.page, tomorrow.play.facts.date], ["roles", "2026-11-21"]);
});

test("midnight between the id and the date refuses nobody", () => {
  let date = "2026-11-22";
  const sitting = sit({ adapters: { today: () => ({ kind: "today", date }) } }, { step: "people", facts: known });
  walkTo(sitting, "people", "date1");
  date = "2026-11-23";
  type(sitting, "2026-11-23\r2026-11-23\r");
  assert.deepEqual([sitting.page, refusals(sitting)], ["roles", []]);
});

test("the id is looked at before it is recorded, and typed again if it is wrong", () => {
  const sitting = sit({}, { step: "people", facts: known });
  type(sitting, `node-2026-b${ENTER}`);
  assert.match(text(sitting), /id of the ceremony: {2}node-2026-b$/m);
  const { length } = sitting.drafts;
  type(sitting, `${ENTER}x`);
  assert.deepEqual([sitting.page, sitting.drafts.length], ["idread", length], "only Y and N are answers");
  type(sitting, "n");
  assert.deepEqual(sitting.drafts.at(-1)?.data, { what: "corrected", field: "ceremonyId" });
  type(sitting, `node-2026-c${ENTER}y`);
  assert.deepEqual(
    [sitting.page, sitting.drafts.at(-1)?.data["ceremonyId"], sitting.play.facts.ceremonyId],
    ["date1", "node-2026-c", "node-2026-c"],
  );
});

test("initials are corrected by the number of the role, while others are missing and when all are there", () => {
  const sitting = at("people", "roles");
  type(sitting, `al${ENTER}bo${ENTER}1`);
  assert.match(text(sitting), /^1 {2}leader +_/m);
  type(sitting, `ax${ENTER}`);
  assert.deepEqual(sitting.drafts.at(-1), {
    ...{ step: "people", actor: "operator", kind: "undo" },
    data: { what: "replaced", role: "leader", initials: "AX" },
  });
  assert.match(text(sitting), /^3 {2}officer 1 +_/m);
  type(sitting, `cy${ENTER}di${ENTER}ev${ENTER}`);
  assert.equal(sitting.page, "team");
  type(sitting, `3ev${ENTER}`);
  assert.equal(refusals(sitting).at(-1), "role_taken");
  type(sitting, `cz${ENTER}2ax${ENTER}`);
  assert.equal(sitting.page, "team");
  const { length } = sitting.drafts;
  type(sitting, `2ax${ENTER}`);
  assert.equal(sitting.drafts.length, length, "nothing was corrected");
  const people = { leader: "AX", operator: "AX", officer1: "CZ", officer2: "DI", witness: "EV" };
  type(sitting, "y");
  assert.deepEqual([sitting.page, sitting.play.facts.initials], ["config1", people]);
  assertComplete(walkOn(sitting));
});

test("room: the witness' no is asked about, and only E ends the ceremony", () => {
  const sitting = at("people", "room");
  type(sitting, "yn");
  assert.match(text(sitting), /The witness says that this is not so:[\s\S]*No camera sees screen/);
  type(sitting, "n");
  assert.match(text(sitting), /^ {2}\[\?\] No camera/m);
  type(sitting, "n\x05a phone rang\r");
  assert.equal(sitting.drafts.at(-1)?.data["note"], "a phone rang");
  type(sitting, "x");
  assert.equal(walkTo(sitting, "share").play.step.id, "share");
  const ended = at("people", "room");
  type(ended, "ne");
  assert.deepEqual(ended.outcome, { kind: "refused", id: "room_not_ready" });
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
  assert.match(messageOf(sitting), /^! It differs at character 4\. /);
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
  type(sitting, TABLE_PASSPHRASE);
  assert.ok(!text(sitting).includes(TABLE_PASSPHRASE));
  assert.match(
    text(sitting),
    new RegExp(`passphrase: \\*{${TABLE_PASSPHRASE.length}}_ {2}${TABLE_PASSPHRASE.length} typed`),
  );
  assert.match(text(sitting), /^ {2}10 small, 1 capitals, 1 digits, 1 signs, 3 blanks$/m);
  type(sitting, "\x15ONLY FOR ");
  assert.match(text(sitting), /Is Caps Lock on\?/);
  watchAll(sitting);
});
