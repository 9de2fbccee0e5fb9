import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { Secret } from "../../../core/secret.ts";
import { openNodeCache } from "../../../lsp/node/info.ts";
import type { LndNode } from "../../../lsp/node/lnd.ts";
import type { Lnd } from "../../regtest/lnd.ts";
import { type Regtest, startRegtest } from "../../regtest/regtest.ts";
import { needs } from "../../tools/need.ts";
import { bound } from "../../tools/speed.ts";
import { eventually } from "../../tools/wait.ts";
import { startRelay } from "./relay.ts";
import { bad, chainFrom, follow, good, nodeOn } from "./rig.ts";

describe("an lnd that goes away", needs("go"), () => {
  let regtest: Regtest;
  let lnd: Lnd;
  let node: LndNode;

  before(async () => {
    regtest = await startRegtest({ lnds: [{ name: "lsp" }] });
    lnd = regtest.lnd("lsp");
    node = nodeOn(lnd);
  });
  after(async () => {
    node?.close();
    await regtest?.stop();
  });

  test("one that was killed comes back: locked, unlocked by its password alone, and no block is missed", async () => {
    const { blocks, troubles, close } = follow(node);
    await eventually("the tip", () => blocks.length === 1);
    await regtest.mine(1);
    await eventually("a block", () => blocks.length === 2);
    assert.deepEqual(troubles, ["well"]);

    await lnd.kill();
    assert.equal(await bad(node.info()), "lnd_unavailable");
    assert.equal(await bad(node.state()), "lnd_unavailable");
    await eventually("trouble", () => troubles.length === 2);
    const missed = await regtest.chain.mine(3);

    await lnd.start({ locked: true });
    await eventually("an answer", async () => (await node.state()).ok);
    assert.equal(await good(node.state()), "locked");
    assert.equal(await bad(node.info()), "lnd_locked");
    assert.equal(await bad(node.signMessage(Buffer.from("a"))), "lnd_locked");
    assert.equal(await bad(node.unlock(Secret.take(Buffer.from("not the password")))), "lnd_denied");
    assert.equal(await good(node.state()), "locked");
    await eventually("the watch is told", () => troubles.at(-1) === "lnd_locked");

    const onLocked = async (): Promise<void> => {
      const password = Secret.take(readFileSync(lnd.passwordFile));
      await good(node.unlock(password));
      password.wipe();
    };
    const cache = openNodeCache({ node, monotonic: () => performance.now(), onLocked });
    await eventually("an lnd to be counted on", () => cache.trouble() === undefined);
    assert.equal(cache.latest()?.nodeId, lnd.nodeId);
    cache.close();
    assert.equal(await good(node.unlock(Secret.take(Buffer.from("it is open already")))), undefined);

    await eventually("the missed blocks", () => blocks.length === 5);
    assert.deepEqual(
      blocks.slice(2).map(({ hash }) => hash),
      missed,
    );
    assert.deepEqual([troubles[1], troubles.at(-1)], ["lnd_unavailable", "well"]);
    close();
  });

  test("a chain that changed while lnd was away goes on with the new branch, from its first block", async () => {
    const { blocks, close } = follow(node);
    await eventually("the tip", () => blocks.length === 1);
    await regtest.mine(2);
    await eventually("blocks", () => blocks.length === 3);
    await lnd.kill();
    const first = (await regtest.chain.height()) - 3;
    await regtest.chain.reorg(4);
    await lnd.start();
    await eventually("the new branch", () => blocks.length === 8);
    assert.deepEqual(blocks.slice(3), await chainFrom(regtest, first));
    close();
  });

  test("one that stands still ends calls at their deadline", async () => {
    const hasty = nodeOn(lnd, { deadlineMs: bound(125) });
    await eventually("an answer", async () => (await hasty.info()).ok);
    process.kill(lnd.pid, "SIGSTOP");
    try {
      assert.equal(await bad(hasty.info()), "lnd_unavailable");
    } finally {
      process.kill(lnd.pid, "SIGCONT");
    }
    await eventually("an answer", async () => (await hasty.info()).ok);
    hasty.close();
  });

  test("a connection that died in silence is noticed by the keep-alive, and replaced", async () => {
    const relay = await startRelay("127.0.0.1", lnd.target);
    // lnd takes no more than one ping in five seconds.
    const limits = { deadlineMs: bound(125), keepAliveMs: { every: 6_000, answer: bound(500) } };
    const other = nodeOn(lnd, { target: relay.target, ...limits });
    const { troubles, close } = follow(other);
    await eventually("the tip", () => troubles.length === 1);
    relay.freeze();
    assert.equal(await bad(other.info()), "lnd_unavailable");
    await eventually("blocks again", () => troubles.length >= 3);
    assert.deepEqual(troubles.slice(0, 3), ["well", "lnd_unavailable", "well"]);
    await eventually("an answer", async () => (await other.info()).ok);
    close();
    other.close();
    await relay.stop();
  });
});
