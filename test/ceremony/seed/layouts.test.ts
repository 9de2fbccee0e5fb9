import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { findLayout, inOrder, layouts } from "../../../ceremony/seed/layouts.ts";
import { parsePhrase, wordIndexes } from "../../../ceremony/seed/phrase.ts";
import { okValue, phrases, SAMPLE_WORDS } from "./samples.ts";

const whole = wordIndexes(okValue(parsePhrase(Buffer.from(SAMPLE_WORDS))));
/** The words as somebody reads them who takes them in this order. */
const read = (words: Uint16Array, order: readonly number[]) => Uint16Array.from(order, (place) => words[place] ?? 0);
const places = Array.from({ length: 24 }, (_, place) => place);

/** A plate of rows and columns that is filled down, and read across; and the other way. */
const across = (rows: number) => places.map((at) => (at % (24 / rows)) * rows + Math.floor(at / (24 / rows)));
const GRIDS = [2, 3, 4, 6, 8, 12];

describe("layouts", () => {
  it("are 895 orders, each once, each of all 24 words", () => {
    assert.equal(layouts().length, 895);
    assert.equal(new Set(layouts().map(({ order }) => order.join())).size, 895);
    for (const { name, order } of layouts())
      assert.deepEqual(
        [...order].sort((a, b) => a - b),
        places,
        name,
      );
  });

  it("are each found in the words of a plate that was read so, and put right", () => {
    for (const layout of layouts()) {
      const found = findLayout(read(whole, layout.order));
      assert.deepEqual(found?.order, layout.order);
      assert.deepEqual(inOrder(read(whole, layout.order), layout), whole);
    }
  });

  it("are found in every seed, and none in a seed that is read right", () => {
    fc.assert(
      fc.property(phrases, fc.constantFrom(...layouts()), (phrase, layout) => {
        const words = wordIndexes(phrase);
        assert.equal(findLayout(words), undefined);
        assert.deepEqual(inOrder(read(words, layout.order), findLayout(read(words, layout.order)) ?? layout), words);
      }),
      { numRuns: 20 },
    );
  });

  it("know every plate of 24 cells, read across, down, from the right, from below, turned and in lines to and fro", () => {
    const known = new Set(layouts().map(({ order }) => order.join()));
    for (const rows of GRIDS) {
      const columns = 24 / rows;
      for (const filledDown of [false, true])
        for (const readDown of [false, true])
          for (const fromRight of [false, true])
            for (const fromBelow of [false, true])
              for (const toAndFro of [false, true]) {
                const order = places.map((at) => {
                  let [row, column] = readDown
                    ? [at % rows, Math.floor(at / rows)]
                    : [Math.floor(at / columns), at % columns];
                  if (toAndFro && readDown && column % 2 === 1) row = rows - 1 - row;
                  if (toAndFro && !readDown && row % 2 === 1) column = columns - 1 - column;
                  if (fromRight) column = columns - 1 - column;
                  if (fromBelow) row = rows - 1 - row;
                  return filledDown ? column * rows + row : row * columns + column;
                });
                assert.ok(order.every((place, at) => place === at) || known.has(order.join()), `${rows}: ${order}`);
              }
    }
  });

  it("know halves: swapped, beside each other, each read across, and a beginning at any word", () => {
    const known = new Set(layouts().map(({ order }) => order.join()));
    const all = [
      places.map((at) => (at + 12) % 24),
      places.map((at) => 23 - at),
      // Two columns of twelve, each on a plate of its own and read line by line.
      places.map((at) => (at % 2) * 12 + Math.floor(at / 2)),
      places.map((at) => (at < 12 ? 11 - at : 35 - at)),
      // Left half of a plate of six rows of four that goes across, then its right half.
      places.map((at) => Math.floor((at % 12) / 2) * 4 + Math.floor(at / 12) * 2 + (at % 2)),
      // Two plates of four rows of three that go down.
      places.map((at) => Math.floor(at / 12) * 12 + (at % 3) * 4 + Math.floor((at % 12) / 3)),
      places.map((at) => (at + 7) % 24),
    ];
    for (const order of all) assert.ok(known.has(order.join()), String(order));
  });

  it("name what most people do first: across, where the plate goes down", () => {
    for (const rows of GRIDS)
      assert.equal(
        findLayout(read(whole, across(rows)))?.name,
        `across, on a plate of ${rows} rows and ${24 / rows} columns whose words go down`,
      );
    assert.equal(findLayout(whole.toReversed())?.name, "from the last to the first");
  });

  it("are none in words that are wrong", () => {
    assert.equal(findLayout(whole.with(4, 7)), undefined);
    assert.equal(findLayout(whole.with(0, 2047)), undefined);
  });
});
