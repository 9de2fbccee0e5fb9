import assert from "node:assert/strict";
import { test } from "node:test";
import { openJudgeTurns, type TurnJob } from "../../../signer/engine/turns.ts";

/** Turns on a clock that each item moves by a millisecond, and what was started in which order. */
function rig({ sliceItems = 4, underWayItems = 8, sliceMs = 100 } = {}) {
  let now = 0;
  const started: string[] = [];
  const later: (() => void)[] = [];
  const turns = openJudgeTurns({
    sliceItems,
    underWayItems,
    sliceMs,
    monotonic: () => now,
    later: (callback) => void later.push(callback),
  });
  const job = (name: string, items: number): TurnJob => {
    let left = items;
    return {
      left: () => left,
      start(max, isOver) {
        let count = 0;
        do {
          now += 1;
          count += 1;
        } while (count < max && !isOver());
        left -= count;
        started.push(`${name}${count}`);
        return count;
      },
    };
  };
  return { turns, job, started, later };
}

test("clients take turns, a slice each, whatever one of them has waiting", () => {
  const { turns, job, started } = rig();
  turns.add("a", job("a", 20));
  turns.add("a", job("A", 2));
  turns.add("b", job("b", 3));
  assert.deepEqual(started, ["a4", "a4"], "as many as may be under way");
  for (let at = 0; at < 8; at += 1) turns.done(4);
  assert.deepEqual(started, ["a4", "a4", "a4", "b3", "a4", "a4", "A2"]);
});

test("what is waiting gets its turn when the event loop had its own", () => {
  const { turns, job, started, later } = rig({ sliceMs: 2, underWayItems: 100 });
  turns.add("a", job("a", 6));
  turns.add("b", job("b", 1));
  assert.deepEqual(started, ["a2"]);
  assert.equal(later.length, 1, "one callback, however much comes meanwhile");
  later.shift()?.();
  assert.deepEqual(started, ["a2", "a2"]);
  later.shift()?.();
  assert.deepEqual(started, ["a2", "a2", "b1", "a1"]);
});
