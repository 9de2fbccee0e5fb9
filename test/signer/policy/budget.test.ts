import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Decision, decide } from "../../../signer/policy/decide.ts";
import { type Budget, DEFAULT_BUDGET, DEFAULT_POLICY } from "../../../signer/policy/settings.ts";
import {
  applyChange,
  openState,
  replaySigned,
  resumeClient,
  saveState,
  takeSummed,
} from "../../../signer/policy/state.ts";
import type { PolicyContext, SignItem } from "../../../signer/policy/subject.ts";
import { context, item, NETWORK, NODE_KEY, NONCE, NOW_MS, swapFrom } from "./samples.ts";

const DAY = 86_400_000;

describe("the rate", () => {
  test("a second's worth at once, then as time passes", () => {
    const client = budgeted({ perSecond: 3 });
    assert.deepEqual(client.ask(5), ["sign", "sign", "sign", "budget.rate", "budget.rate"]);
    client.wait(334);
    assert.deepEqual(client.ask(2), ["sign", "budget.rate"]);
    client.wait(60_000);
    assert.deepEqual(client.ask(4), ["sign", "sign", "sign", "budget.rate"]);
  });

  test("a clock set back gives nothing", () => {
    const client = budgeted({ perSecond: 2 });
    client.ask(2);
    for (const step of [-1000, 900, -900, 900]) {
      client.wait(step);
      assert.deepEqual(client.ask(1), ["budget.rate"]);
    }
  });

  test("is each client's own", () => {
    const config = {
      ...DEFAULT_POLICY,
      budget: { ...DEFAULT_BUDGET, perSecond: 1 },
      clients: { lsp: { ...DEFAULT_BUDGET, perSecond: 2 } },
    };
    const at = context(config);
    const ask = (client: string) => outcomeOf(decideAndApply(good(at.nowMs), { ...at, client }));
    assert.deepEqual(["lsp", "lsp", "lsp"].map(ask), ["sign", "sign", "budget.rate"]);
    assert.deepEqual(["other", "other", "constructor", "constructor"].map(ask), [
      ...["sign", "budget.rate", "sign", "budget.rate"],
    ]);
  });

  test("two of one batch do not pass on the same token", () => {
    const client = budgeted({ perSecond: 1 });
    assert.deepEqual(client.ask(2), ["sign", "budget.rate"]);
  });
});

describe("the day", () => {
  test("so many signatures, and again tomorrow", () => {
    const client = budgeted({ perDay: 2 });
    assert.deepEqual(client.ask(3), ["sign", "sign", "budget.day"]);
    client.wait(DAY);
    assert.deepEqual(client.ask(3), ["sign", "sign", "budget.day"]);
  });

  test("refusals do not use it up", () => {
    const client = budgeted({ perDay: 1 });
    client.askBad(3);
    assert.deepEqual(client.ask(2), ["sign", "budget.day"]);
  });

  test("yesterday's clock does not give a new day", () => {
    const client = budgeted({ perDay: 1 });
    client.ask(1);
    client.wait(-DAY);
    assert.equal(client.ask(1)[0], "budget.day");
  });

  test("outlives a restart, saved or replayed from the log", () => {
    const config = { ...DEFAULT_POLICY, budget: { ...DEFAULT_BUDGET, perDay: 1 } };
    const at = context(config);
    decideAndApply(good(at.nowMs), at);
    const saved = JSON.parse(JSON.stringify(saveState(at.state)));
    const restored = openState(config, NETWORK, NOW_MS, saved);
    assert.equal(outcomeOf(decide(good(at.nowMs), { ...at, state: restored })), "budget.day");
    const replayed = openState(config, NETWORK, NOW_MS);
    replaySigned(replayed, config, { client: "lsp", atMs: NOW_MS, nonce: NONCE, addressIndex: undefined });
    assert.equal(outcomeOf(decide(good(at.nowMs), { ...at, state: replayed })), "budget.day");
    assert.equal(replayed.clients.get("lsp")?.highestNonce, NONCE);
    assert.deepEqual(saveState(replayed), saved);
  });
});

