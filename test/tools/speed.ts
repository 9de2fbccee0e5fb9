import { spawnSync } from "node:child_process";

/** The variable in which the test command hands the slowness that it measured to every test file. */
export const SLOWNESS_VARIABLE = "TEST_SLOWNESS";

/** What a round takes on a machine with two idle cores, which is the one that the bounds of the tests are written for. */
const ROUND_MS = 125;
const ROUNDS = 4;

/** A start of a program and work for two cores: what the tests, two files at a time, do most of all. */
const ROUND = `const { pbkdf2 } = require("node:crypto");
for (const half of ["one", "two"]) pbkdf2(half, "salt", 200000, 64, "sha512", () => {});`;

/** How many times longer than measured a wait may take: a run goes on for longer than a measurement tells about. */
export const MARGIN = 4;

/** How many times slower this machine is now than the one the bounds are written for; never less than 1. Takes 0.5 s. */
export function measureSlowness(): number {
  const start = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) {
    const { status, error } = spawnSync(process.execPath, ["-e", ROUND], { stdio: "ignore" });
    if (status !== 0) throw new Error(`the round that measures speed ended with ${status}`, { cause: error });
  }
  return Math.max(1, Number(((performance.now() - start) / (ROUNDS * ROUND_MS)).toFixed(1)));
}

let known: number | undefined;

/** The slowness of this run: the one that the test command measured, or, in a file run alone, one measured here, once. */
export function slowness(): number {
  const given = process.env[SLOWNESS_VARIABLE];
  if (given === undefined) {
    known ??= measureSlowness();
    return known;
  }
  const value = Number(given);
  if (!(value >= 1)) throw new Error(`${SLOWNESS_VARIABLE} is a number from 1 on, not "${given}"`);
  return value;
}

/**
 * How long a test waits before it says that something hangs, in whole ms.
 *
 * A test waits for events and says nothing about speed. What it waits for may fail to come, and then it has to end: that
 * is all a bound is for.
 *
 * @param ms How long the thing takes at most on a machine with two idle cores.
 */
export function bound(ms: number): number {
  return Math.ceil(ms * slowness() * MARGIN);
}
