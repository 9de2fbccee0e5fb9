import { PLAN_BLOCKS_SHARE, PLAN_HITS_MIN, PLAN_LAG_SHARE, PLAN_RUN_LIMIT, PLAN_STEPS_SHARE } from "../limits.ts";

const FACES = 6;
const FACE_ONE = 0x31;

/** Which two throws are compared: the number of pairs, and the earlier and the later throw of each. */
interface Reading {
  readonly pairs: number;
  readonly earlier: (pair: number) => number;
  readonly later: (pair: number) => number;
}

/**
 * Whether throws follow a plan: periods, repeated or mirrored blocks, stairs, sawteeth, counting, each face once in
 * every six. Each reading compares throws that stand in a fixed relation, and takes their differences, or their sums,
 * modulo six. Of fair dice these are themselves fair throws, so how often a plan is found in them is counted exactly
 * (docs/mix.md); of a plan they are one number all the time.
 *
 * @param throws ASCII digits 1 to 6. Nothing of them leaves this function but the answer.
 */
export function followsPlan(throws: Uint8Array): boolean {
  for (const reading of readings(throws.length))
    for (const sign of [1, -1] as const) if (isConstant(throws, reading, sign)) return true;
  return isStair(throws) || isShuffled(throws);
}

/** Every relation in which throws are compared; a few hundred for 64 throws. */
export function* readings(length: number): Generator<Reading> {
  // The same so many throws ago: periods of up to half of all throws, stairs, blocks that are counted on.
  for (let lag = 1; lag <= length * PLAN_LAG_SHARE; lag += 1)
    yield { pairs: length - lag, earlier: (pair) => pair, later: (pair) => pair + lag };
  // The same as far on the other side of a place: palindromes, also those that are not all of the throws.
  for (let sum = 1; sum < 2 * length - 2; sum += 1) {
    const middle = Math.ceil(sum / 2) - 1;
    const pairs = Math.min(middle + 1, length - (sum - middle));
    if (pairs >= PLAN_RUN_LIMIT)
      yield { pairs, earlier: (pair) => middle - pair, later: (pair) => sum - middle + pair };
  }
  // Every block and then the same block backwards: ABC CBA DEF FED.
  for (let block = 2; block < length / 2; block += 1) {
    const whole = Math.floor(length / (2 * block));
    const start = (pair: number): number => 2 * block * Math.floor(pair / block);
    yield {
      pairs: whole * block,
      earlier: (pair) => start(pair) + (pair % block),
      later: (pair) => start(pair) + 2 * block - 1 - (pair % block),
    };
  }
}

/** How many pairs of a reading may not have the same difference: half of them, and enough to mean something. */
export function hitsLimit(pairs: number): number {
  return Math.max(PLAN_HITS_MIN, Math.ceil(pairs / 2));
}

function isConstant(throws: Uint8Array, { pairs, earlier, later }: Reading, sign: 1 | -1): boolean {
  const limit = hitsLimit(pairs);
  const hits = new Uint8Array(FACES);
  let last = -1;
  let run = 0;
  let found = false;
  for (let pair = 0; pair < pairs; pair += 1) {
    const difference = modulo(faceAt(throws, later(pair)) - sign * faceAt(throws, earlier(pair)));
    run = difference === last ? run + 1 : 1;
    last = difference;
    hits[difference] = (hits[difference] ?? 0) + 1;
    if (run >= PLAN_RUN_LIMIT || (hits[difference] ?? 0) >= limit) found = true;
  }
  hits.fill(0);
  return found;
}

/** How many steps may not be one of the same two: up or down by one, up or not. */
export function stepsLimit(steps: number): number {
  return Math.ceil(steps * PLAN_STEPS_SHARE);
}

function isStair(throws: Uint8Array): boolean {
  const steps = new Uint8Array(FACES);
  for (let at = 1; at < throws.length; at += 1) {
    const step = modulo(faceAt(throws, at) - faceAt(throws, at - 1));
    steps[step] = (steps[step] ?? 0) + 1;
  }
  const [most = 0, second = 0] = steps.sort().reverse();
  steps.fill(0);
  return most + second >= stepsLimit(throws.length - 1);
}

/** How many blocks of six may not hold each face once. */
export function blocksLimit(blocks: number): number {
  return Math.ceil(blocks * PLAN_BLOCKS_SHARE);
}

function isShuffled(throws: Uint8Array): boolean {
  for (let offset = 0; offset < FACES; offset += 1) {
    const blocks = Math.floor((throws.length - offset) / FACES);
    let shuffled = 0;
    for (let block = 0; block < blocks; block += 1) {
      let seen = 0;
      for (let at = 0; at < FACES; at += 1) seen |= 1 << faceAt(throws, offset + block * FACES + at);
      if (seen === (1 << FACES) - 1) shuffled += 1;
    }
    if (shuffled >= blocksLimit(blocks)) return true;
  }
  return false;
}

const faceAt = (throws: Uint8Array, at: number): number => (throws[at] ?? FACE_ONE) - FACE_ONE;
const modulo = (number: number): number => ((number % FACES) + FACES) % FACES;
