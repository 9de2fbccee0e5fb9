import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { encipher } from "../../../ceremony/seed/aezeed.ts";
import { MISSING, packIndexes, parsePhrase, wordIndexes } from "../../../ceremony/seed/phrase.ts";
import { MISSING_MAX, missingCandidates, recoverMissing, recoverWrong } from "../../../ceremony/seed/recovery.ts";
import { seedReport } from "../../../ceremony/seed/report.ts";
import { bitSets, syndromeOf, WORD_BITS } from "../../../ceremony/seed/syndrome.ts";
import type { Secret } from "../../../core/secret.ts";
import vectors from "../../vectors/aezeed.json" with { type: "json" };
import { error, FAST, okValue, seeds, textSecret, toHex } from "./samples.ts";

const words = Array.from({ length: 24 }, (_, word) => word);
const bitsOf = (places: readonly number[]) =>
  places.flatMap((word) => words.slice(0, WORD_BITS).map((bit) => word * WORD_BITS + bit)).filter((bit) => bit >= 8);

function blanked(phrase: Secret, positions: readonly number[]): Uint16Array {
  const indexes = wordIndexes(phrase);
  for (const position of positions) indexes[position - 1] = MISSING;
  return indexes;
}

function changed(phrase: Secret, changes: Readonly<Record<number, number>>): Secret {
  const indexes = wordIndexes(phrase);
  for (const [position, by] of Object.entries(changes)) {
    const at = Number(position) - 1;
    indexes[at] = (indexes[at] ?? 0) ^ by;
  }
  return packIndexes(indexes);
}

function* sets(count: number, from = 0): Generator<number[]> {
  if (count === 0) yield [];
  else for (let word = from; word < 24; word++) for (const rest of sets(count - 1, word + 1)) yield [word, ...rest];
}

const published = vectors.production_vectors.vectors.flatMap(({ mnemonic, password, computed }) => {
  const phrase = parsePhrase(Buffer.from(mnemonic));
  return phrase.ok ? [{ phrase: phrase.value, passphrase: textSecret(password), computed }] : [];
});

describe("four words that cannot be read", () => {
  it("come back in a published seed with lnd's scrypt, and nothing else does", () => {
    const { phrase, passphrase, computed } = published.find((vector) => vector.computed.internal_version === 1) ?? {};
    assert.ok(phrase && passphrase && computed);
    // None of them holds salt, so all candidates share one scrypt.
    const salts: number[] = [];
    const options = { progress: (tried: number) => void salts.push(tried) };
    const found = okValue(recoverMissing(blanked(phrase, [2, 7, 13, 24]), passphrase, options));
    assert.ok(found.enciphered.equals(phrase));
    assert.deepEqual(found.positions, [2, 7, 13, 24]);
    assert.equal(seedReport(found.seed, "mainnet").nodeId, computed.identity_coin0);
    assert.deepEqual(salts, [0]);
  });

  it("come back wherever they are, with a passphrase and without", () => {
    fc.assert(
      fc.property(
        seeds,
        fc.constantFrom("", "El Psy Kongroo"),
        fc.uniqueArray(fc.integer({ min: 1, max: 24 }), { minLength: 0, maxLength: MISSING_MAX }),
        (seed, passphrase, positions) => {
          const phrase = encipher(seed, textSecret(passphrase), FAST);
          const found = okValue(recoverMissing(blanked(phrase, positions), textSecret(passphrase), FAST));
          assert.ok(found.enciphered.equals(phrase));
          assert.equal(toHex(found.seed.entropy), toHex(seed.entropy));
          assert.deepEqual([...found.positions].sort(), [...positions].sort());
        },
      ),
      { numRuns: 12 },
    );
  });

  it("come back where they are the salt, one scrypt for each salt in question", () => {
    const phrase = encipher(SEED, textSecret("x"), FAST);
    const salts: number[] = [];
    const found = okValue(
      recoverMissing(blanked(phrase, [18, 19, 20, 22]), textSecret("x"), {
        ...FAST,
        progress: (tried) => void salts.push(tried),
      }),
    );
    assert.ok(found.enciphered.equals(phrase));
    assert.ok(salts.length > 1 && salts.length <= 4096, String(salts.length));
  });

  it("do not come back under another passphrase, and the answer says how many were tried", () => {
    const phrase = encipher(SEED, textSecret("right"), FAST);
    const wrong = error(recoverMissing(blanked(phrase, [2, 3, 4, 5]), textSecret("wrong"), FAST));
    assert.deepEqual(wrong, { code: "not_recovered", candidates: 4096 });
    const first = error(recoverMissing(blanked(phrase, [1, 3, 4, 5]), textSecret("wrong"), FAST));
    assert.deepEqual(first, { code: "not_recovered", candidates: 16 });
  });

  it("are four and not five, which would be eight million phrases", () => {
    const phrase = encipher(SEED, textSecret(""), FAST);
    assert.equal(
      error(recoverMissing(blanked(phrase, [2, 3, 4, 5, 6]), textSecret(""), FAST)).code,
      "too_many_missing",
    );
  });
});

