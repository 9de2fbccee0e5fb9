import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { amountsFor } from "../../../lsp/money/amounts.ts";
import { asMsat } from "../../../lsp/money/msat.ts";
import { DEPOSIT } from "../../../lsp/states/deposit.ts";
import { OPENING } from "../../../lsp/states/opening.ts";
import { SWAP } from "../../../lsp/states/swap.ts";
import { TRANSACTION } from "../../../lsp/states/transaction.ts";
import {
  type Act,
  COINBASE_BLOCKS,
  DEPOSITS_MAX,
  fundable,
  NEGOTIATING_MS,
  nextAct,
  RETREAT_BLOCKS,
  SETTLED_BLOCKS,
} from "../../../lsp/swap/decide.ts";
import type { DepositView, NodeView, OpeningView, SwapRules, SwapView } from "../../../lsp/swap/view.ts";

const amounts = amountsFor(20_000_000n) ?? assert.fail();
const RULES: SwapRules = { amounts, confirmations: 3, channelConfirmations: 3, refundsPaused: false };
const NODE: NodeView = { height: 1_000, peer: new Set([23]), channel: "none", satPerKw: 253n, obstacle: undefined };
const NOW = 1_000_000;

const deposit = (over: Partial<DepositView> = {}): DepositView => ({
  ...{ id: 1n, amount: amounts.min, status: "unspent", confirmations: 3, coinbase: false, ...over },
});
const opening = (over: Partial<OpeningView> = {}): OpeningView => ({
  ...{ status: "publishing", since: NOW, spends: [1n], confirmations: 0, wasConfirmed: false, conflict: 0 },
  ...{ refusedSince: undefined, ...over },
});
const swap = (over: Partial<SwapView> = {}): SwapView => ({
  ...{ status: "waiting_fund_chain", expiresAt: NOW + 1, held: undefined, retreatAsked: false },
  ...{ deposits: [deposit()], opening: undefined, transactions: [], ...over },
});
const reserved = deposit({ status: "unspent_chan_reserve" });

const act = (of: SwapView, node: Partial<NodeView> = {}, rules: Partial<SwapRules> = {}, now = NOW): Act =>
  nextAct(of, { ...NODE, ...node }, { ...RULES, ...rules }, now);
const kindOf = (...of: Parameters<typeof act>): string => {
  const next = act(...of);
  return "why" in next ? `${next.kind} ${next.why}` : next.kind;
};

describe("before an opening", () => {
  test("deposits count when they are deep enough, those of a coinbase 100 deep", () => {
    assert.equal(kindOf(swap()), "fund");
    assert.equal(kindOf(swap({ deposits: [deposit({ confirmations: 2 })] })), "wait deposits");
    const coinbase = (confirmations: number) => swap({ deposits: [deposit({ coinbase: true, confirmations })] });
    assert.equal(kindOf(coinbase(COINBASE_BLOCKS - 1)), "wait deposits");
    assert.equal(kindOf(coinbase(COINBASE_BLOCKS)), "fund");
  });

  test("two halves make one swap; the largest 20 count", () => {
    const half = asMsat(amounts.min / 2n);
    assert.equal(kindOf(swap({ deposits: [deposit({ amount: half })] })), "wait deposits");
    assert.equal(kindOf(swap({ deposits: [deposit({ amount: half }), deposit({ id: 2n, amount: half })] })), "fund");
    const many = Array.from({ length: 25 }, (_, i) =>
      deposit({ id: BigInt(i), amount: asMsat(1_000_000n * BigInt(i + 1)) }),
    );
    const { deposits } = fundable(swap({ deposits: many }), RULES);
    assert.equal(deposits.length, DEPOSITS_MAX);
    assert.deepEqual([deposits[0], deposits.at(-1)], [24n, 5n]);
  });

  test("above the maximum the whole of it goes back; its time ends a swap, enough or not", () => {
    const above = swap({ deposits: [deposit({ amount: asMsat(amounts.max + 1_000n) })] });
    assert.equal(kindOf(above), "expire above");
    assert.equal(kindOf(swap({ expiresAt: NOW })), "expire time");
    assert.equal(kindOf(swap({ expiresAt: NOW, status: "waiting_peer" })), "expire time");
  });

  test("funded, it waits for what is in the way, then for the peer, then it is claimed", () => {
    const funded = swap({ status: "waiting_peer" });
    assert.equal(kindOf(funded, { obstacle: "no_coins", peer: undefined }), "wait no_coins");
    assert.equal(kindOf(funded, { peer: undefined }), "wait peer");
    assert.equal(kindOf(funded), "claim");
    assert.equal(kindOf(swap({ status: "waiting_peer", deposits: [] })), "unfund", "a reorganisation took them");
  });
});

