import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PASSPHRASE_MAX } from "../../../ceremony/limits.ts";
import { ENTER, scenesOf, TABLE_PASSPHRASE, walkOn } from "./people.ts";
import { paste, type Sitting, screenOf, sit, type } from "./table.ts";
import { assertComplete, watchAll } from "./watch.ts";

// What is typed into a field that is not shown, and what becomes of it.

const at = scenesOf(sit({ watch: watchAll }));
const text = (sitting: Sitting): string => screenOf(sitting).join("\n");
const refusals = (sitting: Sitting): unknown[] =>
  sitting.drafts.filter(({ kind }) => kind === "refusal").map(({ data }) => data["id"]);

/** Types a line on the page twice over, as from paper, and tells what became of it. */
function typedTwice(text: string): { readonly seed: string | undefined; readonly refused: unknown[] } {
  const sitting = at("passphrase", "first");
  const before = refusals(sitting).length;
  for (let time = 0; time < 2; time += 1) type(sitting, `${text}${ENTER}`);
  return {
    seed: sitting.play.secrets.passphrase?.bytes.toString("latin1"),
    refused: refusals(sitting).slice(before),
  };
}

test("paper and seed are one: whatever is typed is the passphrase, or there is none", () => {
  const longest = "x".repeat(PASSPHRASE_MAX);
  const twelve = "correct horse battery staple pancake universe handlebar overcoat sandstone thirteen pudding olive";
  for (const text of [TABLE_PASSPHRASE, twelve, longest, "a".repeat(90)])
    assert.deepEqual(typedTwice(text), { seed: text, refused: [] });
  for (const [text, id] of [
    [`${longest}x`, "passphrase_long"],
    ["Grüße aus 1 Bunker", "passphrase_not_ascii"],
    ["Gruesse aus\u00a01 Bunker", "passphrase_not_ascii"],
    ["Rehearsal\x1b[B\x1b[F 2026", "passphrase_keypad"],
    ["Rehearsal\x1bOr 2026!", "passphrase_keypad"],
    ["Rehearsal  tired", "passphrase_blanks"],
    [" Rehearsal tired", "passphrase_space"],
    ["Rehearsal tired ", "passphrase_space"],
    ["Rehearsal\ttired", "passphrase_control"],
    ["Rehearsal\0tired", "passphrase_control"],
    ["My \bouse in Hamburg", "passphrase_control"],
    ["Rehears\x1b tired", "passphrase_keypad"],
  ] as const)
    assert.deepEqual(typedTwice(text), { seed: undefined, refused: [id, id] }, JSON.stringify(text));
});

test("any keys, typed and pasted: the seed's passphrase is every character that was typed, in order", () => {
  const unit = fc.constantFrom(..."aB3 -", "ü", "\x1b[A", "\x08", "\t", "\u00a0");
  fc.assert(
    fc.property(fc.string({ unit, minLength: 10, maxLength: 30 }), fc.boolean(), (text, isPasted) => {
      const sitting = at("passphrase", "first");
      for (let time = 0; time < 2; time += 1) (isPasted ? paste : type)(sitting, `${text}${ENTER}`);
      const seed = sitting.play.secrets.passphrase?.bytes.toString("latin1");
      const isTypable = /^[!-~]+(?: [!-~]+)*$/.test(text) && text.length >= 12;
      assert.equal(seed, isTypable ? text : undefined);
    }),
    { numRuns: 300 },
  );
});

test("a paste of several lines is void, at the restore too, and its rest is no entry", () => {
  for (const [step, page] of [
    ["passphrase", "first"],
    ["passphrase", "second"],
    ["restore", "passphrase"],
  ] as const) {
    const sitting = at(step, page);
    paste(sitting, `${TABLE_PASSPHRASE}${ENTER}and a second line${ENTER}`);
    assert.match(`${refusals(sitting).at(-1)}`, /passphrase_lines|restore_void/);
    assert.match(text(sitting), /passphrase: _ {2}0 typed/);
  }
});

test("restore: Enter on nothing is no passphrase, and what creation refuses is void here", () => {
  const sitting = at("restore", "passphrase");
  const { length } = refusals(sitting);
  type(sitting, `${ENTER}${ENTER}`);
  assert.deepEqual([sitting.page, refusals(sitting).length], ["passphrase", length]);
  for (const text of ["Grüße", "two  blanks", " before", "behind ", "a\x1b[Hb", `${"a".repeat(255)}`]) {
    const before = refusals(sitting).length;
    type(sitting, `${text}${ENTER}`);
    assert.deepEqual(refusals(sitting).slice(before), ["restore_void"], JSON.stringify(text));
  }
  assertComplete(walkOn(sitting));
});
