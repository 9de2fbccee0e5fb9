import assert from "node:assert/strict";
import { after, test } from "node:test";
import { begin } from "../../../ceremony/flow/play.ts";
import {
  CEREMONY_REFUSALS,
  type CeremonyRefusal,
  isRefusalId,
  type RefusalId,
} from "../../../ceremony/table/refusals.ts";
import type { StepId } from "../../../ceremony/table/steps.ts";
import { FACES, TABLE_PASSPHRASE, typePlate, walkOn, walkTo } from "./people.ts";
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
  TODAY,
  type,
} from "./table.ts";
import { assertPublic, watchAll } from "./watch.ts";

interface Case {
  /** Where people err, and what they do there. */
  readonly at: readonly [step: StepId, page: string];
  readonly errs: (sitting: Sitting) => void;
  readonly position?: number;
  /** What the screen says before the registry's text. */
  readonly detail?: string | RegExp;
  /** How far the ceremony goes on afterwards, as if nothing had been. */
  readonly on?: readonly [step: StepId, page?: string];
}

const typed =
  (...texts: readonly string[]) =>
  (sitting: Sitting): void => {
    for (const text of texts) type(sitting, text);
  };
/** As typed from the plate, with a slip. */
const plate =
  (slip: (words: readonly string[]) => readonly string[]) =>
  (sitting: Sitting): void =>
    typePlate(sitting, slip(sitting.paper.words));
const other = (word: string | undefined): string => (word === "zoo" ? "zone" : "zoo");
const OFTEN = "1123141516".repeat(4) + FACES.slice(0, 24);

