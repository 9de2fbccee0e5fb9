import assert from "node:assert/strict";
import { test } from "node:test";
import { bound } from "./speed.ts";
import { eventually, within } from "./wait.ts";

test("a wait ends when it holds, however often that has to be looked at", async () => {
  let looks = 0;
  await eventually("the third look", async () => ++looks === 3, { pauseMs: 1 });
  assert.equal(looks, 3);
});

test("a wait that is in vain names what did not come, its bound, and what there is to tell", async () => {
  await assert.rejects(
    eventually("rain", () => false, { ms: 1, tell: () => "the sky is blue" }),
    { message: `rain: not within ${bound(1)} ms\nthe sky is blue` },
  );
  await assert.rejects(
    eventually("rain", () => false, { ms: 1 }),
    { message: `rain: not within ${bound(1)} ms` },
  );
});

test("what a look throws ends the wait", async () => {
  await assert.rejects(
    eventually("rain", () => Promise.reject(new Error("no sky"))),
    { message: "no sky" },
  );
});

test("a promise comes to what it comes to, and one that never does is named", async () => {
  assert.equal(await within("an answer", Promise.resolve(7)), 7);
  await assert.rejects(within("an answer", Promise.reject(new Error("no"))), { message: "no" });
  await assert.rejects(within("an answer", new Promise(() => {}), 1), {
    message: `an answer: not within ${bound(1)} ms`,
  });
});
