import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { openBuckets } from "../../../lsp/server/ratelimit.ts";
import { openRecent } from "../../../lsp/server/recent.ts";
import { openShared } from "../../../lsp/service/shared.ts";

describe("a rate", () => {
  test("lets a burst through, then so many a second", () => {
    const buckets = openBuckets({ perSecond: 10, burst: 3 }, 100);
    const passed = (times: readonly number[]): number[] => times.filter((now) => buckets.take("a", now));
    assert.deepEqual(passed([0, 0, 0, 0, 50, 100, 100, 199, 200]), [0, 0, 0, 100, 200]);
    assert.deepEqual(passed([10_000, 10_000, 10_000, 10_000]), [10_000, 10_000, 10_000]);
  });

  test("never lets more through than burst and rate allow, nor less than it must", () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 });
    const rates = fc.record({ perSecond: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 1, max: 20 }) });
    fc.assert(
      fc.property(rates, pauses, (rate, waits) => {
        const buckets = openBuckets(rate, 100);
        let [now, passed, refused] = [0, 0, 0];
        for (const wait of waits) {
          now += wait;
          if (buckets.take("a", now)) passed += 1;
          else refused += 1;
        }
        assert.ok(passed <= rate.burst + (now * rate.perSecond) / 1000 + 1e-6);
        if (waits.length <= rate.burst) assert.equal(refused, 0);
      }),
    );
  });

  test("is one for each key", () => {
    const buckets = openBuckets({ perSecond: 1, burst: 1 }, 100);
    assert.deepEqual(
      ["a", "b", "a", "b"].map((key) => buckets.take(key, 0)),
      [true, true, false, false],
    );
  });

  test("below one at once lets nothing through", () => {
    assert.equal(openBuckets({ perSecond: 1, burst: 0 }, 100).take("a", 0), false);
  });

  test("keeps a bounded number of keys, and those that are used", () => {
    const buckets = openBuckets({ perSecond: 1e-6, burst: 1 }, 100);
    assert.ok(buckets.take("used", 0));
    for (let at = 0; at < 10_000; at++) {
      buckets.take(`other ${at}`, 0);
      assert.ok(buckets.size <= 100);
      if (at % 40 === 0) assert.equal(buckets.take("used", 0), false);
    }
  });
});

describe("a map that forgets", () => {
  test("has what was used last, and never more than it may", () => {
    const keys = fc.array(fc.integer({ min: 0, max: 30 }).map(String), { maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), keys, (entries, used) => {
        const recent = openRecent<number>(entries);
        used.forEach((key, at) => {
          if (recent.get(key) === undefined) recent.set(key, at);
          assert.ok(recent.size <= entries);
        });
        const last = [...new Set(used.toReversed())].slice(0, Math.floor(entries / 2));
        for (const key of last) assert.notEqual(recent.get(key), undefined);
      }),
    );
  });

  test("has the value that was set last", () => {
    const recent = openRecent<number>(4);
    for (const [key, value] of [
      ["a", 1],
      ["b", 2],
      ["c", 3],
      ["a", 4],
    ] as const)
      recent.set(key, value);
    assert.equal(recent.get("a"), 4);
    recent.set("a", 5);
    assert.equal(recent.get("a"), 5);
    assert.ok(recent.size <= 4);
  });
});

describe("what is shared", () => {
  test("is made once while it is being made, however long that takes", async () => {
    let now = 0;
    let made = 0;
    const shared = openShared<string, number>(() => now, 1000);
    const { promise, resolve } = Promise.withResolvers<void>();
    const make = async (): Promise<number> => {
      await promise;
      return ++made;
    };
    const asked = [shared.get("a", make)];
    now = 5000;
    asked.push(shared.get("a", make));
    resolve();
    assert.deepEqual(await Promise.all(asked), [1, 1]);
    assert.equal(await shared.get("a", make), 2);
    now = 5999;
    assert.equal(await shared.get("a", make), 2);
  });

  test("is shared as a failure too, and made again after", async () => {
    let now = 0;
    const shared = openShared<string, number>(() => now, 1000);
    const fails = (): Promise<number> => Promise.reject(new Error("no"));
    await assert.rejects(shared.get("a", fails), /no/);
    await assert.rejects(
      shared.get("a", () => Promise.resolve(1)),
      /no/,
    );
    now = 1000;
    assert.equal(await shared.get("a", () => Promise.resolve(1)), 1);
    assert.equal(await shared.get("b", () => Promise.resolve(2)), 2);
  });
});