/** In the order of the steps: one ceremony walks from each to the next. */
const CASES: Partial<Record<RefusalId, Case>> = {
  font_mismatch: { at: ["selftest", "font1"], errs: typed("FFFFFF\r"), on: ["identity"] },
  identity_mismatch: {
    at: ["identity", "part1"],
    errs: typed("nothing at all\r"),
    detail: /^Not row \d\.$/,
    on: ["people"],
  },
  ceremony_id_form: { at: ["people", "id"], errs: typed("Node 1\r"), on: ["people", "date1"] },
  date_form: { at: ["people", "date1"], errs: typed("2026-02-30\r"), on: ["people", "roles"] },
  date_differs: { at: ["people", "date1"], errs: typed(`${TODAY}\r`, "2026-11-23\r"), on: ["people", "roles"] },
  date_clock: {
    at: ["people", "date1"],
    errs: typed("2026-11-25\r", "2026-11-25\r"),
    detail: `The clock says ${TODAY}.`,
    on: ["people", "roles"],
  },
  date_future: {
    at: ["people", "date1"],
    errs: typed("2026-11-23\r", "2026-11-23\r"),
    detail: `The clock says ${TODAY}.`,
    on: ["people", "roles"],
  },
  initials_form: { at: ["people", "roles"], errs: typed("A1\r"), on: ["people", "config1"] },
  role_taken: { at: ["people", "roles"], errs: typed("al\r", "al\r", "al\r"), on: ["people", "config1"] },
  config_rejected: { at: ["people", "config1"], errs: typed("reject\r") },
  config_copy: { at: ["people", "config1"], errs: typed("aardvark adroitness\r"), on: ["people", "room"] },
  room_not_ready: { at: ["people", "room"], errs: typed("yyne") },
  commitment_copy: { at: ["share", "written"], errs: typed("aardvark adroitness\r"), on: ["dice"] },
  dice_pasted: { at: ["dice", "throws"], errs: (sitting) => paste(sitting, "12"), on: ["mix"] },
  dice_too_fast: {
    at: ["dice", "throws"],
    errs: (sitting) => {
      type(sitting, "1");
      type(sitting, "2", 19);
    },
    on: ["mix"],
  },
  dice_face_too_often: { at: ["dice", "throws"], errs: typed(OFTEN, "\r"), on: ["mix"] },
  dice_run_too_long: { at: ["dice", "throws"], errs: typed(`6666666${FACES.slice(0, 57)}`, "\r"), on: ["mix"] },
  dice_by_plan: { at: ["dice", "throws"], errs: typed("112233445566".repeat(6).slice(0, 64), "\r"), on: ["mix"] },
  dice_refused_thrice: {
    at: ["dice", "throws"],
    errs: (sitting) => {
      for (let time = 0; time < 3; time += 1) paste(sitting, "12");
    },
  },
  mix_copy: { at: ["mix", "noted"], errs: typed("00000000 00000000\r"), on: ["passphrase"] },
  keyboard_test: {
    at: ["passphrase", "keyboard"],
    errs: typed("aw\r"),
    detail: "It differs at character 2.",
    on: ["words"],
  },
  passphrase_empty: { at: ["passphrase", "first"], errs: typed("\r"), on: ["words"] },
  passphrase_default: { at: ["passphrase", "first"], errs: typed("aezeed\r"), on: ["words"] },
  passphrase_not_ascii: { at: ["passphrase", "first"], errs: typed("Grüße aus 1 Bunker\r"), on: ["words"] },
  passphrase_control: { at: ["passphrase", "first"], errs: typed("Only\tfor 1 test\r"), on: ["words"] },
  passphrase_keypad: { at: ["passphrase", "first"], errs: typed("Rehearsal \x1b[B\x1b[F2026\r"), on: ["words"] },
  passphrase_blanks: { at: ["passphrase", "first"], errs: typed("Rehearsal  tired\r"), on: ["words"] },
  passphrase_space: { at: ["passphrase", "first"], errs: typed(`${TABLE_PASSPHRASE} \r`), on: ["words"] },
  passphrase_long: { at: ["passphrase", "first"], errs: typed(`${"a".repeat(255)}\r`), on: ["words"] },
  passphrase_lines: {
    at: ["passphrase", "first"],
    errs: (sitting) => paste(sitting, `${TABLE_PASSPHRASE}\rmore\r`),
    on: ["words"],
  },
  passphrase_short: { at: ["passphrase", "first"], errs: typed("elevenchars\r"), on: ["words"] },
  passphrase_differs: { at: ["passphrase", "second"], errs: typed(`${TABLE_PASSPHRASE}!\r`), on: ["words"] },
  readback_unknown_word: {
    at: ["readback", "type"],
    errs: typed("zzz "),
    position: 1,
    detail: "Word 1:",
    on: ["opening"],
  },
  readback_void: {
    at: ["readback", "type"],
    errs: typed("aböve "),
    position: 1,
    detail: "A letter beyond ASCII.",
    on: ["opening"],
  },
  readback_wrong_word: {
    at: ["readback", "type"],
    errs: plate((words) => words.with(6, other(words[6])).with(11, other(words[11]))),
    position: 7,
    detail: "Word 7, 12:",
    on: ["opening"],
  },
  restore_unknown_word: {
    at: ["restore", "words"],
    errs: typed("zzz "),
    position: 1,
    detail: "Word 1:",
    on: ["restore", "passphrase"],
  },
  restore_bad_version: {
    at: ["restore", "words"],
    errs: plate((words) => words.with(0, "zoo")),
    position: 1,
    on: ["restore", "passphrase"],
  },
  restore_bad_checksum: {
    at: ["restore", "words"],
    errs: plate((words) => words.with(4, other(words[4]))),
    position: 5,
    on: ["restore", "passphrase"],
  },
  restore_wrong_passphrase: {
    at: ["restore", "passphrase"],
    errs: typed("Another one!\r"),
    on: ["restore", "passphrase"],
  },
  restore_void: {
    at: ["restore", "passphrase"],
    errs: typed("Only for 1 tést!\r"),
    detail: "A letter beyond ASCII.",
    on: ["restore", "passphrase"],
  },
  recipient_copy: { at: ["bundle", "part"], errs: typed("aardvark adroitness aardvark adroitness\r"), on: ["result"] },
  recipient_rejected: { at: ["bundle", "part"], errs: typed("Reject\r") },
  node_id_copy: { at: ["result", "noted"], errs: typed("00000000 00000000\r"), on: ["close"] },
};

const triggered = new Set<string>();
const base = sit({ watch: watchAll });

function assertRefused(
  sitting: Sitting,
  id: RefusalId,
  { position = 0, detail }: Pick<Case, "position" | "detail"> = {},
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

for (const [id, refusal] of Object.entries(CASES)) {
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
