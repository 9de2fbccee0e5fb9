import type { Secret } from "../../core/secret.ts";
import { DICE_FACE_LIMIT, DICE_ROLLS_MIN, DICE_RUN_LIMIT, KEY_GAP_MIN_MS, PASSPHRASE_FACE_LIMIT } from "../limits.ts";
import { followsPlan } from "./plan.ts";

const FACES = 6;

type Broken = "face_too_often" | "run_too_long" | "by_plan";

/**
 * Looks at a whole round of throws, ASCII digits 1 to 6. Nothing of the statistics leaves this function but the name of
 * the rule that was broken: counts shown or stored would tell of the seed.
 */
export function checkDice(dice: Secret): `dice_${Broken}` | undefined {
  const broken = brokenRule(dice.bytes, faceLimit(dice.length));
  return broken === undefined ? undefined : `dice_${broken}`;
}

/** The same for all throws of a passphrase by dice, in the order of its words. */
export function checkPassphraseDice(throws: Secret): "passphrase_dice_uneven" | "passphrase_dice_by_plan" | undefined {
  const broken = brokenRule(throws.bytes, PASSPHRASE_FACE_LIMIT);
  if (broken === undefined) return undefined;
  return broken === "by_plan" ? "passphrase_dice_by_plan" : "passphrase_dice_uneven";
}

function brokenRule(throws: Uint8Array, most: number): Broken | undefined {
  const counts = new Map<number, number>();
  let run = 0;
  let last: number | undefined;
  let longest = 0;
  for (const face of throws) {
    counts.set(face, (counts.get(face) ?? 0) + 1);
    run = face === last ? run + 1 : 1;
    last = face;
    longest = Math.max(longest, run);
  }
  if ([...counts.values()].some((count) => count >= most)) return "face_too_often";
  if (longest >= DICE_RUN_LIMIT) return "run_too_long";
  return followsPlan(throws) ? "by_plan" : undefined;
}

/** A throw's key: its ASCII digit, and when it came in milliseconds of a clock that does not step. */
export interface ThrowKey {
  readonly face: number;
  readonly at: number;
}

/**
 * A throw's key against the one before it. The same face again, faster than a hand can, is one key that bounces: it is
 * one throw. Another face that fast is no hand at all.
 *
 * @param previous the key before; undefined for the first.
 * @param sameRead whether another key came in the same read of the terminal: pasted text does, typed keys do not
 *   (docs/mix.md#what-is-refused).
 */
export function checkKeyTiming(
  previous: ThrowKey | undefined,
  key: ThrowKey,
  sameRead: boolean,
): "bounced" | "dice_pasted" | "dice_too_fast" | undefined {
  if (previous === undefined || key.at - previous.at >= KEY_GAP_MIN_MS) return undefined;
  if (key.face === previous.face) return "bounced";
  return sameRead ? "dice_pasted" : "dice_too_fast";
}

/**
 * How often a face is too often: 20 in 64 throws; in more throws the smallest number that fair dice reach no more
 * often than they reach 20 in 64, so that a policy of more throws is not refused more.
 *
 * @param rolls 64 or more; fewer are judged as 64.
 */
export function faceLimit(rolls: number): number {
  const accepted = faceRate(DICE_ROLLS_MIN, DICE_FACE_LIMIT);
  let limit = DICE_FACE_LIMIT;
  while (rolls > DICE_ROLLS_MIN && faceRate(rolls, limit) > accepted) limit += 1;
  return limit;
}

/**
 * The probability that some face comes `limit` times or more in that many throws of fair dice. The sequences without
 * are `rolls!` times the coefficient of `x^rolls` in `(1 + x + x^2/2! + ... + x^(limit-1)/(limit-1)!)^6`.
 */
export function faceRate(rolls: number, limit: number): number {
  const reciprocals = [1];
  for (let count = 1; count < limit; count += 1) reciprocals.push((reciprocals[count - 1] ?? 0) / count);
  let series = [1];
  for (let face = 0; face < FACES; face += 1) series = product(series, reciprocals, rolls);
  let even = series[rolls] ?? 0;
  for (let roll = 1; roll <= rolls; roll += 1) even *= roll / FACES;
  return 1 - even;
}

/** The product of two polynomials up to `x^degree`, lowest coefficient first. */
function product(left: readonly number[], right: readonly number[], degree: number): number[] {
  const result = new Array<number>(degree + 1).fill(0);
  left.forEach((a, i) => {
    right.forEach((b, j) => {
      if (i + j <= degree) result[i + j] = (result[i + j] ?? 0) + a * b;
    });
  });
  return result;
}
