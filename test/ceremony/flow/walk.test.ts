import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { StepId } from "../../../ceremony/steps/ceremonies.ts";
import { answerScene, walkOn, walkTo } from "./people.ts";
import {
  allPass,
  fork,
  PRODUCTION,
  paste,
  REHEARSAL,
  rowsOf,
  type Sitting,
  screenOf,
  sit,
  type,
  wait,
  widest,
} from "./table.ts";
import { assertAllowed, assertComplete, assertPublic, watchAll } from "./watch.ts";

/** What may come from the table next. Sense is likely, or no walk would get anywhere. */
type Act =
  | { readonly does: "sense" }
  | { readonly does: "types"; readonly text: string }
  | { readonly does: "bytes"; readonly bytes: Uint8Array }
  | { readonly does: "pastes"; readonly text: string }
  | { readonly does: "waits"; readonly ms: number }
  | { readonly does: "resizes"; readonly columns: number; readonly rows: number };

const ACT: fc.Arbitrary<Act> = fc.oneof(
  { weight: 10, arbitrary: fc.constant({ does: "sense" as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("types" as const),
      text: fc.constantFrom(
        "\r",
        "y",
        "b",
        "w",
        "u",
        "x",
        "\t",
        "\x7f",
        "\x7f\x7f",
        "1",
        "zoo ",
        "abandon ",
        "\x1b",
        "\x03x\x1b",
        "\x03\r",
        "\x15",
        "ä",
        "\x1b[A",
        "\x05note\r",
        "\x05\x1b",
        "1111111",
        "Y\r",
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("bytes" as const), bytes: fc.uint8Array({ maxLength: 12 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("pastes" as const),
      text: fc.constantFrom("12", "666", "y\r", "\r\r\r\r"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("waits" as const), ms: fc.constantFrom(250, 1000, 61_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("resizes" as const),
      columns: fc.integer({ min: 1, max: 100 }),
      rows: fc.integer({ min: 1, max: 40 }),
    }),
  },
);

function perform(sitting: Sitting, act: Act): void {
  if (act.does === "sense") type(sitting, answerScene(sitting));
  else if (act.does === "types") type(sitting, act.text);
  else if (act.does === "bytes") type(sitting, act.bytes);
  else if (act.does === "pastes") paste(sitting, act.text);
  else if (act.does === "waits") wait(sitting, act.ms);
  else assertSized(sitting, act);
}

/** On a screen of any size: it fits, and one that is too small shows nothing of the ceremony. */
function assertSized(sitting: Sitting, size: { readonly columns: number; readonly rows: number }): void {
  const rows = rowsOf(sitting, size);
  assert.ok(rows.length <= size.rows && widest(rows) <= size.columns);
  if (size.columns >= 80 && size.rows >= 24) return;
  const told = screenOf(sitting, size).join(" ").replaceAll(/\s+/g, "");
  assert.ok(`Make the screen at least 80x24. Now ${size.columns}x${size.rows}.`.replaceAll(" ", "").startsWith(told));
}

function walk(start: Sitting, acts: readonly Act[], stop?: string): Sitting {
  const sitting = fork(start);
  const { length } = sitting.drafts;
  for (const act of acts) {
    if (sitting.outcome !== undefined || `${sitting.play.step.id}/${sitting.page}` === stop) break;
    perform(sitting, act);
    watchAll(sitting);
  }
  sitting.drafts.slice(length).forEach(assertAllowed);
  if (sitting.outcome?.kind === "done") assertComplete(sitting);
  return sitting;
}

const acts = (maxLength: number): fc.Arbitrary<Act[]> => fc.array(ACT, { minLength: 10, maxLength, size: "max" });

/** Where walks begin, so that each step gets its share of them. */
const STARTS: readonly (readonly [StepId, string])[] = [
  ["selftest", "checks"],
  ["people", "id"],
  ["share", "commitment"],
  ["dice", "throws"],
  ["passphrase", "keyboard"],
  ["words", "gate"],
  ["readback", "type"],
  ["restore", "words"],
  ["compare", "compared"],
  ["close", "head"],
];

const red = allPass().map((result, at) => (at % 5 === 0 && at < 20 ? { ...result, outcome: "fail" as const } : result));
const tables = [
  sit({ adapters: { selftest: () => ({ kind: "selftest", results: red }) } }),
  sit({ config: { ...PRODUCTION, plates: 2, passphrase: "dice", rolls: 70 }, seed: "third" }),
];

for (const [step, page] of STARTS)
  test(`any walk from ${step} on: nothing secret, nothing cut, nothing that the table does not allow`, () => {
    for (const table of tables) {
      const start = fork(walkTo(table, step, page));
      // Not into the restore, which costs two seconds: it has walks of its own.
      const property = fc.property(acts(60), (chosen) => void walk(start, chosen, "restore/passphrase"));
      fc.assert(property, { numRuns: 8 });
    }
  });

test("the watch sees a secret in each form in which it could get out", () => {
  const sitting = walkTo(sit(), "words", "four");
  const { entropy, dice, passphrase } = sitting.play.secrets;
  const words = walkTo(fork(sitting), "readback").paper.words.slice(7, 9);
  assertPublic([words.join(""), "abandon", "62"], sitting);
  const leaks = [words.join(" "), `8. ${words[0]} 9. ${words[1]}`, `${words[0]}\n${words[1]}`.toUpperCase()];
  for (const secret of [dice, passphrase]) leaks.push(`x${secret?.bytes.toString("latin1")}`);
  for (const form of ["hex", "base64"] as const) leaks.push(`x${entropy?.bytes.toString(form)}`);
  for (const leak of leaks) assert.throws(() => assertPublic([`{"note":"${leak}"}`], sitting), assert.AssertionError);
});

test("whole walks: people who err, come back and go on reach the end with every event of the table", () => {
  const ends = new Set<string>();
  const property = fc.property(acts(80), fc.constantFrom(REHEARSAL, PRODUCTION), (chosen, config) => {
    const sitting = sit({ config });
    for (const act of chosen) {
      // After each slip a few right answers: else nobody gets far.
      perform(sitting, act);
      if (sitting.play.overlay === undefined) type(sitting, answerScene(sitting));
    }
    if (sitting.play.overlay !== undefined) type(sitting, "\x1b");
    walkOn(sitting);
    ends.add(sitting.outcome?.kind ?? "none");
    if (sitting.outcome?.kind === "done") assertComplete(sitting);
    sitting.drafts.forEach(assertAllowed);
  });
  fc.assert(property, { numRuns: 3 });
  assert.ok(!ends.has("none"));
});

test("no single key leads out of a step, or ends the ceremony", () => {
  const table = sit();
  for (const [step, page] of STARTS.slice(0, 8)) {
    const scene = walkTo(table, step, page);
    for (let byte = 0; byte < 256; byte += 1) {
      const next = fork(scene);
      type(next, Uint8Array.of(byte));
      assert.deepEqual([next.play.step.id, next.outcome], [step, undefined]);
    }
  }
});
