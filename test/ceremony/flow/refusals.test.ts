import assert from "node:assert/strict";
import { after, test } from "node:test";
import { begin } from "../../../ceremony/flow/play.ts";
import {
  CEREMONY_REFUSALS,
  type CeremonyRefusal,
  isRefusalId,
  type RefusalId,
  type StepId,
} from "../../../ceremony/steps/ceremonies.ts";
import { walkOn, walkTo } from "./people.ts";
import { SLIPS, type Slip } from "./slips.ts";
import {
  type Adapters,
  allPass,
  factsOf,
  fork,
  messageOf,
  PRODUCTION,
  paste,
  refusalOf,
  refusing,
  type Sitting,
  screenOf,
  sit,
  type,
} from "./table.ts";
import { assertPublic, watchAll } from "./watch.ts";

const triggered = new Set<string>();
const base = sit({ watch: watchAll });

function assertRefused(
  sitting: Sitting,
  id: RefusalId,
  { position = 0, detail }: Pick<Slip, "position" | "detail"> = {},
): void {
  const { after: what, text, step, before: said }: CeremonyRefusal = CEREMONY_REFUSALS[id];
  triggered.add(id);
  const before = messageOf(sitting).slice(2, -text.length).trimEnd();
  assert.equal(messageOf(sitting), `! ${before === "" ? "" : `${before} `}${text}`);
  if (detail instanceof RegExp) assert.match(before, detail);
  else assert.equal(before, detail ?? "");
  assert.equal(before.replaceAll(VALUES, ""), (said ?? "").replaceAll(VALUES, ""), "what paper says of it beforehand");
  const recorded = { step, actor: "machine", kind: "refusal", data: { what: "refused", id, attempt: 1, position } };
  if (!sitting.play.complete) assert.deepEqual(refusalOf(sitting), recorded);
  assert.deepEqual(sitting.outcome, what === "ends" ? { kind: "refused", id } : undefined);
  assertPublic([JSON.stringify(sitting.drafts), JSON.stringify(sitting.play.facts)], sitting);
}

for (const [id, refusal] of Object.entries(SLIPS)) {
  test(`${id} is refused, recorded and said`, () => {
    assert.ok(isRefusalId(id));
    const sitting = fork(walkTo(base, ...refusal.at));
    refusal.errs(sitting);
    assertRefused(sitting, id, refusal);
    if (refusal.on !== undefined) {
      const before = sitting.drafts.length;
      walkTo(sitting, ...refusal.on);
      assert.ok(!sitting.drafts.slice(before).some(({ kind }) => kind === "refusal"), "once is enough");
    } else assert.equal(CEREMONY_REFUSALS[id].after, "ends");
  });
}

/** What only the screen knows, and what stands for it on paper. */
const VALUES = /\bDATE\b|\d{4}-\d\d-\d\d|\bN\b|\b\d+\b|KIND OF KEY\.|A letter beyond ASCII\./g;

/** A refusal that comes from the machine, as an answer to what the step asked for. */
function answered(id: RefusalId, step: StepId, adapters: Partial<Adapters>): void {
  test(`${id} is refused, recorded and said`, () => {
    const sitting = sit({ adapters, watch: watchAll }, { step, facts: base.play.facts });
    if (sitting.outcome === undefined) walkOn(sitting);
    assertRefused(sitting, id);
  });
}

const red = allPass().map((result, at) => ({ ...result, outcome: at === 3 ? ("fail" as const) : result.outcome }));
test("selftest_failed is refused, recorded and said", () => {
  const sitting = walkOn(
    sit({ config: PRODUCTION, adapters: { selftest: () => ({ kind: "selftest", results: red }) }, watch: watchAll }),
  );
  assertRefused(sitting, "selftest_failed");
});
for (const [id, faces] of [
  ["passphrase_dice_uneven", "16111".repeat(8)],
  ["passphrase_dice_by_plan", "654321".repeat(7).slice(0, 40)],
] as const)
  test(`${id} is refused, recorded and said`, () => {
    const config = { ...PRODUCTION, passphrase: "dice" as const };
    const sitting = walkTo(sit({ config, watch: watchAll }), "passphrase", "dice");
    type(sitting, faces);
    assertRefused(sitting, id);
    walkTo(sitting, "words");
  });
