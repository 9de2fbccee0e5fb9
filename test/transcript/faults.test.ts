import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Mode } from "../../ceremony/config.ts";
import type { JsonObject } from "../../ceremony/transcript/canonical.ts";
import { canonicalJson } from "../../ceremony/transcript/canonical.ts";
import type { EventDraft } from "../../ceremony/transcript/chain.ts";
import { FAULTS, type FaultCode } from "../../ceremony/transcript/faults.ts";
import { verifyTranscript } from "../../ceremony/transcript/verify.ts";

import {
  by,
  DRAFTS,
  events,
  exception,
  failed,
  LINES,
  move,
  opened,
  placeOf,
  plus,
  raw,
  rehearsalLine,
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
    ["a carriage return", raw(1, second.replace("\n", "\r\n")), 2],
    ["an empty line", raw(1, "\n"), 2],
    ["bytes that are not UTF-8", Buffer.concat([LINES[0] as Buffer, Buffer.from([0x22, 0xff, 0x22, 0x0a])]), 2],
    ["a byte order mark", Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), ...LINES]), 1],
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
    ["a record of another step", withLine("dice.thrown", '"step":"dice"', '"step":"mix"'), placeOf("dice.thrown") + 1],
    [
      "a kind of another record",
      withLine("dice.thrown", '"kind":"accepted"', '"kind":"statement"'),
      placeOf("dice.thrown") + 1,
    ],
  ],
  actor_wrong: [
    [
      "the officer who engraves reads back",
      withLine("readback.plate", "officer2", "officer1"),
      placeOf("readback.plate") + 1,
    ],
    [
      "the words are shown to the other officer",
      withLine("words.shown", "officer1", "officer2"),
      placeOf("words.shown") + 1,
    ],
    ["an officer for the witness", withLine("share.written", "witness", "officer1"), placeOf("share.written") + 1],
  ],
  field_missing: [["no count", withLine("dice.thrown", '"count":64,', ""), placeOf("dice.thrown") + 1]],
  field_unknown: [
    ["the faces", withLine("dice.thrown", '"round"', '"faces":"123456","round"'), placeOf("dice.thrown") + 1],
  ],
  field_wrong: [
    ["too many throws", withLine("dice.thrown", '"count":64', '"count":129'), placeOf("dice.thrown") + 1],
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
    [
      "dice before the commitment",
      events(DRAFTS.filter(({ step }) => step !== "share")),
      placeOf("share.committed") + 1,
    ],
    [
      "back to the dice",
      events(DRAFTS.toSpliced(placeOf("mix.mixed") + 1, 0, DRAFTS[placeOf("dice.thrown")] as EventDraft)),
      placeOf("mix.mixed") + 2,
    ],
    [
      "the opening, which is a rehearsal's",
      events(
        DRAFTS.toSpliced(placeOf("restore.typed"), 0, {
          step: "opening",
          actor: "leader",
          kind: "statement",
          data: { what: "opened", round: 1 },
        }),
      ),
      placeOf("restore.typed") + 1,
    ],
  ],
  step_incomplete: [
    ["the witness did not write it down", without("share.written"), placeOf("share.written") + 1],
    ["one plate of two", events(DRAFTS.toSpliced(placeOf("readback.plate", 1), 1)), placeOf("readback.plate", 1) + 1],
    [
      "one restore of two",
      events(DRAFTS.toSpliced(placeOf("restore.restored", 1), 1)),
      placeOf("restore.restored", 1) + 1,
    ],
  ],
  record_order: [
    ["one date instead of two", without("people.date"), placeOf("people.clock")],
    ["written before it was committed", move("share.written", "share.committed"), placeOf("share.committed") + 1],
    ["words shown before the gate", move("words.shown", "words.gate"), placeOf("words.gate") + 1],
  ],
  record_repeated: [
    ["mixed twice", twice("mix.mixed"), placeOf("mix.mixed") + 2],
    ["committed again after the dice were known", twice("share.committed"), placeOf("share.committed") + 2],
  ],
  person_repeated: [
    ["the operator types both dates", by("people.date", "operator", 1), placeOf("people.date", 1) + 1],
    ["officer 1 compares both parts", by("identity.compared", "officer1", 1), placeOf("identity.compared", 1) + 1],
    [
      "one person confirms the configuration",
      by("people.configuration", "officer1", 1),
      placeOf("people.configuration", 1) + 1,
    ],
    ["the witness is an officer", withData("people.role", { initials: "CD" }, 4), placeOf("people.role", 4) + 1],
    ["the leader is an officer", withData("people.role", { initials: "AB" }, 2), placeOf("people.role", 2) + 1],
  ],
  value_repeated: [
    ["both compare the same row", withData("identity.compared", { row: 1 }, 1), placeOf("identity.compared", 1) + 1],
    ["a room item twice", withData("people.room", { item: "phones_out" }, 1), placeOf("people.room", 1) + 1],
    ["one implementation twice", withData("restore.restored", { by: "first" }, 1), placeOf("restore.restored", 1) + 1],
    ["one file twice", withData("result.written", { file: "node.json" }, 1), placeOf("result.written", 1) + 1],
  ],
  value_differs: [
    ["the mode", opened({ mode: "rehearsal" }), 1],
    ["the network", opened({ network: "testnet" }), 1],
    ["the configuration's hash", opened({ configHash: "0".repeat(64) }), 1],
    ["the program", withData("identity.program", { hash: "0".repeat(64) }), placeOf("identity.program") + 1],
    ["the form of the program", withData("identity.program", { form: "checkout" }), placeOf("identity.program") + 1],
    ["the ceremony's id", withData("people.ceremony", { ceremonyId: "another" }), placeOf("people.ceremony") + 1],
    ["the two dates", withData("people.date", { date: "2026-11-23" }, 1), placeOf("people.date", 1) + 1],
    ["a date that is none", withData("people.date", { date: "2026-11-31" }), placeOf("people.date") + 1],
    ["the clock, by two days", withData("people.clock", { date: "2026-11-24" }), placeOf("people.clock") + 1],
    ["a role of another", withData("people.role", { role: "witness" }, 2), placeOf("people.role", 2) + 1],
    [
      "what was confirmed",
      withData("people.configuration", { configHash: "0".repeat(64) }),
      placeOf("people.configuration") + 1,
    ],
    ["round 2 of 1", withData("share.committed", { round: 2 }), placeOf("share.committed") + 1],
    ["one word asked for twice", withData("share.written", { first: 30 }), placeOf("share.written") + 1],
    ["the number of throws", withData("dice.thrown", { count: 63 }), placeOf("dice.thrown") + 1],
    ["the round of the dice", withData("dice.thrown", { round: 2 }), placeOf("dice.thrown") + 1],
    ["the round of the mix", withData("mix.mixed", { round: 2 }), placeOf("mix.mixed") + 1],
    ["the rounds of the mix", withData("mix.mixed", { rounds: 2 }), placeOf("mix.mixed") + 1],
    [
      "the birthday on the day itself",
      withData("mix.mixed", { birthdayDays: 6532, birthdayDate: "2026-11-22" }),
      placeOf("mix.mixed") + 1,
    ],
    ["the birthday and its date", withData("mix.mixed", { birthdayDate: "2026-11-20" }), placeOf("mix.mixed") + 1],
    [
      "the passphrase policy",
      withData("passphrase.passphrase", { policy: "none" }),
      placeOf("passphrase.passphrase") + 1,
    ],
    ["the number of plates", withData("words.engraved", { plates: 1 }), placeOf("words.engraved") + 1],
    ["the same plate again", withData("readback.plate", { plate: 1 }, 1), placeOf("readback.plate", 1) + 1],
    ["a restored node", withData("restore.restored", { nodeId: "0".repeat(66) }, 1), placeOf("compare.equal") + 1],
    ["a restored birthday", withData("restore.restored", { birthdayDays: 1 }, 0), placeOf("compare.equal") + 1],
    [
      "the compared fingerprint",
      withData("compare.equal", { masterFingerprint: "0".repeat(8) }),
      placeOf("compare.equal") + 1,
    ],
    [
      "the accounts that were written",
      withData("result.written", { sha256: "0".repeat(64) }, 1),
      placeOf("result.written", 1) + 1,
    ],
    ["the node at last", withData("result.node", { nodeId: "0".repeat(66) }), placeOf("result.node") + 1],
    ["a QR code that nobody can see", withData("selftest.font", { blocks: false }), placeOf("result.node") + 1],
    [
      "a fingerprint at last",
      withData("result.node", { masterFingerprint: "0".repeat(8) }),
      placeOf("result.node") + 1,
    ],
    [
      "a throw that was never thrown",
      events(DRAFTS.toSpliced(placeOf("dice.thrown"), 0, undone(65))),
      placeOf("dice.thrown") + 1,
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
    ["a failed check in production", events(DRAFTS.toSpliced(2, 0, failed)), placeOf("identity.program") + 2],
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

test("docs/transcript.md lists exactly the faults that there are, in the words that are printed", () => {
  const docs = readFileSync(new URL("../../docs/transcript.md", import.meta.url), "utf8");
  const rows = [...docs.matchAll(/^\| `([a-z_]+)` \| (.*) \|$/gm)].map(([, code, text]) => [code, text]);
  assert.deepEqual(Object.fromEntries(rows), FAULTS);
});
