import assert from "node:assert/strict";
import { test } from "node:test";
import { ANYWHERE } from "../../../ceremony/steps/anywhere.ts";
import { CEREMONY_REFUSALS, STEPS } from "../../../ceremony/steps/ceremonies.ts";
import { ACTORS, EVENT_KINDS, type Step, type TableEntry } from "../../../ceremony/steps/row.ts";
import type { FieldRule } from "../../../ceremony/table/fields.ts";
import type { EventDraft } from "../../../ceremony/transcript/chain.ts";
import { formatNamed, WRITTEN_FORMAT } from "../../../ceremony/transcript/format.ts";
import { checkEvent } from "../../../ceremony/transcript/schema.ts";
import type { JsonValue } from "../../../core/canonical.ts";
import { sampleConfig, sampleDraft } from "./sample.ts";

/** One valid event of each row of the table, those that any step may record included. */
const ROWS: readonly { step: Step; entry: TableEntry; draft: EventDraft }[] = STEPS.flatMap((step) =>
  [...step.records, ...ANYWHERE].map((entry) => {
    const draft = sampleDraft(step, entry, 0, sampleConfig("rehearsal"));
    const id = entry.kind === "refusal" ? (Object.keys(step.refusals)[0] ?? "write_failed") : undefined;
    return { step, entry, draft: id === undefined ? draft : { ...draft, data: { ...draft.data, id } } };
  }),
).filter(
  ({ step, entry }) => entry.kind !== "refusal" || Object.keys(step.refusals).length > 0 || step.room === "table",
);

const codeOf = (draft: EventDraft): string => {
  // The first line says which format it has.
  const checked = checkEvent(draft, draft.kind === "open" ? formatNamed(draft.data) : WRITTEN_FORMAT);
  return checked.ok ? "ok" : `${checked.error.code} ${checked.error.field}`;
};
const withField = (draft: EventDraft, name: string, value: JsonValue): EventDraft => ({
  ...draft,
  data: { ...draft.data, [name]: value },
});

test("every row of the table is accepted as it stands", () => {
  assert.ok(ROWS.length > 60);
  for (const { entry, draft } of ROWS) {
    const checked = checkEvent(draft);
    assert.ok(checked.ok, `${draft.step}.${entry.what} ${codeOf(draft)}`);
    assert.equal(checked.value, entry);
  }
});

test("a field too many is refused in every row", () => {
  for (const { draft } of ROWS) assert.equal(codeOf(withField(draft, "more", 1)), "field_unknown more");
});

test("a field too few is refused in every row, but for the one that the first version of the table did not have", () => {
  const mayLack: string[] = [];
  for (const { entry, draft } of ROWS)
    for (const name of ["what", ...Object.keys(entry.fields)]) {
      const { [name]: _, ...data } = draft.data;
      const code = codeOf({ ...draft, data });
      if (code === "ok") mayLack.push(`${draft.step}.${entry.what}.${name}`);
      else assert.equal(code, `field_missing ${name}`);
    }
  assert.deepEqual(mayLack, ["selftest.opened.records"]);
});

/** Values that are wrong for a rule, at its edges and of every other type. */
function wrongFor(rule: FieldRule): JsonValue[] {
  const foreign: JsonValue[] = [null, [], {}, "\u0000", "é", [true], { config: 1 }];
  switch (rule.type) {
    case "hex":
      return [
        ...foreign,
        7,
        true,
        "",
        "0".repeat(2 * rule.bytes - 1),
        "0".repeat(2 * rule.bytes + 1),
        "A".repeat(2 * rule.bytes),
        "g".repeat(2 * rule.bytes),
        `${"0".repeat(2 * rule.bytes - 1)}\n`,
      ];
    case "int":
      return [...foreign, true, String(rule.min), rule.min - 1, rule.max + 1, rule.min + 0.5];
    case "bool":
      return [...foreign, 0, 1, "true"];
    case "one":
      return [...foreign, 0, true, "", `${rule.of[0]} `, `${String(rule.of[0]).toUpperCase()}X`];
    case "text":
      return [...foreign, 0, true, "a\n", "a\u001b[2J", "x".repeat(161)];
    case "config":
      return [
        ...foreign,
        0,
        true,
        "",
        { ...sampleConfig("rehearsal"), network: "mainnet" },
        { ...sampleConfig("rehearsal"), more: 1 },
      ];
  }
}

test("a value of the wrong type or out of its range is refused in every row", () => {
  for (const { entry, draft } of ROWS)
    for (const [name, rule] of Object.entries(entry.fields))
      for (const value of wrongFor(rule))
        assert.equal(
          codeOf(withField(draft, name, value)),
          `field_wrong ${name}`,
          `${draft.step}.${entry.what} ${JSON.stringify(value)}`,
        );
});

test("free text passes nowhere but in the exception note and in what a check saw", () => {
  const open = new Set<string>();
  for (const { step, entry, draft } of ROWS)
    for (const name of ["what", ...Object.keys(entry.fields)])
      for (const text of [
        "abandon ability able",
        "aban abil able",
        "correct horse battery staple",
        "Tr0ub4dor&3",
        "aezeed ",
      ])
        if (checkEvent(withField(draft, name, text)).ok)
          open.add(entry.kind === "exception" ? `${entry.what}.${name}` : `${step.id}.${entry.what}.${name}`);
  assert.deepEqual([...open].sort(), ["exception.note", "selftest.checked.value"]);
});

test("only the people whose act it is may record it, and only as its kind, in its step", () => {
  for (const { step, entry, draft } of ROWS) {
    for (const actor of ACTORS)
      assert.equal(codeOf({ ...draft, actor }), entry.by.includes(actor) ? "ok" : "actor_wrong actor", entry.what);
    for (const kind of EVENT_KINDS)
      if (kind !== entry.kind) assert.equal(codeOf({ ...draft, kind }), "event_unknown what");
    if (ANYWHERE.includes(entry)) continue;
    for (const other of STEPS)
      if (!other.records.some(({ what, kind }) => what === entry.what && kind === entry.kind))
        assert.equal(
          codeOf({ ...draft, step: other.id }),
          "event_unknown what",
          `${entry.what} of ${step.id} in ${other.id}`,
        );
  }
});

test("a refusal is recorded in its own step, the disk's in any step at the table", () => {
  for (const step of STEPS)
    for (const id of [...Object.keys(CEREMONY_REFUSALS), "no_such_refusal", "toString", "__proto__"]) {
      const draft: EventDraft = {
        step: step.id,
        actor: "machine",
        kind: "refusal",
        data: { what: "refused", id, attempt: 1, position: 0 },
      };
      const own = Object.keys(step.refusals).some((known) => known === id);
      const disk =
        (id === "write_failed" && step.room === "table") || (id === "written_differs" && step.id === "bundle");
      const expected =
        own || disk
          ? "ok"
          : id === "__proto__"
            ? "field_wrong id"
            : id === "toString"
              ? "field_wrong id"
              : "refusal_unknown id";
      assert.equal(codeOf(draft), expected, `${id} in ${step.id}`);
    }
});