for (const [id, errs] of [
  ["passphrase_dice_pasted", (sitting: Sitting) => paste(sitting, "13524")],
  [
    "passphrase_dice_too_fast",
    (sitting: Sitting) => {
      type(sitting, "1");
      type(sitting, "352462", 19);
    },
  ],
] as const)
  test(`${id} is refused, recorded and said, once for all that came, and no word of it stays`, () => {
    const config = { ...PRODUCTION, passphrase: "dice" as const };
    const sitting = walkTo(sit({ config, watch: watchAll }), "passphrase", "dice");
    type(sitting, "135241");
    errs(sitting);
    assertRefused(sitting, id);
    assert.match(screenOf(sitting).join("\n"), /word 1, five faces: _/);
    walkTo(sitting, "words");
  });

test("a key that bounces is one throw of a passphrase", () => {
  const config = { ...PRODUCTION, passphrase: "dice" as const };
  const sitting = walkTo(sit({ config, watch: watchAll }), "passphrase", "dice");
  type(sitting, "1");
  type(sitting, "1", 19);
  assert.match(screenOf(sitting).join("\n"), /word 1, five faces: 1_/);
});
answered("random_failed", "share", { random: refusing("random_failed") });
answered("write_failed", "result", { write: refusing("write_failed") });
answered("written_differs", "result", { write: refusing("written_differs") });

test("restore_differs is refused, recorded and said, and nobody is told to read that all is equal", () => {
  const { node } = base.play.facts;
  assert.ok(node !== undefined);
  const facts = { ...base.play.facts, first: { ...node, nodeId: `02${"0".repeat(64)}` } };
  const sitting = sit({ watch: watchAll }, { step: "compare", facts });
  assertRefused(sitting, "restore_differs");
  for (const lost of [{ second: undefined }, { accountsAgree: false }, { first: { ...node, birthdayDays: 1 } }]) {
    const { outcome } = begin("compare", { ...base.play.facts, ...lost } as typeof facts, {});
    assert.deepEqual(outcome, { kind: "refused", id: "restore_differs" });
  }
});

test("head_copy is refused and said; the transcript is complete and takes nothing more", () => {
  const sitting = fork(walkTo(base, "close", "copied"));
  const { length } = sitting.drafts;
  type(sitting, "aardvark adroitness\r");
  assertRefused(sitting, "head_copy");
  walkOn(sitting);
  assert.deepEqual(sitting.outcome, { kind: "done" });
  assert.equal(sitting.drafts.length, length);
});

test("the transcript cannot be opened: refused at step 3, as the disk's fault", () => {
  const facts = factsOf(PRODUCTION);
  const sitting = walkOn(
    sit({ adapters: { open: refusing("write_failed") }, watch: watchAll }, { step: "people", facts }),
  );
  assert.deepEqual(sitting.outcome, { kind: "refused", id: "write_failed" });
  assert.equal(refusalOf(sitting)?.step, "people");
});

for (const id of ["write_failed", "written_differs"] as const)
  test(`the bundle cannot be written: ${id} at its step, and the ceremony ends`, () => {
    const adapters = { write: refusing(id) };
    const sitting = walkOn(sit({ adapters, watch: watchAll }, { step: "bundle", facts: base.play.facts }));
    assert.deepEqual(sitting.outcome, { kind: "refused", id });
    assert.equal(refusalOf(sitting)?.step, "bundle");
  });

test("attempts are counted for each refusal by itself, and a key held down does not end the count", () => {
  const sitting = sit({}, { step: "people", facts: base.play.facts });
  for (let time = 0; time < 1005; time += 1) type(sitting, "X\r");
  const attempts = sitting.drafts.map(({ data }) => data["attempt"]);
  assert.deepEqual([attempts[0], attempts[1], attempts[998], attempts[1004]], [1, 2, 999, 999]);
});

after(() => {
  // The registry, the table of steps, the docs and these tests name the same refusals.
  const ids = Object.keys(CEREMONY_REFUSALS).sort();
  assert.deepEqual([...triggered].sort(), ids);
});
