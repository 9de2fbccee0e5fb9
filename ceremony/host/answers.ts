import { randomInt } from "node:crypto";
import type { Ask, HelperAnswer } from "../flow/turn.ts";
import { drawRandom } from "./random.ts";

/** What every process of the ceremony can answer by itself. */
export function answerLocally(ask: Ask): HelperAnswer | undefined {
  if (ask.kind === "drawn") return { kind: "drawn" };
  if (ask.kind === "random") {
    const drawn = drawRandom(ask.length);
    return drawn.ok ? { kind: "random", bytes: drawn.value } : { kind: "refused", id: "random_failed" };
  }
  if (ask.kind !== "pick") return undefined;
  const numbers: number[] = [];
  while (numbers.length < ask.count) {
    const number = randomInt(ask.below);
    if (ask.repeat === true || !numbers.includes(number)) numbers.push(number);
  }
  return { kind: "pick", numbers };
}
