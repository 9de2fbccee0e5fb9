import assert from "node:assert/strict";
import { test } from "node:test";
import { encipher } from "../../../ceremony/seed/aezeed.ts";
import { formatPhrase } from "../../../ceremony/seed/phrase.ts";
import { CEREMONY_REFUSALS } from "../../../ceremony/steps/ceremonies.ts";
import { Secret } from "../../../core/secret.ts";
import { ENTER, scenesOf, typePlate, walkOn, walkTo } from "./people.ts";
import { fork, messageOf, REHEARSAL, refusalOf, type Sitting, screenOf, sit, type, wait } from "./table.ts";
import { assertComplete, assertStopped, watchAll } from "./watch.ts";

// What people type from a plate: the read-back and the test restore.

const at = scenesOf(sit({ watch: watchAll }));
const text = (sitting: Sitting): string => screenOf(sitting).join("\n");
const refusals = (sitting: Sitting): unknown[] =>
  sitting.drafts.filter(({ kind }) => kind === "refusal").map(({ data }) => data["id"]);

test("read-back: all wrong is said in positions, and the page has them all", () => {
  const sitting = at("readback");
  typePlate(
    sitting,
    sitting.paper.words.map((word) => (word === "zoo" ? "zone" : "zoo")),
  );
  assert.equal(messageOf(sitting), `! 24 words: ${CEREMONY_REFUSALS.readback_wrong_word.text}`);
  assert.match(
    text(sitting).replaceAll(/\s+/g, " "),
    new RegExp(Array.from({ length: 24 }, (_, word) => word + 1).join(", ")),
  );
  type(sitting, "w");
  assert.equal(sitting.drafts.at(-1)?.data["what"], "again");
  assert.deepEqual([sitting.play.step.id, sitting.page], ["words", "gate"]);
  assert.match(text(sitting).replaceAll(/\s+/g, " "), /The read-back found these positions wrong: 1, 2, 3, .* 24\./);
  assert.equal(walkTo(sitting, "opening").play.step.id, "opening");
});

test("read-back: W says which position was wrong, before the words and beside the word", () => {
  const sitting = at("readback");
  const { words } = sitting.paper;
  typePlate(sitting, words.with(6, words[6] === "zoo" ? "zone" : "zoo"));
  type(sitting, "w");
  assert.match(text(sitting), /^The read-back found these positions wrong: 7\.$/m);
  type(sitting, `y${ENTER}`);
  const marked = screenOf(sitting).filter((row) => row.startsWith(" <"));
  assert.equal(marked.length, 1);
  assert.match(marked[0] ?? "", /^ < {2}7 {3}[a-z]/);
});

test("read-back: a plate with a cell that is no word leads back to the words, or is gone on with", () => {
  const sitting = at("readback");
  const { words } = sitting.paper;
  type(sitting, `${words[0]} \x1b`);
  assert.match(text(sitting), /wrong positions:\n {2}2$/m);
  type(sitting, ENTER);
  assert.match(text(sitting), /word 2 from the plate/);
  typePlate(sitting, words.slice(1));
  assert.equal(sitting.play.step.id, "opening");
  const engraved = at("readback");
  type(engraved, "\x1b");
  type(engraved, "w");
  assert.deepEqual([engraved.play.step.id, engraved.drafts.at(-1)?.data["what"]], ["words", "again"]);
});

test("read-back: Backspace in an empty field goes back a word, and only wrong words are typed again", () => {
  const sitting = at("readback");
  const { words } = sitting.paper;
  type(sitting, `${words[0]} ${words[5] === words[1] ? "zoo" : words[5]} \x7f`);
  assert.match(text(sitting), /word 2 from the plate/);
  typePlate(sitting, words.slice(1, 23));
  type(sitting, `${words[0] === words[23] ? "zoo" : words[0]}${ENTER}`);
  assert.equal(sitting.page, "wrong");
  type(sitting, `${ENTER}${words[23]} `);
  assert.equal(sitting.play.step.id, "opening");
  assert.equal(sitting.drafts.findLast(({ step }) => step === "readback")?.data["attempts"], 2);
});

test("restore: nothing of the vault is there; the locator names places, and a plate of another seed can be put away", () => {
  const sitting = at("restore", "words");
  assert.deepEqual(sitting.play.secrets, {});
  const { words } = sitting.paper;
  typePlate(sitting, words.with(2, words[8] ?? "").with(8, words[2] ?? ""));
  assert.match(text(sitting), /words 3 and 9 changed places/);
  type(sitting, `${ENTER}${words[2]} ${words[8]} `);
  assert.equal(sitting.page, "passphrase");
  type(sitting, `not this one${ENTER}`);
  assert.equal(refusalOf(sitting)?.data["id"], "restore_wrong_passphrase");
  type(sitting, "abc\t");
  assert.match(text(sitting), /word 1 from the plate/);
  typePlate(
    sitting,
    words.map((word) => (word === "zoo" ? "zone" : "zoo")),
  );
  assert.match(text(sitting), /Type all 24 again/);
  type(sitting, ENTER);
  typePlate(sitting, words);
  assert.equal(sitting.page, "passphrase");
});

