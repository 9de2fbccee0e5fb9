import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { fail, ok, type Result } from "../../../core/result.ts";
import { NODE_INFO_MS } from "../../../lsp/limits.ts";
import { type NodeCache, type NodeCacheOptions, openNodeCache } from "../../../lsp/node/info.ts";
import type { NodeInfo } from "../../../lsp/node/lnd.ts";
import { type LndError, type LndTrouble, lndError } from "../../../lsp/node/trouble.ts";

const INFO: NodeInfo = {
  nodeId: `02${"11".repeat(32)}`,
  alias: "lsp",
  network: "regtest",
  version: "0.21.2-beta",
  syncedToChain: true,
  height: 7,
  uris: [],
};

type Answer = Result<NodeInfo, LndError>;
const no = (trouble: LndTrouble): Answer => fail(lndError(trouble, "as told"));

let now = 0;
/** What lnd answers; the last one again and again. */
let answers: Answer[] = [];
let asked = 0;
let cache: NodeCache | undefined;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  [now, answers, asked, cache] = [0, [], 0, undefined];
});
afterEach(() => {
  cache?.close();
  mock.timers.reset();
});

async function open(options: Partial<NodeCacheOptions> = {}): Promise<NodeCache> {
  const node = {
    async info() {
      asked += 1;
      const next = answers.length > 1 ? answers.shift() : answers[0];
      return next ?? no("failed");
    },
  };
  cache = openNodeCache({ node, monotonic: () => now, ...options });
  await settle();
  return cache;
}

async function pass(ms: number): Promise<void> {
  now += ms;
  mock.timers.tick(ms);
  await settle();
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
}

test("asks at once, and again every few seconds", async () => {
  answers = [ok(INFO), ok({ ...INFO, height: 8 })];
  const node = await open();
  assert.deepEqual([node.latest(), node.age(), node.trouble()], [INFO, 0, undefined]);
  await pass(NODE_INFO_MS.every - 1);
  assert.deepEqual([asked, node.age()], [1, NODE_INFO_MS.every - 1]);
  await pass(1);
  assert.deepEqual([asked, node.latest()?.height, node.age()], [2, 8, 0]);
});

test("before the first answer there is no node, and it is trouble", async () => {
  answers = [no("unavailable")];
  const node = await open();
  assert.deepEqual([node.latest(), node.age(), node.trouble()?.code], [undefined, undefined, "lnd_unavailable"]);
});

test("an lnd that does not answer keeps its last answer for a while, and is asked more often only after that", async () => {
  answers = [ok(INFO), no("unavailable")];
  const troubles: (string | undefined)[] = [];
  const node = await open({ onTrouble: (trouble) => troubles.push(trouble?.code) });
  await pass(NODE_INFO_MS.every);
  await pass(NODE_INFO_MS.every);
  await pass(NODE_INFO_MS.every);
  assert.deepEqual([asked, node.trouble(), node.age()], [4, undefined, NODE_INFO_MS.staleAfter]);
  await pass(NODE_INFO_MS.every);
  assert.equal(node.trouble()?.code, "lnd_unavailable");
  assert.deepEqual(node.latest(), INFO);
  await pass(NODE_INFO_MS.again);
  assert.equal(asked, 6);
  answers = [ok(INFO)];
  await pass(NODE_INFO_MS.again);
  assert.equal(node.trouble(), undefined);
  assert.deepEqual(troubles, [undefined, "lnd_unavailable", undefined]);
});

test("an lnd that says no is trouble at once", async () => {
  for (const trouble of ["locked", "denied", "failed"] as const) {
    answers = [ok(INFO), no(trouble)];
    const node = await open();
    assert.equal(node.trouble(), undefined);
    await pass(NODE_INFO_MS.every);
    assert.deepEqual(node.trouble(), lndError(trouble, "as told"));
    assert.deepEqual(node.latest(), INFO);
    node.close();
  }
});

test("an lnd that does not follow the chain is trouble, with an answer", async () => {
  answers = [ok({ ...INFO, syncedToChain: false }), ok(INFO)];
  const node = await open();
  assert.equal(node.trouble()?.code, "lnd_not_synced");
  assert.equal(node.latest()?.nodeId, INFO.nodeId);
  await pass(NODE_INFO_MS.again);
  assert.equal(node.trouble(), undefined);
});

test("an answer counts as old even if no question has failed since", async () => {
  answers = [ok(INFO)];
  const node = await open();
  now += NODE_INFO_MS.staleAfter;
  assert.equal(node.trouble(), undefined);
  now += 1;
  assert.equal(node.trouble()?.code, "lnd_unavailable");
});

test("those who ask at the same time share one question", async () => {
  answers = [ok(INFO)];
  const node = await open();
  const both = await Promise.all([node.refresh(), node.refresh()]);
  assert.deepEqual(both, [ok(INFO), ok(INFO)]);
  assert.equal(asked, 2);
});

test("a locked wallet is unlocked, and asked again at once", async () => {
  answers = [no("locked"), ok(INFO)];
  let unlocks = 0;
  const onLocked = async (): Promise<void> => {
    unlocks += 1;
  };
  const node = await open({ onLocked });
  assert.deepEqual([unlocks, asked, node.trouble()], [1, 2, undefined]);
});

test("a wallet that stays locked is asked for once in a round", async () => {
  answers = [no("locked")];
  let unlocks = 0;
  const onLocked = async (): Promise<void> => {
    unlocks += 1;
  };
  const node = await open({ onLocked });
  assert.deepEqual([unlocks, asked, node.trouble()?.code], [1, 2, "lnd_locked"]);
  await pass(NODE_INFO_MS.again);
  assert.deepEqual([unlocks, asked], [2, 4]);
});

test("tells how long each answer took", async () => {
  answers = [ok(INFO)];
  const told: [boolean, number][] = [];
  await open({ onAnswer: (answer, ms) => told.push([answer.ok, ms]) });
  assert.deepEqual(told, [[true, 0]]);
});

test("a closed cache asks nothing more, and says so", async () => {
  answers = [ok(INFO)];
  const node = await open();
  node.close();
  await pass(10 * NODE_INFO_MS.every);
  assert.equal(asked, 1);
  assert.deepEqual(await node.refresh(), fail(lndError("unavailable", "closed")));
});
