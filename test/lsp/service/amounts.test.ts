import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { CHAN_CAP_MSAT_MAX, CHAN_CAP_MSAT_MIN } from "../../../lsp/limits.ts";
import { amountsFor, FEE_MIN, FEE_RATE, SWAP_MAX } from "../../../lsp/money/amounts.ts";
import { asMsat, ceilToSat, parseMsat } from "../../../lsp/money/msat.ts";

const capacities = fc.bigInt({ min: CHAN_CAP_MSAT_MIN, max: CHAN_CAP_MSAT_MAX });

describe("the least deposit", () => {
  // docs/contract.md#fees-and-amounts.
  for (const [capacity, min] of [
    [20_000_000n, 12_000_000n],
    [40_000_000n, 22_000_000n],
    [1_000_000_000n, 502_009_000n],
  ] as const) {
    test(`of a channel of ${capacity} msat is ${min}`, () => {
      assert.deepEqual(amountsFor(capacity), { min, max: 10_000_000_000n });
    });
  }

  test("is the least whole satoshi that leaves half the channel after the fee", () => {
    fc.assert(
      fc.property(capacities, (capacity) => {
        const min = amountsFor(capacity)?.min ?? assert.fail();
        assert.equal(min % 1000n, 0n);
        assert.ok(leavesHalf(min, capacity));
        assert.ok(!leavesHalf(min - 1000n, capacity));
      }),
    );
  });

  test("grows with the channel", () => {
    fc.assert(
      fc.property(capacities, capacities, (one, other) => {
        const [small, large] = one < other ? [one, other] : [other, one];
        assert.ok((amountsFor(small)?.min ?? 0n) <= (amountsFor(large)?.min ?? 0n));
      }),
    );
  });

  test("changes from the least fee to the rate where the two are equal", () => {
    // P - H = C / 498 = 2,000,000: docs/contract.md#fees-and-amounts, "at a deposit of 500,000,000 msat".
    assert.equal(amountsFor(996_000_000n)?.min, 500_000_000n);
  });

  test("the configuration's bounds are lnd's least channel and the greatest swap", () => {
    assert.equal(amountsFor(CHAN_CAP_MSAT_MIN - 1n), undefined);
    assert.equal(amountsFor(CHAN_CAP_MSAT_MAX + 1n), undefined);
    assert.equal(amountsFor(CHAN_CAP_MSAT_MAX)?.min, SWAP_MAX);
    assert.ok(!leavesHalf(SWAP_MAX, CHAN_CAP_MSAT_MAX + 1000n));
  });
});

/** min (X - fee) >= C / 2, with both sides times 500: the fee is the greater of the two of the specification. */
function leavesHalf(deposit: bigint, capacity: bigint): boolean {
  const rate = (deposit * 500n * FEE_RATE.numerator) / FEE_RATE.denominator;
  const least = FEE_MIN * 500n;
  return deposit * 500n - (rate > least ? rate : least) >= capacity * 250n;
}

describe("money", () => {
  test("is an unsigned 64-bit number of msat", () => {
    assert.equal(parseMsat(-1n), undefined);
    assert.equal(parseMsat(0n), 0n);
    assert.equal(parseMsat(2n ** 64n - 1n), 2n ** 64n - 1n);
    assert.equal(parseMsat(2n ** 64n), undefined);
    assert.throws(() => asMsat(-1n), RangeError);
  });

  test("is rounded up to whole satoshis, exactly", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.bigInt({ min: 1n, max: 10n ** 6n }), (above, below) => {
        const sat = ceilToSat(above, below);
        assert.equal(sat % 1000n, 0n);
        assert.ok(sat * below >= above);
        assert.ok(sat === 0n || (sat - 1000n) * below < above);
      }),
    );
  });
});