test("restore without a passphrase: another seed's plate is refused, and all words are typed anew", () => {
  const none = { ...REHEARSAL, passphrase: "none" as const };
  const sitting = walkTo(sit({ config: none, watch: watchAll }), "restore");
  const { words } = sitting.paper;
  const other = walkTo(sit({ seed: "another" }), "readback").paper.words;
  typePlate(sitting, other);
  assert.equal(refusalOf(sitting)?.data["id"], "restore_wrong_passphrase");
  assert.match(text(sitting), /word 1 from the plate/);
  sitting.paper.words = words;
  assertComplete(walkOn(sitting));
});

test("restore: a plate of another seed differs, whatever its internal version, and is no crash", () => {
  const none = { ...REHEARSAL, passphrase: "none" as const };
  const table = walkTo(sit({ config: none, watch: watchAll }), "restore");
  for (const internalVersion of [0, 1, 2, 255]) {
    const sitting = fork(table);
    const entropy = Secret.copyOf(Buffer.alloc(16, internalVersion));
    const salt = Secret.copyOf(Buffer.from("other"));
    const seed = { internalVersion, birthdayDays: 65_535, entropy, salt };
    const other = encipher(seed, Secret.copyOf(new Uint8Array(0)));
    typePlate(sitting, formatPhrase(other).bytes.toString("ascii").split(" "));
    assert.deepEqual(sitting.outcome, { kind: "refused", id: "restore_differs" });
    assert.match(text(sitting), new RegExp(`version ${internalVersion}$`, "m"));
    assertStopped(sitting, "compare");
  }
});

test("restore: the seed itself with another internal version or birthday differs too", () => {
  const none = { ...REHEARSAL, passphrase: "none" as const };
  const table = walkTo(sit({ config: none, watch: watchAll }), "readback");
  const { entropy, salt } = table.play.secrets;
  const days = table.play.facts.node?.birthdayDays ?? 0;
  assert.ok(entropy !== undefined && salt !== undefined);
  const plates = [
    { internalVersion: 0, birthdayDays: days },
    { internalVersion: 1, birthdayDays: days + 1 },
  ].map((changed) => formatPhrase(encipher({ ...changed, entropy, salt }, Secret.copyOf(new Uint8Array(0)))));
  walkTo(table, "restore");
  for (const plate of plates) {
    const sitting = fork(table);
    typePlate(sitting, plate.bytes.toString("ascii").split(" "));
    assert.deepEqual(sitting.outcome, { kind: "refused", id: "restore_differs" });
  }
});

test("a plate is typed as it shows its words: spaced letters, numbers, signs between, any case", () => {
  const { words } = at("readback").paper;
  const capitals = words.map((word) => word.slice(0, 4).toUpperCase());
  const ways: readonly ((letters: string, at: number) => string)[] = [
    (letters) => `${[...letters].join(" ")}${ENTER}`,
    (letters) => `${[...letters].join(" ")} `,
    (letters) => `${[...letters].join("-")},`,
    (letters, at) => `${at + 1} ${letters} `,
    (letters, at) => `${at + 1}. [${[...letters].join(" ")}]`,
    (letters) => `${letters.toLowerCase()},`,
  ];
  for (const step of ["readback", "restore"] as const)
    for (const way of ways) {
      const sitting = at(step, step === "readback" ? "type" : "words");
      const { length } = refusals(sitting);
      capitals.forEach((letters, position) => {
        type(sitting, way(letters, position));
      });
      // A word of three letters at the very end waits for what comes after it.
      if (sitting.page === "type" || sitting.page === "words") type(sitting, ENTER);
      assert.deepEqual(refusals(sitting).slice(length), []);
      assert.ok(step === "readback" ? sitting.play.step.id === "opening" : sitting.page === "passphrase");
    }
});

test("words of three letters in spaced letters, one after the other", () => {
  const sitting = at("readback");
  type(sitting, "A C T A B O U Z O O ");
  assert.match(text(sitting), /word 3 from the plate:\n {3}ZOO_/);
  type(sitting, " ");
  assert.match(text(sitting), /word 4 from the plate/);
  type(sitting, "T R Y ");
  type(sitting, ENTER);
  assert.match(text(sitting), /word 5 from the plate/);
  assert.deepEqual(refusals(sitting), []);
  type(sitting, "7 ");
  assert.deepEqual(refusals(sitting), ["readback_unknown_word"], "not the number of this word");
});

test("letters of a word that nobody goes on with do not stay on the screen", () => {
  for (const step of ["readback", "restore"] as const) {
    const sitting = at(step, step === "readback" ? "type" : "words");
    type(sitting, "ab");
    wait(sitting, 59_000);
    type(sitting, "a");
    wait(sitting, 59_000);
    assert.match(text(sitting), /word 1 from the plate:\n {3}aba_/);
    wait(sitting, 1250);
    assert.match(text(sitting), /word 1 from the plate:\n {3}_ {2}void: Enter, then type this word again/);
    type(sitting, `ndon${ENTER}`);
    assert.match(text(sitting), /word 1 from the plate:\n {3}_$/m);
    assert.deepEqual(refusals(sitting), []);
  }
});