describe("refusals", () => {
  test("over the rate they get no record, and one for all a second later", () => {
    const client = budgeted({ perSecond: 1 });
    const [, ...refused] = client.decisions(5);
    assert.deepEqual(
      refused.map((decision) => decision.kind === "refuse" && decision.digest),
      [undefined, undefined, undefined, undefined],
    );
    assert.deepEqual(takeSummed(client.at.state, client.at.nowMs + 999), []);
    assert.deepEqual(takeSummed(client.at.state, client.at.nowMs + 1000), [
      { client: "lsp", fromMs: NOW_MS, count: 4, rules: { "budget.rate": 4 } },
    ]);
    assert.deepEqual(takeSummed(client.at.state, client.at.nowMs + 9000), [], "once");
  });

  test("of other rules get a record each up to their own rate", () => {
    const client = budgeted({ refusalsPerSecond: 2 });
    const digests = client.askBad(5).map((decision) => decision.kind === "refuse" && decision.digest !== undefined);
    assert.deepEqual(digests, [true, true, false, false, false]);
    client.wait(500);
    assert.deepEqual(
      client.askBad(1).map((decision) => decision.kind === "refuse" && decision.digest?.length),
      [32],
    );
    const [summed] = takeSummed(client.at.state, client.at.nowMs, true);
    assert.deepEqual([summed?.count, summed?.rules], [3, { "form.wire-type": 3 }]);
  });

  test("no flood writes more than its records a second and one", () => {
    const client = budgeted({ perSecond: 1000, refusalsPerSecond: 10 });
    let records = 0;
    for (let step = 0; step < 1000; step++) {
      records += client.askBad(20).filter((one) => one.kind === "refuse" && one.digest !== undefined).length;
      records += takeSummed(client.at.state, client.at.nowMs).length;
      client.wait(10);
    }
    assert.ok(records <= 10 * (10 + 1) + 10, `${records} records in ten seconds`);
  });
});

describe("a pause", () => {
  test("comes only if configured, at the share, of enough decisions, and until resumed", () => {
    const client = budgeted({ pauseAbove: 0.5 });
    client.ask(50);
    client.askBad(50);
    assert.deepEqual(client.ask(1), ["sign"], "half is not above half");
    client.askBad(2);
    assert.deepEqual(client.ask(1), ["budget.paused"]);
    client.wait(DAY);
    assert.deepEqual(client.ask(1), ["budget.paused"]);
    assert.equal(saveState(client.at.state).clients["lsp"]?.paused, true);
    resumeClient(client.at.state, "lsp");
    assert.deepEqual(client.ask(1), ["sign"]);
  });

  test("never without it", () => {
    const client = budgeted({});
    client.askBad(1000);
    assert.deepEqual(client.ask(1), ["sign"]);
  });

  test("not for a few, and not for what was long ago", () => {
    const client = budgeted({ pauseAbove: 0 });
    client.askBad(99);
    client.wait(60_000);
    client.askBad(99);
    assert.deepEqual(client.ask(1), ["budget.paused"].slice(1).concat("sign"));
  });

  test("a flood is no share: refusals for a budget do not count", () => {
    const client = budgeted({ perSecond: 100, pauseAbove: 0.1 });
    client.ask(1000);
    client.wait(1000);
    assert.deepEqual(client.ask(1), ["sign"]);
  });
});

function budgeted(change: Partial<Budget>) {
  const at = context({ ...DEFAULT_POLICY, budget: { ...DEFAULT_BUDGET, ...change } });
  const client = { at };
  const many = (count: number, asked: () => SignItem) =>
    Array.from({ length: count }, () => decideAndApply(asked(), client.at));
  return {
    get at() {
      return client.at;
    },
    wait(ms: number) {
      client.at = { ...client.at, nowMs: client.at.nowMs + ms };
    },
    decisions: (count: number) => many(count, () => good(client.at.nowMs)),
    ask: (count: number) => many(count, () => good(client.at.nowMs)).map(outcomeOf),
    askBad: (count: number) => many(count, () => item(Buffer.from("0800", "hex"), "GetCfg")),
  };
}

function decideAndApply(asked: SignItem, at: PolicyContext): Decision {
  const decision = decide(asked, at);
  applyChange(at.state, decision.next);
  return decision;
}

function good(nowMs: number): SignItem {
  const ctx = { nonce: { val: BigInt(nowMs) * 1000n }, lnPubKey: { val: NODE_KEY } };
  return item(swapFrom({ ctx }), "SwapFromLn");
}

function outcomeOf(decision: Decision): string {
  return decision.kind === "sign" ? "sign" : decision.rule;
}
