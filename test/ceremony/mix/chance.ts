import { createHash } from "node:crypto";
import { PLAN_RUN_LIMIT } from "../../../ceremony/limits.ts";
import { blocksLimit, hitsLimit, readings, stepsLimit } from "../../../ceremony/mix/plan.ts";

// Exact chances of fair dice, counted in whole numbers: how many of the 6^n sequences a rule refuses.

const FACES = 6;

/** Sequences of `rolls` throws in which no face comes `limit` times. */
export function withoutFace(rolls: number, limit: number): bigint {
  let ways = [1n, ...new Array<bigint>(rolls).fill(0n)];
  for (let face = 0; face < FACES; face += 1) {
    ways = ways.map((_, total) => {
      let sum = 0n;
      for (let count = 0; count < limit && count <= total; count += 1)
        sum += binomial(total, count) * (ways[total - count] ?? 0n);
      return sum;
    });
  }
  return ways[rolls] ?? 0n;
}

/** Sequences of `rolls` throws in which no run reaches `limit`. */
export function withoutRun(rolls: number, limit: number): bigint {
  // Index: the length of the run that the sequence ends with.
  let ending = new Array<bigint>(limit).fill(0n);
  ending[1] = BigInt(FACES);
  for (let roll = 1; roll < rolls; roll += 1) {
    const broken = ending.reduce((sum, ways) => sum + ways, 0n) * BigInt(FACES - 1);
    ending = ending.map((_, length) => (length < 2 ? BigInt(length) * broken : (ending[length - 1] ?? 0n)));
  }
  return ending.reduce((sum, ways) => sum + ways, 0n);
}

/**
 * Sequences in which neither happens. A sequence is a word of runs of which no two neighbours have the same face. Words
 * of `b_1 ... b_6` blocks without equal neighbours number, by inclusion and exclusion over glued blocks,
 * sum over c of prod (-1)^(b-c) C(b-1, c-1) times the multinomial of c; each face adds its blocks of 1 to run-1 throws.
 */
export function withoutEither(rolls: number, faceLimit: number, runLimit: number, faces = FACES): bigint {
  // blocks[count][parts]: ways to cut `count` throws of one face into `parts` runs that are short enough.
  const blocks = table(faceLimit, faceLimit);
  set(blocks, 0, 0, 1n);
  for (let count = 1; count < faceLimit; count += 1)
    for (let parts = 1; parts <= count; parts += 1)
      for (let run = 1; run < runLimit && run <= count; run += 1)
        set(blocks, count, parts, get(blocks, count, parts) + get(blocks, count - run, parts - 1));
  // glued[count][kept]: the signed ways after glueing blocks of the face together.
  const glued = table(faceLimit, faceLimit);
  set(glued, 0, 0, 1n);
  for (let count = 1; count < faceLimit; count += 1)
    for (let parts = 1; parts <= count; parts += 1)
      for (let kept = 1; kept <= parts; kept += 1) {
        const ways = binomial(parts - 1, kept - 1) * get(blocks, count, parts);
        set(glued, count, kept, get(glued, count, kept) + ((parts - kept) % 2 === 0 ? ways : -ways));
      }
  let words = table(rolls + 1, rolls + 1);
  set(words, 0, 0, 1n);
  for (let face = 0; face < faces; face += 1) {
    const next = table(rolls + 1, rolls + 1);
    for (let count = 0; count < faceLimit; count += 1)
      for (let kept = 0; kept <= count; kept += 1) {
        const ways = get(glued, count, kept);
        if (ways === 0n) continue;
        for (let total = count; total <= rolls; total += 1)
          for (let length = kept; length <= total; length += 1) {
            const before = get(words, total - count, length - kept);
            if (before !== 0n)
              set(next, total, length, get(next, total, length) + before * ways * binomial(length, kept));
          }
      }
    words = next;
  }
  return (words[rolls] ?? []).reduce((sum, ways) => sum + ways, 0n);
}

/** The share of all sequences that is refused when so many pass. */
export function refusedShare(rolls: number, passing: bigint, faces = FACES): number {
  const all = BigInt(faces) ** BigInt(rolls);
  const scale = 10n ** 15n;
  return Number(((all - passing) * scale) / all) / Number(scale);
}

