import assert from "node:assert/strict";
import { test } from "node:test";
import { STEPS, stepsOf } from "../../../ceremony/steps/ceremonies.ts";
import type { Step } from "../../../ceremony/steps/row.ts";
import type { Config } from "../../../ceremony/table/config.ts";
import { typePlate, walkOn, walkTo } from "./people.ts";
import { PRODUCTION, REHEARSAL, type Sitting, screenOf, sit, type, wait } from "./table.ts";
import { assertComplete, watchAll } from "./watch.ts";

const pagesOf = (steps: readonly Step[]): string[] =>
  steps.flatMap(({ id, pages }) => pages.map((page) => `${id}/${page.id}`)).sort();

/** A ceremony in which everything is shown once that people can come upon without ending it. */
function tour(config: Config): { readonly sitting: Sitting; readonly seen: Set<string> } {
  const seen = new Set<string>();
  const sitting = sit({
    config,
    watch: (at) => {
      seen.add(`${at.play.step.id}/${at.page}`);
      watchAll(at);
    },
  });
  walkTo(sitting, "words", "four");
  wait(sitting, 61_000);
  type(sitting, "x");
  walkTo(sitting, "readback");
  const { words } = sitting.paper;
  typePlate(
    sitting,
    words.map((word, at) => (at === 6 ? (words[7] === word ? "zoo" : (words[7] ?? "")) : word)),
  );
  assert.equal(sitting.page, "wrong");
  type(sitting, "w");
  assert.equal(sitting.play.step.id, "words");
  walkTo(sitting, "restore");
  typePlate(sitting, words.with(0, words[1] ?? "").with(1, words[0] ?? ""));
  assert.equal(sitting.page, "wrong");
  walkTo(sitting, "result", "noted");
  type(sitting, "\t");
  assert.equal(sitting.page, "lost");
  walkOn(sitting);
  return { sitting, seen };
}

test("a rehearsal reaches its end by every page of its table but those of another policy", () => {
  const { sitting, seen } = tour(REHEARSAL);
  assertComplete(sitting);
  assert.deepEqual(
    [...seen].sort(),
    pagesOf(stepsOf("rehearsal", STEPS)).filter((page) => page !== "passphrase/dice"),
  );
});

test("production, two plates, passphrase by dice: the other pages, and no opening of the round", () => {
  const config: Config = { ...PRODUCTION, plates: 2, passphrase: "dice", rolls: 128 };
  const { sitting, seen } = tour(config);
  assertComplete(sitting);
  assert.deepEqual(
    [...seen].sort(),
    pagesOf(stepsOf("production", STEPS)).filter((page) => page !== "passphrase/first"),
  );
  assert.ok(!seen.has("opening/opened"));
  const plates = sitting.drafts.filter(({ data }) => data["what"] === "plate");
  assert.deepEqual(
    plates.map(({ data }) => data["plate"]),
    [1, 2],
  );
});

test("no passphrase, by policy: nobody is asked for one, and the machine says so", () => {
  const config: Config = { ...REHEARSAL, passphrase: "none" };
  const seen = new Set<string>();
  const sitting = walkOn(sit({ config, watch: (at) => void seen.add(`${at.play.step.id}/${at.page}`) }));
  assertComplete(sitting);
  assert.ok(!seen.has("passphrase/first") && !seen.has("passphrase/keyboard"));
  const said = sitting.drafts.filter(({ step }) => step === "passphrase");
  assert.deepEqual(said, [
    { step: "passphrase", actor: "machine", kind: "accepted", data: { what: "passphrase", policy: "none" } },
  ]);
});

test("a console without blocks: no code is drawn, and it is recorded", () => {
  const sitting = sit({ watch: watchAll });
  walkTo(sitting, "selftest", "font1");
  type(sitting, "x\r");
  type(sitting, "x\r");
  assert.equal(sitting.play.facts.blocks, false);
  const blocks = sitting.drafts.filter(({ data }) => data["what"] === "font").map(({ data }) => data["blocks"]);
  assert.deepEqual(blocks, [false, false]);
  assert.doesNotMatch(screenOf(sitting).join(""), /[█▀▄]/);
});
