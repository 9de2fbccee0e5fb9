import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DICE_FACE_LIMIT, DICE_ROLLS_MAX, DICE_ROLLS_MIN, DICE_RUN_LIMIT } from "../../../ceremony/limits.ts";
import { checkDice, checkKeyTiming, faceLimit, faceRate } from "../../../ceremony/mix/dice.ts";
import { followsPlan } from "../../../ceremony/mix/plan.ts";
import { Secret } from "../../../core/secret.ts";
import { fairFaces, refusedShare, withoutEither, withoutFace, withoutRun } from "./chance.ts";

const check = (faces: string) => checkDice(Secret.copyOf(Buffer.from(faces, "ascii")));

/** 64 throws or more with `count` of face 1, thrown by fair dice but for their number. */
function throwsWith(count: number, rolls: number): string {
  const faces = [..."1".repeat(count), ...fairFaces("others").repeat(2).replaceAll("1", "")].slice(0, rolls);
  const order = fairFaces("order").repeat(2);
  return faces
    .map((face, at) => ({ face, at: order.slice(at, at + 8) }))
    .sort((left, right) => left.at.localeCompare(right.at))
    .map(({ face }) => face)
    .join("");
}

test("fair throws pass", () => {
  for (const rolls of [DICE_ROLLS_MIN, 99, DICE_ROLLS_MAX])
    assert.equal(check(fairFaces("fair throws").slice(0, rolls)), undefined);
  assert.equal(check(throwsWith(19, 64)), undefined);
});

test("dice_face_too_often: 20 in 64, wherever they are", () => {
  assert.equal(check(throwsWith(20, 64)), "dice_face_too_often");
  assert.equal(check([...throwsWith(20, 64)].reverse().join("")), "dice_face_too_often");
  for (const face of "123456") {
    const swapped = throwsWith(20, 64).replace(/[1-6]/g, (seen) => (seen === "1" ? face : seen === face ? "1" : seen));
    assert.equal(check(swapped), "dice_face_too_often", face);
  }
});

test("dice_run_too_long: 7 in a row, at the beginning, between and at the end", () => {
  // Without a six before the place or after it.
  const rest = fairFaces("rest")
    .slice(0, 57)
    .replaceAll("6", (_, at: number) => String((at % 5) + 1));
  for (const at of [0, 6, 24, 57]) {
    const six = `${rest.slice(0, at)}${"6".repeat(DICE_RUN_LIMIT - 1)}${rest.slice(at)}`;
    assert.equal(check(six), undefined, `six at ${at}`);
    const seven = `${rest.slice(0, at)}${"6".repeat(DICE_RUN_LIMIT)}${rest.slice(at)}`;
    assert.equal(check(seven), "dice_run_too_long", `seven at ${at}`);
  }
});

test("the check counts as a straightforward count does", () => {
  // Two faces weigh more than the others, so that passing, too often and too long all come up.
  const faces = fc.array(fc.constantFrom(..."1112223456"), { minLength: DICE_ROLLS_MIN, maxLength: DICE_ROLLS_MAX });
  fc.assert(
    fc.property(faces, (thrown) => {
      const text = thrown.join("");
      const most = Math.max(...[..."123456"].map((face) => text.split(face).length - 1));
      const expected =
        most >= faceLimit(text.length)
          ? "dice_face_too_often"
          : /(.)\1{6}/.test(text)
            ? "dice_run_too_long"
            : followsPlan(Buffer.from(text, "ascii"))
              ? "dice_by_plan"
              : undefined;
      assert.equal(check(text), expected);
    }),
  );
});

const key = (face: string, at: number): { readonly face: number; readonly at: number } => ({
  face: face.charCodeAt(0),
  at,
});

test("dice_pasted: two different faces in one read, and dice_too_fast: closer than 20 ms, or by a clock that went back", () => {
  assert.equal(checkKeyTiming(key("1", 1000), key("2", 1000), true), "dice_pasted");
  for (const at of [1019.9, 1000, 900])
    assert.equal(checkKeyTiming(key("1", 1000), key("2", at), false), "dice_too_fast");
  assert.equal(checkKeyTiming(key("1", 1000), key("2", 1020), false), undefined);
  assert.equal(checkKeyTiming(undefined, key("2", 0), false), undefined);
  assert.equal(checkKeyTiming(undefined, key("2", 0), true), undefined, "the first key of a paste is one key");
});

test("a key that bounces: the same face within 20 ms, in one read or in two", () => {
  assert.equal(checkKeyTiming(key("3", 1000), key("3", 1000), true), "bounced");
  assert.equal(checkKeyTiming(key("3", 1000), key("3", 1019.9), false), "bounced");
  assert.equal(checkKeyTiming(key("3", 1000), key("3", 1020), false), undefined, "twice thrown");
});

test("the counting of chances agrees with every sequence of six throws", () => {
  const all = Array.from({ length: 6 ** 6 }, (_, i) => i.toString(6).padStart(6, "0"));
  const often = (faces: string, limit: number) => [..."012345"].some((face) => faces.split(face).length - 1 >= limit);
  const long = (faces: string, limit: number) => new RegExp(`(.)\\1{${limit - 1}}`).test(faces);
  const count = (passes: (faces: string) => boolean) => BigInt(all.filter(passes).length);
  assert.equal(
    withoutFace(6, 3),
    count((faces) => !often(faces, 3)),
  );
  assert.equal(
    withoutRun(6, 3),
    count((faces) => !long(faces, 3)),
  );
  assert.equal(
    withoutEither(6, 4, 3),
    count((faces) => !often(faces, 4) && !long(faces, 3)),
  );
});

test("the limit of a face is 20 in 64, and for more throws the smallest that refuses no more fair dice", () => {
  assert.equal(faceLimit(DICE_ROLLS_MIN), DICE_FACE_LIMIT);
  // Whole numbers here, fractions in the program: a / 6^rolls <= b / 6^64 without a division.
  const refused = (rolls: number, limit: number) => 6n ** BigInt(rolls) - withoutFace(rolls, limit);
  const mostRefused = refused(DICE_ROLLS_MIN, DICE_FACE_LIMIT);
  for (let rolls = DICE_ROLLS_MIN + 1; rolls <= DICE_ROLLS_MAX; rolls += 1) {
    const limit = faceLimit(rolls);
    const scaled = mostRefused * 6n ** BigInt(rolls - DICE_ROLLS_MIN);
    assert.ok(refused(rolls, limit) <= scaled, `${limit} in ${rolls} refuses too much`);
    assert.ok(refused(rolls, limit - 1) > scaled, `${limit - 1} in ${rolls} would do`);
    const exact = refusedShare(rolls, withoutFace(rolls, limit));
    assert.ok(Math.abs(faceRate(rolls, limit) - exact) < 1e-9, `the rate of ${rolls}`);
  }
});