describe("without the passphrase", () => {
  it("the checksum leaves one phrase of two missing words, and a few of three", () => {
    fc.assert(
      fc.property(
        seeds,
        fc.uniqueArray(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 3 }),
        (seed, at) => {
          const phrase = encipher(seed, textSecret("nobody knows"), FAST);
          const found = missingCandidates(blanked(phrase, at));
          assert.ok(found.some((candidate) => candidate.equals(phrase)));
          for (const candidate of found) assert.deepEqual([syndromeOf(candidate.bytes), candidate.bytes[0]], [0, 0]);
          assert.ok(found.length <= (at.length < 3 ? 1 : 32));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("one missing word", () => {
  it("has no candidate if another word is wrong too, or the version", () => {
    const phrase = encipher(SEED, textSecret("x"), FAST);
    assert.deepEqual(missingCandidates(blanked(changed(phrase, { 5: 9 }), [13])), []);
    const other = changed(phrase, { 1: 1 << 10 });
    assert.deepEqual(missingCandidates(blanked(other, [13])), []);
  });
});

describe("words that are wrong, nobody knows which,", () => {
  it("are found, three of them at most, where the salt is whole", () => {
    const phrase = encipher(SEED, textSecret("El Psy Kongroo"), FAST);
    for (const changes of [{}, { 5: 1 }, { 2: 77, 24: 1234 }, { 1: 2047, 9: 3 }, { 3: 5, 10: 6, 17: 7 }]) {
      const found = okValue(recoverWrong(changed(phrase, changes), textSecret("El Psy Kongroo"), FAST));
      assert.ok(found.enciphered.equals(phrase), JSON.stringify(changes));
      assert.deepEqual(found.positions, Object.keys(changes).map(Number));
    }
  });

  it("are found where the salt is wrong too", () => {
    const phrase = encipher(SEED, textSecret("x"), FAST);
    const found = okValue(recoverWrong(changed(phrase, { 6: 99, 19: 1000, 21: 3 }), textSecret("x"), FAST));
    assert.ok(found.enciphered.equals(phrase));
    assert.deepEqual(found.positions, [6, 19, 21]);
  });

  it("are not four, nor under another passphrase: about 3,500 phrases are in question", () => {
    const phrase = encipher(SEED, textSecret("x"), FAST);
    for (const wrong of [
      recoverWrong(changed(phrase, { 3: 5, 10: 6, 17: 7, 23: 8 }), textSecret("x"), FAST),
      recoverWrong(changed(phrase, { 3: 5 }), textSecret("y"), FAST),
    ]) {
      const { code, candidates } = error(wrong);
      assert.equal(code, "not_recovered");
      assert.ok(candidates > 3000 && candidates < 4200, String(candidates));
    }
  });
});

describe("recovery rests on this:", () => {
  it("how many phrases of these places pass version and checksum, in powers of two, counted over all sets", () => {
    // The CRC is linear: the number depends on the places alone.
    const counted = (count: number) => {
      const sums: Record<string, number> = {};
      for (const places of sets(count)) {
        const free = bitSets(bitsOf(places), 0)?.free.length;
        const name = `${places[0] === 0 ? "with word 1, " : ""}2^${free}`;
        sums[name] = (sums[name] ?? 0) + 1;
      }
      return sums;
    };
    assert.deepEqual(counted(1), { "with word 1, 2^0": 1, "2^0": 23 });
    assert.deepEqual(counted(2), { "with word 1, 2^0": 23, "2^0": 253 });
    assert.deepEqual(counted(3), {
      "with word 1, 2^0": 251,
      "with word 1, 2^1": 2,
      "2^1": 1090,
      "2^2": 621,
      "2^3": 59,
      "2^5": 1,
    });
    assert.deepEqual(counted(4), {
      "with word 1, 2^4": 1684,
      "with word 1, 2^5": 85,
      "with word 1, 2^6": 2,
      "2^12": 8854,
      "2^13": 1,
    });
  });
});

const SEED = {
  internalVersion: 1,
  birthdayDays: 6532,
  entropy: textSecret("sixteen bytes!!!"),
  salt: textSecret("salty"),
};
