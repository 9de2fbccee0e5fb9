import assert from "node:assert/strict";
import { describe, it } from "node:test";
import english from "bip39/src/wordlists/english.json" with { type: "json" };
import fc from "fast-check";
import { crc32c } from "../../../ceremony/seed/crc32c.ts";
import { suspectPositions } from "../../../ceremony/seed/locator.ts";
import { packIndexes, parsePhrase, wordIndexes } from "../../../ceremony/seed/phrase.ts";
import { Secret } from "../../../core/secret.ts";
import { hexSecret, okValue, phrases, SAMPLE_WORDS } from "./samples.ts";

const positions = Array.from({ length: 24 }, (_, word) => word + 1);
const whole = okValue(parsePhrase(Buffer.from(SAMPLE_WORDS)));

function changed(phrase: Secret, position: number, to: number): Secret {
  return packIndexes(wordIndexes(phrase).with(position - 1, to));
}

function swapped(phrase: Secret, first: number, second: number): Secret {
  const words = wordIndexes(phrase);
  const [one = 0, two = 0] = [words[first - 1], words[second - 1]];
  return packIndexes(words.with(first - 1, two).with(second - 1, one));
}

/** The checksum's difference to the right one, computed from scratch. */
function difference(phrase: Secret): number {
  return (crc32c(phrase.bytes.subarray(0, 29)) ^ phrase.bytes.readUInt32BE(29)) >>> 0;
}

/** Version 44 under a checksum that fits it: mending the checksum of a change in it leaves the version wrong. */
const other = (() => {
  const bytes = Buffer.from(whole.bytes);
  bytes.writeUInt8(44, 0);
  bytes.writeUInt32BE(crc32c(bytes.subarray(0, 29)), 29);
  return Secret.take(bytes);
})();

describe("locator", () => {
  it("finds nothing in a phrase that is right", () => {
    fc.assert(fc.property(phrases, (phrase) => suspectPositions(phrase).length === 0));
  });

  it("finds the place of every changed word, and no other single place", () => {
    fc.assert(
      fc.property(phrases, fc.integer({ min: 1, max: 2047 }), (phrase, by) => {
        for (const position of positions) {
          const to = (wordIndexes(phrase)[position - 1] ?? 0) ^ by;
          const single = suspectPositions(changed(phrase, position, to)).filter(
            (suspect) => typeof suspect === "number",
          );
          assert.deepEqual(single, [position]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("finds every swap of two words", () => {
    fc.assert(
      fc.property(phrases, (phrase) => {
        const words = wordIndexes(phrase);
        for (const first of positions) {
          for (const second of positions.slice(first)) {
            if (words[first - 1] === words[second - 1]) continue;
            const suspects = suspectPositions(swapped(phrase, first, second));
            assert.ok(
              suspects.some((suspect) => typeof suspect !== "number" && suspect[0] === first && suspect[1] === second),
              `${first} and ${second}: ${JSON.stringify(suspects)}`,
            );
          }
        }
      }),
      { numRuns: 10 },
    );
  });

  it("names only places whose repair is right in version and checksum", () => {
    // Every repair there is, tried the slow way, for a wrong first word, a wrong last one and a swap with the first.
    for (const wrong of [
      changed(whole, 1, 2000),
      changed(whole, 24, 0),
      swapped(whole, 1, 17),
      changed(whole, 12, 5),
    ]) {
      const slow = positions.filter((position) =>
        english.some((_, to) => {
          const repaired = changed(wrong, position, to);
          return difference(repaired) === 0 && repaired.bytes[0] === 0;
        }),
      );
      assert.deepEqual(
        suspectPositions(wrong).filter((suspect) => typeof suspect === "number"),
        slow,
      );
    }
  });

  it("names nothing that would leave a wrong version behind", () => {
    assert.deepEqual(suspectPositions(other), []);
    assert.deepEqual(suspectPositions(changed(other, 13, 7)), []);
    assert.deepEqual(suspectPositions(swapped(other, 5, 6)), []);
  });

  it("names nothing when two words are wrong", () => {
    assert.deepEqual(suspectPositions(changed(changed(whole, 3, 77), 20, 1234)), []);
    assert.deepEqual(suspectPositions(changed(changed(whole, 23, 77), 24, 1234)), []);
  });

  it("gives positions and never the word: the answer is the same whatever the wrong word was", () => {
    const right = wordIndexes(whole)[12] ?? 0;
    const answers = [1, 2, 3, 1999].map((by) => JSON.stringify(suspectPositions(changed(whole, 13, right ^ by))));
    assert.deepEqual(answers, ["[13]", "[13]", "[13]", "[13]"]);
  });

  it("every single-word change and every swap has a different checksum residue", () => {
    // The CRC is affine, so one phrase stands for all: 24 * 2047 changes, and 276 * 2047 swaps by their XOR.
    const zero = difference(hexSecret("00".repeat(33)));
    const effects = positions.map((position) =>
      english.map((_, to) => (difference(changed(hexSecret("00".repeat(33)), position, to)) ^ zero) >>> 0),
    );
    const single = new Set(effects.flatMap((row) => row.slice(1)));
    assert.equal(single.size, 24 * 2047);
    assert.ok(!single.has(0));
    for (const [first, row] of effects.entries()) {
      for (const other of effects.slice(first + 1)) {
        assert.ok(row.every((effect, change) => change === 0 || effect !== other[change]));
      }
    }
  });
});
