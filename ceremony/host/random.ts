import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { fail, ok, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";
import { RANDOM_DEVICES } from "../check/entropy.ts";
import { type HealthFailure, healthFailure } from "../check/health.ts";
import { deviceNumbers } from "./machine.ts";

export type RandomError =
  /** The device is missing or cannot be read. */
  | { readonly code: "random_unavailable" }
  /** What is at its path is not the kernel's generator. */
  | { readonly code: "random_not_kernel" }
  /** The kernel has not seeded it yet. */
  | { readonly code: "random_not_seeded" }
  | { readonly code: "random_short" }
  | { readonly code: "random_unhealthy"; readonly test: HealthFailure };

const [RANDOM] = RANDOM_DEVICES;

/** Fills a buffer, or says why not. */
export type RandomSource = (bytes: Buffer) => RandomError | undefined;

/** Shorter draws may be equal by chance: 16 bytes are once in 2^128. */
const DRAW_MIN = 16;

/**
 * Draws `length` bytes, at least 16, from the kernel. Throws RangeError for fewer.
 *
 * One source, read directly, so that the path can be proven: the descriptor that is read is the one whose device numbers
 * are checked. `crypto.randomBytes` is not mixed in. It is seeded by the same kernel and adds no source, and a hash over
 * both would hide a failure of either from the health tests. The source that does not depend on this machine is the dice.
 *
 * Each call draws a second block, compares the two and forgets it: a generator that repeats itself is found at every
 * draw, and nothing of an earlier draw has to be kept.
 */
export function drawRandom(length: number, source: RandomSource = kernelSource()): Result<Secret, RandomError> {
  if (!Number.isInteger(length) || length < DRAW_MIN) throw new RangeError("a draw is at least 16 bytes");
  const both = Secret.take(Buffer.alloc(2 * length));
  const failure = source(both.bytes);
  const [draw, other] = [both.bytes.subarray(0, length), both.bytes.subarray(length)];
  const test = failure === undefined ? healthFailure(draw, other) : undefined;
  const result =
    failure !== undefined
      ? fail(failure)
      : test !== undefined
        ? fail({ code: "random_unhealthy" as const, test })
        : ok(Secret.copyOf(draw));
  both.wipe();
  return result;
}

/** One read of the kernel's device, after a look at what it really is. The path is a parameter for the tests alone. */
export function kernelSource(path: string = RANDOM.path): RandomSource {
  return (bytes) => {
    try {
      // Not blocking: a ceremony that waits for entropy without a word is worse than one that says so and ends.
      const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const stat = fstatSync(file);
        const { major, minor } = deviceNumbers(stat.rdev);
        if (!stat.isCharacterDevice() || major !== RANDOM.major || minor !== RANDOM.minor)
          return { code: "random_not_kernel" };
        return readSync(file, bytes, 0, bytes.length, null) === bytes.length ? undefined : { code: "random_short" };
      } finally {
        closeSync(file);
      }
    } catch (error) {
      const seeding = error instanceof Error && "code" in error && error.code === "EAGAIN";
      return { code: seeding ? "random_not_seeded" : "random_unavailable" };
    }
  };
}
