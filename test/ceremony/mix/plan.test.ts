import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DICE_ROLLS_MAX, DICE_ROLLS_MIN, PLAN_RUN_LIMIT } from "../../../ceremony/limits.ts";
import { checkDice, checkPassphraseDice } from "../../../ceremony/mix/dice.ts";
import { followsPlan, readings } from "../../../ceremony/mix/plan.ts";
import { Secret } from "../../../core/secret.ts";
import { fairFaces } from "./chance.ts";

const PASSPHRASE_THROWS = 40;
const follows = (faces: string): boolean => followsPlan(Buffer.from(faces, "ascii"));
const repeated = (block: string, length: number): string => block.repeat(length).slice(0, length);
const face = (number: number): string => String((((number % 6) + 6) % 6) + 1);
const shuffled = (seed: string): string =>
  [..."123456"]
    .sort((a, b) => Math.sin(Number(a) * 7 + seed.length * 13) - Math.sin(Number(b) * 7 + seed.length * 13))
    .join("");

/** What people type who do not throw: each makes so many faces. */
const PLANS: Readonly<Record<string, (length: number) => string>> = {
  "each face in order": (length) => repeated("123456", length),
  backwards: (length) => repeated("654321", length),
  "each face twice": (length) => repeated("112233445566", length),
  "each face three times": (length) => repeated("111222333444555666", length),
  "each face six times": (length) => repeated("111111222222333333444444555555666666", length),
  "each face six times, in another order": (length) => repeated("444444111111666666222222555555333333", length),
  "odd and even": (length) => repeated("135246", length),
  "high and low": (length) => repeated("162534", length),
  "by the columns of a keypad": (length) => repeated("142536", length),
  "a block of five": (length) => repeated("31425", length),
  "a block of seven": (length) => repeated("3142516", length),
  "a block of half of them": (length) => repeated(fairFaces("half").slice(0, Math.floor(length / 2)), length),
  "a sawtooth": (length) => repeated("1234565432", length),
  "a sawtooth that stays at its ends": (length) => repeated("123456654321", length),
  "teeth that grow": (length) => repeated("1212321234321234543212345654321", length),
  "runs that grow": (length) => repeated("122333444455555666666", length),
  "a triangle": (length) => repeated("112123123412345123456", length),
  "a palindrome": (length) => {
    const half = fairFaces("palindrome").slice(0, Math.ceil(length / 2));
    return (
      half +
      [...half]
        .reverse()
        .join("")
        .slice(length % 2)
    );
  },
  "a palindrome of complements": (length) => {
    const half = fairFaces("complements").slice(0, Math.floor(length / 2));
    return (
      half +
      [...half]
        .reverse()
        .map((one) => String(7 - Number(one)))
        .join("") +
      (length % 2 === 1 ? "1" : "")
    );
  },
  "blocks and the same backwards": (length) => {
    const fair = fairFaces("mirrored");
    const blocks = Array.from({ length: 16 }, (_, at) => fair.slice(4 * at, 4 * at + 4));
    return blocks
      .map((block) => block + [...block].reverse().join(""))
      .join("")
      .slice(0, length);
  },
  "each block twice": (length) => {
    const fair = fairFaces("blocks");
    return Array.from({ length: 16 }, (_, at) => fair.slice(4 * at, 4 * at + 4).repeat(2))
      .join("")
      .slice(0, length);
  },
  "each throw twice": (length) =>
    [...fairFaces("twice")]
      .map((one) => one + one)
      .join("")
      .slice(0, length),
  "each throw and its complement": (length) =>
    [...fairFaces("pairs")]
      .map((one) => one + String(7 - Number(one)))
      .join("")
      .slice(0, length),
  "steps of two": (length) => Array.from({ length }, (_, at) => face(2 * at + Math.floor(at / 3))).join(""),
  counting: (length) =>
    Array.from({ length }, (_, at) => (at + 43).toString(6).padStart(3, "0"))
      .join("")
      .replaceAll(/\d/g, (digit) => face(Number(digit)))
      .slice(0, length),
  "pairs in order": (length) =>
    Array.from({ length }, (_, at) => face(Math.floor(at / 6)) + face(at))
      .join("")
      .slice(0, length),
  squares: (length) => Array.from({ length }, (_, at) => face(at * at)).join(""),
  "Fibonacci's": (length) => {
    const numbers = [1, 1];
    while (numbers.length < length) numbers.push(((numbers.at(-1) ?? 0) + (numbers.at(-2) ?? 0)) % 6);
    return numbers.map(face).join("");
  },
  "up or down by one": (length) => {
    const steps = [...fairFaces("walk").slice(0, length)].map((one) => (Number(one) > 3 ? 1 : -1));
    return steps.map((_, at) => face(steps.slice(0, at).reduce<number>((sum, step) => sum + step, 2))).join("");
  },
  "up or not": (length) => {
    const steps = [...fairFaces("stair").slice(0, length)].map((one) => (Number(one) > 3 ? 1 : 0));
    return steps.map((_, at) => face(steps.slice(0, at).reduce<number>((sum, step) => sum + step, 0))).join("");
  },
  "one of two dice by plan": (length) =>
    [...fairFaces("mixed")]
      .map((one, at) => one + face(at))
      .join("")
      .slice(0, length),
  "each face once in every six": (length) =>
    Array.from({ length }, (_, at) => shuffled("x".repeat(at)))
      .join("")
      .slice(0, length),
};

