import assert from "node:assert/strict";
import { test } from "node:test";
import { ok } from "../../../core/result.ts";
import type { LndNode } from "../../../lsp/node/lnd.ts";
import { renewable } from "../../../lsp/node/renewed.ts";
import { good } from "./rig.ts";

/** An lnd that knows one height's block, and one peer. */
function named(name: string): LndNode {
  const node: Partial<LndNode> = {
    wallet: {
      blockHash: async (height: number) => ok(Buffer.from(`${name} ${height}`)),
    } as unknown as LndNode["wallet"],
    funding: { peers: async () => ok([{ nodeId: name, features: new Set() }]) } as unknown as LndNode["funding"],
    close: () => undefined,
  };
  return node as LndNode;
}

test("calls of wallet and channels go to the lnd of the day, also those that somebody took out before", async () => {
  const node = renewable(named("first"));
  const { wallet, funding } = node;
  const { blockHash } = wallet;
  assert.equal(Buffer.from((await good(blockHash(7))) ?? []).toString(), "first 7");
  node.renew(named("second"));
  assert.equal(Buffer.from((await good(blockHash(7))) ?? []).toString(), "second 7");
  assert.deepEqual(
    (await good(funding.peers())).map(({ nodeId }) => nodeId),
    ["second"],
  );
});
