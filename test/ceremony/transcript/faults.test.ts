import assert from "node:assert/strict";
import { test } from "node:test";
import type { Mode } from "../../../ceremony/table/config.ts";
import type { EventDraft } from "../../../ceremony/transcript/chain.ts";
import type { FaultCode } from "../../../ceremony/transcript/faults.ts";
import { verifyTranscript } from "../../../ceremony/transcript/verify.ts";
import { canonicalJson, type JsonObject } from "../../../core/canonical.ts";
import {
  by,
  correctedBefore,
  DRAFTS,
  events,
  exception,
  failed,
  LINES,
  lineOf,
  moveLine,
  opened,
  placeOfEvent,
  plus,
  raw,
  rehearsalLine,
  SAVED,
  second,
  twice,
  undone,
  waiver,
  withData,
  withLine,
  without,
} from "./forgeries.ts";
import { chained, rechained, sampleDrafts } from "./sample.ts";

/** Each fault with the files that have it, and the line at which it must be found. */
const CASES: Readonly<Record<FaultCode, readonly (readonly [what: string, file: Buffer, line: number])[]>> = {
  line_form: [
    ["a space", raw(1, second.replace(":", ": ")), 2],
    ["another order", raw(1, second.replace(/^\{("actor":"machine"),(.*)\}\n$/, "{$2,$1}\n")), 2],
    ["a carriage return", raw(1, second.replace("\n", "\r\r\n")), 2],
    ["an empty line", raw(1, "\n"), 2],
    ["bytes that are not UTF-8", Buffer.concat([LINES[0] as Buffer, Buffer.from([0x22, 0xff, 0x22, 0x0a])]), 2],
    ["a line too long", Buffer.concat([LINES[0] as Buffer, Buffer.from(`"${"a".repeat(5000)}"\n`)]), 2],
    ["a fraction", raw(1, second.replace('"seq":2', '"seq":2.5')), 2],
  ],
  event_form: [
    ["not an object", raw(1, "[]\n"), 2],
    ["a member too many", raw(1, second.replace('"step"', '"sig":1,"step"')), 2],
    ["a member too few", raw(1, second.replace('"seq":2,', "")), 2],
    ["an unknown step", raw(1, second.replace('"step":"selftest"', '"step":"selfless"')), 2],
    ["an unknown actor", raw(1, second.replace('"actor":"machine"', '"actor":"robot"')), 2],
    ["an unknown kind", raw(1, second.replace('"kind":"check"', '"kind":"cheque"')), 2],
    ["a time that is none", raw(1, second.replace("10:00:30", "10:00:60")), 2],
    [
      "a hash in capitals",
      raw(
        1,
        second.replace(/"prev":"([0-9a-f]+)"/, (all) => all.toUpperCase().replace("PREV", "prev")),
      ),
      2,
    ],
    ["data that is no object", raw(1, second.replace(/"data":\{.*?\}/, '"data":[]')), 2],
  ],
  seq_order: [
    ["a line dropped", Buffer.concat(LINES.toSpliced(1, 1)), 2],
    ["a line doubled", Buffer.concat(LINES.toSpliced(1, 0, LINES[1] as Buffer)), 3],
  ],
  chain_broken: [
    ["a value of line 1", raw(0, String(LINES[0]).replace("10:00:00", "10:00:01")), 2],
    ["a first line that is not the first", raw(0, String(LINES[0]).replace(/"prev":"0/, '"prev":"1')), 1],
  ],
  event_unknown: [
    ["a record of another step", withLine("dice.thrown", '"step":"dice"', '"step":"mix"'), lineOf("dice.thrown")],
    [
      "a kind of another record",
      withLine("dice.thrown", '"kind":"accepted"', '"kind":"statement"'),
      lineOf("dice.thrown"),
    ],
  ],
  actor_wrong: [
    [
      "the officer who engraves reads back",
      withLine("readback.plate", "officer2", "officer1"),
      lineOf("readback.plate"),
    ],
    [
      "the words are shown to the other officer",
      withLine("words.shown", "officer1", "officer2"),
      lineOf("words.shown"),
    ],
    ["an officer for the witness", withLine("share.written", "witness", "officer1"), lineOf("share.written")],
  ],
  field_missing: [["no count", withLine("dice.thrown", '"count":64,', ""), lineOf("dice.thrown")]],
  field_unknown: [["the faces", withLine("dice.thrown", '"round"', '"faces":"123456","round"'), lineOf("dice.thrown")]],
  field_wrong: [
    ["too many throws", withLine("dice.thrown", '"count":64', '"count":129'), lineOf("dice.thrown")],
    ["a configuration of no mode", withLine("selftest.opened", '"network":"mainnet"', '"network":"regtest"'), 1],
  ],
  refusal_unknown: [
    [
      "a refusal of another step",
      rechained(
        LINES.toSpliced(
          2,
          0,
          Buffer.from(
            '{"actor":"machine","at":"2026-11-22T10:00:45Z","data":{"attempt":1,"id":"dice_pasted","position":0,"what":"refused"},"kind":"refusal","prev":"' +
              "0".repeat(64) +
              '","seq":1,"step":"selftest"}\n',
          ),
        ),
      ).bytes,
      3,
    ],
  ],
  opening_missing: [["the first line is a check", events(DRAFTS.slice(1)), 1]],
  step_order: [
    ["dice before the commitment", events(DRAFTS.filter(({ step }) => step !== "share")), lineOf("share.committed")],
    [
      "back to the dice",
      events(DRAFTS.toSpliced(placeOfEvent("mix.mixed") + 1, 0, DRAFTS[placeOfEvent("dice.thrown")] as EventDraft)),
      placeOfEvent("mix.mixed") + 2,
    ],
    [
      "the opening, which is a rehearsal's",
      events(
        DRAFTS.toSpliced(placeOfEvent("restore.typed"), 0, {
          step: "opening",
          actor: "leader",
          kind: "statement",
          data: { what: "opened", round: 1 },
        }),
      ),
      lineOf("restore.typed"),
    ],
  ],
  step_incomplete: [
    ["the witness did not write it down", without("share.written"), lineOf("share.written")],
    ["one plate of two", events(DRAFTS.toSpliced(placeOfEvent("readback.plate", 1), 1)), lineOf("readback.plate", 1)],
    [
      "one restore of two",
      events(DRAFTS.toSpliced(placeOfEvent("restore.restored", 1), 1)),
      lineOf("restore.restored", 1),
    ],
  ],
  record_order: [
    ["one date instead of two", without("people.date"), placeOfEvent("people.clock")],
    ["written before it was committed", moveLine("share.written", "share.committed"), lineOf("share.committed")],
    ["words shown before the gate", moveLine("words.shown", "words.gate"), lineOf("words.gate")],
  ],
  record_repeated: [
    ["mixed twice", twice("mix.mixed"), placeOfEvent("mix.mixed") + 2],
    ["committed again after the dice were known", twice("share.committed"), placeOfEvent("share.committed") + 2],
  ],
  person_repeated: [
    ["the operator types both dates", by("people.date", "operator", 1), lineOf("people.date", 1)],
    ["initials corrected to another's", correctedBefore(4, "officer1", "EF"), lineOf("people.role", 4)],
    ["a role of one who was corrected to it", correctedBefore(3, "officer1", "EF"), lineOf("people.role", 3) + 1],
    ["officer 1 compares both parts", by("identity.compared", "officer1", 1), lineOf("identity.compared", 1)],
    [
      "one person confirms the configuration",
      by("people.configuration", "officer1", 1),
      lineOf("people.configuration", 1),
    ],
    ["the witness is an officer", withData("people.role", { initials: "CD" }, 4), lineOf("people.role", 4)],
    ["the leader is an officer", withData("people.role", { initials: "AB" }, 2), lineOf("people.role", 2)],
  ],
  value_repeated: [
    ["both compare the same row", withData("identity.compared", { row: 1 }, 1), lineOf("identity.compared", 1)],
    ["a room item twice", withData("people.room", { item: "phones_out" }, 1), lineOf("people.room", 1)],
    ["one implementation twice", withData("restore.restored", { by: "first" }, 1), lineOf("restore.restored", 1)],
    ["one file twice", withData("result.written", { file: "node.json" }, 1), lineOf("result.written", 1)],
  ],
  value_differs: [
    ["the mode", opened({ mode: "rehearsal" }), 1],
    ["the network", opened({ network: "testnet" }), 1],
    ["the configuration's hash", opened({ configHash: "0".repeat(64) }), 1],
    ["the program", withData("identity.program", { hash: "0".repeat(64) }), lineOf("identity.program")],
    ["the form of the program", withData("identity.program", { form: "checkout" }), lineOf("identity.program")],
    ["the ceremony's id", withData("people.ceremony", { ceremonyId: "another" }), lineOf("people.ceremony")],
    ["the two dates", withData("people.date", { date: "2026-11-23" }, 1), lineOf("people.date", 1)],
    ["a date that is none", withData("people.date", { date: "2026-11-31" }), lineOf("people.date")],
    ["the clock, by two days", withData("people.clock", { date: "2026-11-24" }), lineOf("people.clock")],
    ["a correction of initials not said yet", correctedBefore(2, "witness", "XY"), lineOf("people.role", 2)],
    ["a role of another", withData("people.role", { role: "witness" }, 2), lineOf("people.role", 2)],
    [
      "what was confirmed",
      withData("people.configuration", { configHash: "0".repeat(64) }),
      lineOf("people.configuration"),
    ],
    ["round 2 of 1", withData("share.committed", { round: 2 }), lineOf("share.committed")],
    ["one word asked for twice", withData("share.written", { first: 30 }), lineOf("share.written")],
    ["the number of throws", withData("dice.thrown", { count: 63 }), lineOf("dice.thrown")],
    ["the round of the dice", withData("dice.thrown", { round: 2 }), lineOf("dice.thrown")],
    ["the round of the mix", withData("mix.mixed", { round: 2 }), lineOf("mix.mixed")],
    ["the rounds of the mix", withData("mix.mixed", { rounds: 2 }), lineOf("mix.mixed")],
    [
      "the birthday on the day itself",
      withData("mix.mixed", { birthdayDays: 6532, birthdayDate: "2026-11-22" }),
      lineOf("mix.mixed"),
    ],
    ["the birthday and its date", withData("mix.mixed", { birthdayDate: "2026-11-20" }), lineOf("mix.mixed")],
    ["the passphrase policy", withData("passphrase.passphrase", { policy: "none" }), lineOf("passphrase.passphrase")],
    ["the number of plates", withData("words.engraved", { plates: 1 }), lineOf("words.engraved")],
    ["the same plate again", withData("readback.plate", { plate: 1 }, 1), lineOf("readback.plate", 1)],
    ["a restored node", withData("restore.restored", { nodeId: "0".repeat(66) }, 1), lineOf("compare.equal")],
    ["a restored birthday", withData("restore.restored", { birthdayDays: 1 }, 0), lineOf("compare.equal")],
    [
      "the compared fingerprint",
      withData("compare.equal", { masterFingerprint: "0".repeat(8) }),
      lineOf("compare.equal"),
    ],
    [
      "the accounts that were written",
      withData("result.written", { sha256: "0".repeat(64) }, 1),
      lineOf("result.written", 1),
    ],
    ["the node at last", withData("result.node", { nodeId: "0".repeat(66) }), lineOf("result.node")],
    ["a QR code that nobody can see", withData("selftest.font", { blocks: false }), lineOf("result.node")],
    ["a fingerprint at last", withData("result.node", { masterFingerprint: "0".repeat(8) }), lineOf("result.node")],
    [
      "a throw that was never thrown",
      events(DRAFTS.toSpliced(placeOfEvent("dice.thrown"), 0, undone(65))),
      lineOf("dice.thrown"),
    ],
    ["the number of events", withLine("close.complete", /"events":\d+/, '"events":7'), DRAFTS.length],
    ["the length of the ceremony", withLine("close.complete", /"seconds":\d+/, '"seconds":7'), DRAFTS.length],
  ],
  waiver_forbidden: [
    [
      "a waiver in production",
      events(DRAFTS.toSpliced(2, 0, failed, { ...waiver, data: { what: "waived", id: "swap_off" } })),
      4,
    ],
  ],
  check_unwaived: [
    ["a failed check in production", events(DRAFTS.toSpliced(2, 0, failed)), placeOfEvent("identity.program") + 2],
  ],
  after_end: [
    ["an exception after the last line", plus(exception), DRAFTS.length + 1],
    ["half a line after the last line", Buffer.concat([...LINES, Buffer.from('{"actor')]), DRAFTS.length + 1],
    [
      "going on after the end",
      events([
        ...DRAFTS.slice(0, 4),
        { step: "selftest", actor: "leader", kind: "abort", data: { what: "ended", reason: "asked" } },
        ...DRAFTS.slice(4),
      ]),
      6,
    ],
    [
      "going on after the last refusal",
      events([
        ...DRAFTS.slice(0, 4),
        {
          step: "selftest",
          actor: "machine",
          kind: "refusal",
          data: { what: "refused", id: "selftest_failed", attempt: 1, position: 0 },
        },
        ...DRAFTS.slice(4),
      ]),
      6,
    ],
  ],
  ...SAVED,
  head_differs: [["see below", Buffer.concat(LINES), LINES.length]],
};

for (const [code, files] of Object.entries(CASES))
  test(`fault ${code}`, () => {
    assert.ok(files.length > 0);
    for (const [what, file, line] of files) {
      const verdict = verifyTranscript(file, code === "head_differs" ? "0".repeat(64) : undefined);
      assert.equal(verdict.kind, "broken", what);
      assert.equal(verdict.fault?.code, code, `${what}: ${canonicalJson({ ...verdict.fault } as JsonObject)}`);
      assert.equal(verdict.fault?.line, line, what);
    }
  });

test("a waiver is for a check that failed", () => {
  const lines = chained(sampleDrafts("rehearsal" satisfies Mode).toSpliced(2, 0, waiver)).lines;
  const verdict = verifyTranscript(Buffer.concat(lines));
  assert.deepEqual(verdict.fault, { line: 3, code: "value_differs", detail: "id" });
});

test("a rehearsal opens the round that it committed to", () => {
  const drafts = sampleDrafts("rehearsal");
  const at = drafts.findIndex((draft) => draft.step === "opening");
  const other = drafts.with(at, { ...(drafts[at] as EventDraft), data: { what: "opened", round: 2 } });
  assert.deepEqual(verifyTranscript(events(other)).fault, { line: at + 1, code: "value_differs", detail: "round" });
});

test("the first line of another ceremony does not open this one", () => {
  const verdict = verifyTranscript(raw(0, rehearsalLine));
  assert.deepEqual(verdict.fault, { line: 2, code: "chain_broken", detail: "prev" });
});