/** The probability that dice of these weights show no face `limit` times in that many throws. */
export function passesFaces(weights: readonly number[], rolls: number, limit: number): number {
  let chance = [1, ...new Array<number>(rolls).fill(0)];
  for (const weight of weights) {
    chance = chance.map((_, total) => {
      let sum = 0;
      for (let count = 0; count < limit && count <= total; count += 1)
        sum += Number(binomial(total, count)) * weight ** count * (chance[total - count] ?? 0);
      return sum;
    });
  }
  return chance[rolls] ?? 0;
}

const rows: bigint[][] = [[1n]];

function binomial(n: number, k: number): bigint {
  for (let row = rows.length; row <= n; row += 1) {
    const above = rows[row - 1] ?? [];
    rows.push(Array.from({ length: row + 1 }, (_, at) => (above[at - 1] ?? 0n) + (above[at] ?? 0n)));
  }
  return rows[n]?.[k] ?? 0n;
}

function table(height: number, width: number): bigint[][] {
  return Array.from({ length: height }, () => new Array<bigint>(width).fill(0n));
}

function get(values: readonly bigint[][], row: number, column: number): bigint {
  return values[row]?.[column] ?? 0n;
}

function set(values: bigint[][], row: number, column: number, value: bigint): void {
  const cells = values[row];
  if (cells !== undefined) cells[column] = value;
}

/** The probability of `least` successes or more in so many independent tries, exact but for rounding. */
export function atLeast(tries: number, chance: number, least: number): number {
  let sum = 0;
  for (let hits = least; hits <= tries; hits += 1)
    sum += Number(binomial(tries, hits)) * chance ** hits * (1 - chance) ** (tries - hits);
  return sum;
}

/**
 * The most often that throws are taken for a plan: the chances of all readings added up, as if no two came together.
 * The differences of fair throws are fair throws, so the counts of above hold for each reading; its runs are counted
 * apart from its hits.
 */
export function plansAtMost(rolls: number): number {
  const faces = FACES;
  const known = new Map<number, number>();
  const ofReading = (pairs: number): number => {
    const hits = hitsLimit(pairs) > pairs ? 0 : refusedShare(pairs, withoutFace(pairs, hitsLimit(pairs)));
    return hits + refusedShare(pairs, withoutRun(pairs, PLAN_RUN_LIMIT));
  };
  let sum = 0;
  for (const { pairs } of readings(rolls)) {
    const share = known.get(pairs) ?? ofReading(pairs);
    known.set(pairs, share);
    sum += SIGNS * share;
  }
  sum += PAIRS_OF_STEPS * atLeast(rolls - 1, 2 / faces, stepsLimit(rolls - 1));
  for (let offset = 0; offset < faces; offset += 1) {
    const blocks = Math.floor((rolls - offset) / faces);
    sum += atLeast(blocks, 720 / faces ** faces, blocksLimit(blocks));
  }
  return sum;
}

/** The same for dice that show no face more often than `most`, whatever they showed before, and no six in a block. */
export function biasedPlansAtMost(rolls: number, most: number): number {
  let sum = 0;
  for (const { pairs } of readings(rolls)) {
    const runs = Math.max(0, pairs - PLAN_RUN_LIMIT + 1) * most ** (PLAN_RUN_LIMIT - 1);
    sum += SIGNS * (FACES * atLeast(pairs, most, hitsLimit(pairs)) + runs);
  }
  return sum + PAIRS_OF_STEPS * atLeast(rolls - 1, 2 * most, stepsLimit(rolls - 1));
}

/** A difference and a sum of each pair. */
const SIGNS = 2;
/** Two of six steps. */
const PAIRS_OF_STEPS = 15;

/** 128 throws of fair dice, the same for a name each time. */
export function fairFaces(name: string): string {
  let faces = "";
  for (let block = 0; faces.length < 128; block += 1)
    for (const byte of createHash("sha256").update(`${name} ${block}`).digest())
      if (byte < 252) faces += String((byte % FACES) + 1);
  return faces.slice(0, 128);
}