describe("an opening that is found", () => {
  const found = (over: Partial<OpeningView>, deposits = [reserved]) =>
    swap({ status: "in_psbt_thread", deposits, opening: opening(over) });

  test("before psbt_finalize it is given up, and so is one that is not there", () => {
    for (const status of ["claimed", "funded", "signed", "over"] as const) {
      assert.equal(kindOf(found({ status })), "give_up interrupted", status);
    }
    assert.equal(kindOf(swap({ status: "in_psbt_thread" })), "give_up interrupted");
  });

  test("negotiating: forward with a channel and its deposits, over after 60 s without one", () => {
    const negotiating = { status: "negotiating" } as const;
    assert.equal(kindOf(found(negotiating), { channel: "pending" }), "commit");
    assert.equal(
      kindOf(found(negotiating, [deposit({ status: "orphan" })]), { channel: "pending" }),
      "give_up deposit_gone",
    );
    assert.equal(kindOf(found(negotiating), {}, {}, NOW + NEGOTIATING_MS - 1), "wait channel");
    assert.equal(kindOf(found(negotiating), {}, {}, NOW + NEGOTIATING_MS), "give_up not_pending");
  });
});

describe("past the point of no return", () => {
  const left = (over: Partial<OpeningView> = {}, more: Partial<SwapView> = {}) =>
    swap({ status: "waiting_chan", deposits: [reserved], opening: opening(over), ...more });
  const open = { active: true, edge: true };

  test("published until a block has it, then deep enough, active, with its edge", () => {
    assert.equal(kindOf(left()), "publish");
    assert.equal(kindOf(left({ confirmations: 1 })), "confirm");
    const confirmed = (confirmations: number) => left({ status: "confirmed", confirmations });
    assert.equal(kindOf(confirmed(2), { channel: open }), "wait confirmations");
    assert.equal(kindOf(confirmed(3), { channel: "pending" }), "wait channel");
    assert.equal(kindOf(confirmed(3), { channel: { active: false, edge: true } }), "wait channel");
    assert.equal(kindOf(confirmed(3), { channel: { active: true, edge: false } }), "repair");
    assert.equal(kindOf(confirmed(3), { channel: open }), "succeed");
    assert.equal(kindOf(left({ status: "opened", confirmations: 5 }), { channel: open }), "rest");
    assert.equal(kindOf(left({ status: "opened", confirmations: SETTLED_BLOCKS }), { channel: open }), "settle");
  });

  test("refused for 144 blocks the coins go back, but not from a channel that the customer may have used", () => {
    const refusedSince = NODE.height - RETREAT_BLOCKS;
    assert.equal(kindOf(left({ refusedSince: refusedSince + 1 })), "publish");
    assert.equal(kindOf(left({ refusedSince })), "retreat");
    assert.equal(kindOf(left({ refusedSince, wasConfirmed: true })), "publish");
    assert.equal(kindOf(left({ refusedSince, wasConfirmed: true }, { retreatAsked: true })), "retreat");
    assert.equal(kindOf(left({ confirmations: 1 }, { retreatAsked: true })), "confirm", "the block decides");
  });

  test("a conflict is waited for until it is six deep; then lnd is told to abandon the channel", () => {
    assert.equal(kindOf(left({ conflict: SETTLED_BLOCKS - 1 })), "wait confirmations");
    assert.equal(kindOf(left({ conflict: SETTLED_BLOCKS })), "abandon");
  });

  test("a late deposit goes back without waiting for the channel", () => {
    const late = [reserved, deposit({ id: 2n })];
    const waiting = left({ status: "confirmed", confirmations: 1 }, { deposits: late });
    assert.deepEqual(act(waiting, { channel: open }), { kind: "refund", deposits: [2n] });
    assert.deepEqual(act(swap({ status: "succeeded", deposits: late, opening: opening({ status: "settled" }) })), {
      kind: "refund",
      deposits: [2n],
    });
  });
});

const statusOf = <State extends string>({ states }: { states: Readonly<Record<State, string>> }) =>
  fc.constantFrom(...(Object.keys(states) as State[]));
const depth = fc.integer({ min: 0, max: 200 });
const ids = fc.uniqueArray(fc.bigInt({ min: 1n, max: 6n }), { maxLength: 4 });

