import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { amountsFor } from "../../../lsp/money/amounts.ts";
import { asMsat } from "../../../lsp/money/msat.ts";
import { dustOf, feeFor, weightOf } from "../../../lsp/money/sizes.ts";
import { splitDeposits } from "../../../lsp/money/split.ts";

const amounts = amountsFor(20_000_000n) ?? assert.fail();

describe("what deposits are worth", () => {
  test("the specification's points", () => {
    const points = [
      // Deposit, each half, fee: msat.
      [12_000_000n, 10_000_000n, 2_000_000n],
      [500_000_000n, 498_000_000n, 2_000_000n],
      [502_009_000n, 500_000_000n, 2_009_000n],
    ] as const;
    for (const [total, half, fee] of points) {
      assert.deepEqual(splitDeposits(asMsat(total), amounts), { user: half, lsp: half, fee, capacity: 2n * half });
    }
  });

  test("under the minimum there is none, over the maximum there is none", () => {
    assert.equal(splitDeposits(asMsat(amounts.min - 1_000n), amounts), "below");
    assert.notEqual(typeof splitDeposits(amounts.min, amounts), "string");
    assert.notEqual(typeof splitDeposits(amounts.max, amounts), "string");
    assert.equal(splitDeposits(asMsat(amounts.max + 1_000n), amounts), "above");
    assert.equal(splitDeposits(asMsat(0n), amounts), "below");
  });

  test("nothing is lost: halves are equal, whole satoshis, above the fee, and with the fee they are the deposit", () => {
    const totals = fc
      .bigInt({ min: amounts.min / 1_000n, max: amounts.max / 1_000n })
      .map((sat) => asMsat(sat * 1_000n));
    fc.assert(
      fc.property(totals, (total) => {
        const split = splitDeposits(total, amounts);
        assert(typeof split !== "string");
        assert.equal(split.user + split.fee, total);
        assert.equal(split.lsp, split.user);
        assert.equal(split.capacity, split.user + split.lsp);
        assert.ok(split.user > split.fee && split.fee >= 2_000_000n);
        assert.equal(split.user % 1_000n, 0n);
        // 0.4 % and less than a satoshi more, where that is above the least fee.
        assert.ok(split.fee * 250n >= total || split.fee === 2_000_000n);
        assert.ok(split.fee === 2_000_000n || (split.fee - 1_000n) * 250n < total);
      }),
    );
  });

  test("the least deposit opens the least channel but for two satoshis, as its fee is rounded up too, and never one that lnd refuses", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 20_000n, max: 10_000_000n }), (capacity) => {
        const of = amountsFor(capacity * 1_000n);
        if (of === undefined) return;
        const split = splitDeposits(of.min, of);
        assert(typeof split !== "string");
        assert.ok(split.capacity > capacity * 1_000n - 2_000n);
        assert.ok(split.capacity >= 20_000_000n);
      }),
    );
  });
});

describe("sizes", () => {
  const inputs = (n: number): "p2wpkh"[] => Array.from({ length: n }, () => "p2wpkh");
  const vbytes = (weight: number): number => weight / 4;

  test("a funding with change is 84.5 + 68n, a refund 10.5 + 68n and its output", () => {
    for (let n = 1; n <= 20; n++) {
      assert.equal(vbytes(weightOf(inputs(n), ["p2wsh", "p2wpkh"])), 84.5 + 68 * n);
      assert.equal(vbytes(weightOf(inputs(n), ["p2wpkh"])), 10.5 + 68 * n + 31);
      assert.equal(vbytes(weightOf(inputs(n), ["p2wsh"])), 10.5 + 68 * n + 43);
      assert.equal(vbytes(weightOf(inputs(n), ["p2tr"])), 10.5 + 68 * n + 43);
    }
  });

  test("what lnd signed is within one virtual byte", () => {
    const signed = [
      [weightOf(inputs(2), ["p2wsh", "p2wpkh"]), 221],
      [weightOf(inputs(3), ["p2wsh", "p2wpkh"]), 288],
      [weightOf(inputs(1), ["p2wpkh"]), 110],
      [weightOf(inputs(1), ["p2tr"]), 122],
    ] as const;
    for (const [weight, size] of signed) assert.ok(Math.abs(vbytes(weight) - size) < 1, `${size}`);
    // BIP341: a key-path spend is 57.5 vB.
    assert.equal(vbytes(weightOf(["p2tr"], ["p2tr"])), 10.5 + 57.5 + 43);
  });

  test("a fee reaches its rate, and is no satoshi above it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 8_000 }), fc.bigInt({ min: 1n, max: 1_000_000n }), (weight, rate) => {
        const fee = feeFor(weight, rate);
        assert.ok(fee * 1_000n >= BigInt(weight) * rate);
        assert.ok((fee - 1n) * 1_000n < BigInt(weight) * rate);
      }),
    );
    assert.equal(feeFor(1_000, 253n), 253n);
    assert.equal(feeFor(1_001, 253n), 254n);
  });

  test("dust is Bitcoin Core's", () => {
    assert.deepEqual([dustOf("p2wpkh"), dustOf("p2wsh"), dustOf("p2tr")], [294n, 330n, 330n]);
  });
});
