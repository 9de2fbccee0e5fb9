import { HEALTH_PROPORTION, HEALTH_REPETITIONS, HEALTH_WINDOW } from "../limits.ts";

export type HealthFailure = "repetition" | "proportion" | "same_twice";

/** SP 800-90B 4.4.1: the same sample again and again, as a source that is stuck gives. */
function repeats(samples: Uint8Array): boolean {
  let run = 0;
  let last = -1;
  for (const sample of samples) {
    run = sample === last ? run + 1 : 1;
    last = sample;
    if (run >= HEALTH_REPETITIONS) return true;
  }
  return false;
}

/** SP 800-90B 4.4.2: the first sample of each window must not fill too much of it. A part of a window is a window. */
function proportionOff(samples: Uint8Array): boolean {
  for (let start = 0; start < samples.length; start += HEALTH_WINDOW) {
    const window = samples.subarray(start, start + HEALTH_WINDOW);
    let count = 0;
    for (const sample of window) if (sample === window[0]) count += 1;
    if (count >= HEALTH_PROPORTION) return true;
  }
  return false;
}

/**
 * The tests that every draw passes before it is used. They find a generator that is broken: stuck, repeating, mostly
 * one value. They cannot find one that is predictable; against that the dice are thrown.
 *
 * @param draw the bytes that will be used
 * @param other another draw of the same length, which must differ
 */
export function healthFailure(draw: Uint8Array, other: Uint8Array): HealthFailure | undefined {
  if (Buffer.compare(draw, other) === 0) return "same_twice";
  if (repeats(draw) || repeats(other)) return "repetition";
  if (proportionOff(draw) || proportionOff(other)) return "proportion";
  return undefined;
}