/** The same plan, told in another way. Backwards only where it ends with a block: one that ends within a block begins within one. */
const CHANGES: readonly ((faces: readonly string[]) => readonly string[])[] = [
  (faces) => faces.toReversed(),
  (faces) => faces,
  (faces) => faces.map((one) => String(7 - Number(one))),
  (faces) => faces.map((one) => face(Number(one) + 1)),
];

for (const [name, plan] of Object.entries(PLANS)) {
  test(`a plan: ${name}`, () => {
    for (const length of [PASSPHRASE_THROWS, DICE_ROLLS_MIN, 99, DICE_ROLLS_MAX])
      for (const change of length === 99 ? CHANGES.slice(1) : CHANGES) {
        const faces = change([...plan(length)]).join("");
        assert.equal(faces.length, length);
        assert.ok(follows(faces), faces);
      }
  });
}

test("a plan is found wherever it stands, once it was kept to for some throws", () => {
  const plan = "1234561234561";
  assert.ok(plan.length > PLAN_RUN_LIMIT);
  fc.assert(
    fc.property(fc.nat(DICE_ROLLS_MIN - plan.length), fc.nat(50), (at, seed) => {
      const fair = fairFaces(`around ${seed}`).slice(0, DICE_ROLLS_MIN);
      assert.ok(follows(fair.slice(0, at) + plan + fair.slice(at + plan.length)));
    }),
  );
});

test("a plan with a slip now and then is one", () => {
  for (const name of ["each face in order", "a block of five", "a palindrome", "each face twice"]) {
    const faces = [...(PLANS[name]?.(DICE_ROLLS_MIN) ?? "")];
    for (let at = 4; at < DICE_ROLLS_MIN; at += 9) faces[at] = face(Number(faces[at]) + 1);
    assert.ok(follows(faces.join("")), name);
  }
});

test("fair dice follow no plan: of 2,000 rounds none, nor of as many passphrases", () => {
  for (let round = 0; round < 2000; round += 1) {
    const faces = fairFaces(`round ${round}`);
    assert.ok(!follows(faces.slice(0, DICE_ROLLS_MIN)), faces);
    assert.ok(!follows(faces.slice(-PASSPHRASE_THROWS)), faces);
  }
});

test("every reading compares a later throw with an earlier one, and no throw with two later ones", () => {
  for (const length of [PASSPHRASE_THROWS, DICE_ROLLS_MIN, DICE_ROLLS_MAX])
    for (const { pairs, earlier, later } of readings(length)) {
      const laters = new Set<number>();
      for (let pair = 0; pair < pairs; pair += 1) {
        assert.ok(0 <= earlier(pair) && earlier(pair) < later(pair) && later(pair) < length);
        laters.add(later(pair));
      }
      assert.equal(laters.size, pairs);
    }
});

test("plans are refused in the seed's throws and in a passphrase's, each by its own name", () => {
  const throws = (faces: string): Secret => Secret.copyOf(Buffer.from(faces, "ascii"));
  assert.equal(checkDice(throws(repeated("123456", DICE_ROLLS_MIN))), "dice_by_plan");
  assert.equal(checkPassphraseDice(throws(repeated("31425", PASSPHRASE_THROWS))), "passphrase_dice_by_plan");
  assert.equal(checkPassphraseDice(throws(repeated("11114", PASSPHRASE_THROWS))), "passphrase_dice_uneven");
  const fair = fairFaces("passphrase").slice(0, PASSPHRASE_THROWS);
  assert.equal(checkPassphraseDice(throws(fair)), undefined);
  assert.equal(checkPassphraseDice(throws(`5555555${fair.slice(7)}`)), "passphrase_dice_uneven");
});
