import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { limitRows, passphraseRows, rateRows, sentences, vectorBlocks } from "./figures.ts";

const page = readFileSync(new URL("../../../docs/mix.md", import.meta.url), "utf8");
// Sentences may break anywhere.
const text = page.replaceAll(/\s+/g, " ");

test("docs/mix.md holds the vectors of test/vectors/mix.json, all of them and no others", () => {
  for (const block of vectorBlocks()) assert.ok(page.includes(block), block);
  assert.equal(page.match(/^id {15}/gm)?.length, vectorBlocks().length);
});

test("docs/mix.md gives the rates at which fair dice are refused", () => {
  assert.ok(page.includes(rateRows().join("\n")), rateRows().join("\n"));
});

test("docs/mix.md gives the rates at which fair throws of a passphrase are refused", () => {
  assert.ok(page.includes(passphraseRows().join("\n")), passphraseRows().join("\n"));
});

test("docs/mix.md gives the limit of a face for every policy, with its rate", () => {
  assert.ok(page.includes(limitRows().join("\n")), limitRows().join("\n"));
});

for (const sentence of sentences()) {
  test(`docs/mix.md says: ${sentence}`, () => assert.ok(text.includes(sentence)));
}

test("docs/mix.md says that a single round cannot be checked", () => {
  assert.ok(text.includes("With a single round nobody outside can check the commitment."));
});