const anySwap: fc.Arbitrary<SwapView> = fc.record({
  status: statusOf(SWAP),
  expiresAt: fc.integer({ min: NOW - 10, max: NOW + 10 }),
  held: fc.option(fc.constant("held"), { nil: undefined, freq: 9 }),
  retreatAsked: fc.boolean(),
  deposits: fc.uniqueArray(
    fc.record({
      id: fc.bigInt({ min: 1n, max: 6n }),
      amount: fc.bigInt({ min: 1n, max: 11_000_000n }).map((sat) => asMsat(sat * 1_000n)),
      status: statusOf(DEPOSIT),
      confirmations: depth,
      coinbase: fc.boolean(),
    }),
    { selector: ({ id }) => id, maxLength: 6 },
  ),
  opening: fc.option(
    fc.record({
      status: statusOf(OPENING),
      since: fc.integer({ min: NOW - 2 * NEGOTIATING_MS, max: NOW }),
      spends: ids,
      confirmations: depth,
      wasConfirmed: fc.boolean(),
      conflict: depth,
      refusedSince: fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined }),
    }),
    { nil: undefined },
  ),
  transactions: fc.array(
    fc.record({
      id: fc.bigInt({ min: 1n, max: 9n }),
      kind: fc.constantFrom("funding", "fee_child", "refund"),
      status: statusOf(TRANSACTION),
      spends: ids,
      confirmations: depth,
      satPerKw: fc.constant(253n),
    }),
    { maxLength: 3 },
  ),
});
const anyNode: fc.Arbitrary<NodeView> = fc.record({
  height: fc.constant(1_000),
  peer: fc.option(fc.constant(new Set([23])), { nil: undefined }),
  channel: fc.oneof(
    fc.constantFrom("none" as const, "pending" as const),
    fc.record({ active: fc.boolean(), edge: fc.boolean() }),
  ),
  satPerKw: fc.constant(253n),
  obstacle: fc.option(fc.constantFrom("paused" as const, "no_coins" as const), { nil: undefined }),
});

describe("whatever the database has and lnd says", () => {
  const always = (holds: (of: SwapView, next: Act, node: NodeView) => void): void =>
    fc.assert(
      fc.property(anySwap, anyNode, (of, node) => holds(of, nextAct(of, node, RULES, NOW), node)),
      { numRuns: 5_000 },
    );
  const PAST = ["publishing", "confirmed", "opened", "settled"];

  test("there is one next act, and the same again", () => {
    always((of, next, node) => assert.deepEqual(nextAct(of, node, RULES, NOW), next));
  });

  test("what is refunded is free, confirmed, once, and no input of an opening that may count", () => {
    always((of, next) => {
      if (next.kind !== "refund") return;
      assert.ok(next.deposits.length > 0 && next.deposits.length <= DEPOSITS_MAX);
      assert.equal(new Set(next.deposits).size, next.deposits.length);
      const { opening } = of;
      for (const id of next.deposits) {
        const found = of.deposits.find((each) => each.id === id);
        assert.ok(found?.status === "unspent" || found?.status === "unspent_dust");
        assert.ok(found.confirmations >= (found.coinbase ? COINBASE_BLOCKS : 1));
        if (opening !== undefined && !["over", "retreated"].includes(opening.status)) {
          assert.ok(!opening.spends.includes(id));
        }
      }
      assert.ok(["waiting_chan", "succeeded", "expired"].includes(of.status), "never while a channel can still come");
    });
  });

  test("once its funding may have left, a swap is never begun anew, given up or expired", () => {
    always((of, next) => {
      if (of.status !== "waiting_chan" && of.status !== "succeeded") return;
      assert.ok(!["fund", "unfund", "claim", "give_up", "expire", "commit"].includes(next.kind), next.kind);
    });
  });

  test("only what is past the point of no return is published, and it is replaced only where nobody can have used it", () => {
    always((of, next) => {
      if (next.kind === "publish" || next.kind === "retreat" || next.kind === "abandon") {
        assert.equal(of.opening?.status, "publishing");
      }
      if (next.kind === "retreat") assert.ok(of.retreatAsked || of.opening?.wasConfirmed === false);
      if (next.kind === "abandon") assert.ok((of.opening?.conflict ?? 0) >= SETTLED_BLOCKS);
    });
  });

  test("a channel is claimed for deposits that are enough, deep, and not above the maximum", () => {
    always((of, next) => {
      if (next.kind !== "claim" && next.kind !== "fund") return;
      const spent = of.deposits.filter(({ id }) => next.deposits.includes(id));
      const total = spent.reduce((sum, { amount }) => sum + amount, 0n);
      assert.ok(total >= amounts.min && total <= amounts.max);
      assert.equal(next.split.user + next.split.fee, total);
      assert.ok(spent.every(({ status, confirmations }) => status === "unspent" && confirmations >= 3));
      assert.ok(NOW < of.expiresAt);
    });
  });

  test("nothing is done with a swap that is held", () => {
    always((of, next) => {
      if (of.held !== undefined) assert.deepEqual(next, { kind: "wait", why: "held" });
    });
  });

  test("no swap is stuck before the point of no return: it goes on, waits for something named, or ends with its time", () => {
    always((of, next) => {
      const early = ["waiting_fund_chain", "waiting_peer", "in_psbt_thread"].includes(of.status);
      if (early && !PAST.includes(of.opening?.status ?? "") && of.opening?.status !== "retreated") {
        assert.notEqual(next.kind, "rest");
      }
    });
  });
});
