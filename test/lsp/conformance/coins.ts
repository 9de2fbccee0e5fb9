import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { eventually } from "../../tools/wait.ts";
import { good } from "../node/rig.ts";
import { address, arrived, confirmed, deposit, isFree, isLeased, listed, publish, signed, YEAR } from "./steps.ts";
import type { Case } from "./world.ts";

/** Traps of `LeaseOutput`, and of what lnd's wallet believes about transactions. */
export const COIN_CASES: readonly Case[] = [
  {
    name: "a deposit is leased at 0 confirmations, and stays so over blocks, a reorg and a restart of lnd",
    // Real lnd went on naming the cut block, and did not list the new one.
    real: false,
    async run(world) {
      const { wallet } = world.node;
      const [coin, id] = [await deposit(world), randomBytes(32)];
      assert.equal((await good(wallet.lease(id, coin, YEAR))).kind, "leased");
      const stays = async (): Promise<void> => {
        assert.equal(await isLeased(world, coin), true);
        assert.equal(await isFree(world, coin), false);
      };
      await stays();
      await world.mine(2);
      await eventually("its block", async () => (await listed(world, coin.id))?.block !== undefined);
      await stays();
      await world.reorg(2);
      await eventually("its new block", async () => (await listed(world, coin.id))?.block !== undefined);
      await stays();
      await world.restart();
      await stays();
      await good(wallet.release(id, coin));
      await eventually("a free coin", () => isFree(world, coin, 1));
    },
  },
  {
    name: "the same id renews a lease, another is refused; what is no output of the wallet is unknown",
    async run(world) {
      const { wallet } = world.node;
      const [coin, id, other] = [await deposit(world), randomBytes(32), randomBytes(32)];
      const first = await good(wallet.lease(id, coin, YEAR));
      const again = await good(wallet.lease(id, coin, 2n * YEAR));
      assert.ok(first.kind === "leased" && again.kind === "leased" && again.expires >= first.expires + YEAR);
      assert.deepEqual(await good(wallet.lease(other, coin, YEAR)), { kind: "refused", why: "leased" });
      const nowhere = { txid: randomBytes(32), vout: 0 };
      assert.deepEqual(await good(wallet.lease(id, nowhere, YEAR)), { kind: "refused", why: "unknown" });
      assert.equal((await wallet.release(other, coin)).ok, false);
      for (let i = 0; i < 2; i += 1) await good(wallet.release(id, coin));
      await good(wallet.release(id, nowhere));
      assert.equal(await isLeased(world, coin), false);
    },
  },
  {
    name: "lnd deletes a lease when a spend of the output is mined, and a reorg does not bring it back",
    // Real lnd went on naming the cut block, and did not list the new one.
    real: false,
    async run(world) {
      const { wallet } = world.node;
      const [coin, id] = [await confirmed(world), randomBytes(32)];
      await good(wallet.lease(id, coin, YEAR));
      const spend = await signed(world, [coin], [{ address: await address(world), sat: coin.sat - 1_000n }]);
      assert.equal(await publish(world, spend.raw), "taken");
      await arrived(world, spend.id);
      // An output that something unconfirmed spends can be leased as well.
      assert.equal((await good(wallet.lease(id, coin, YEAR))).kind, "leased");
      assert.equal(await isLeased(world, coin), true);
      await world.mine(1);
      await eventually("no lease", async () => !(await isLeased(world, coin)));
      assert.deepEqual(await good(wallet.lease(id, coin, YEAR)), { kind: "refused", why: "unknown" });
      await good(wallet.release(id, coin));
      await world.reorg(1);
      await eventually("a new block", async () => (await listed(world, spend.id))?.block !== undefined);
      assert.equal(await isLeased(world, coin), false);
    },
  },
  {
    name: "a deposit replaced by one that pays us is forgotten, with its lease, when that one is mined",
    async run(world) {
      const { wallet } = world.node;
      const old = await deposit(world);
      await good(wallet.lease(randomBytes(32), old, YEAR));
      const next = await arrived(world, await world.takeBack(old.id, await address(world), 70_000n));
      assert.equal(next.sat, 70_000n);
      await world.mine(1);
      await eventually("no trace of the old one", async () => (await listed(world, old.id)) === undefined);
      assert.equal(await isLeased(world, old), false);
      assert.notEqual((await listed(world, next.id))?.block, undefined);
    },
  },
  {
    name: "a deposit replaced by one that does not pay us stays unconfirmed, leased, seven blocks deep, until it is removed",
    async run(world) {
      const { wallet } = world.node;
      const lost = await deposit(world);
      await good(wallet.lease(randomBytes(32), lost, YEAR));
      const other = await world.takeBack(lost.id);
      // The one in its place may be replaced too: the answer is that this one pays too little, not that it is too late.
      await eventually("the replacement", () => world.inMempool(other));
      assert.equal(await publish(world, lost.raw), "fee");
      await world.mine(7);
      assert.equal(await publish(world, lost.raw), "spent");
      const stays = await listed(world, lost.id);
      assert.ok(stays !== undefined && stays.block === undefined);
      assert.equal(await isLeased(world, lost), true);
      await good(wallet.remove(lost.txid));
      assert.equal(await listed(world, lost.id), undefined);
      assert.equal(await isLeased(world, lost), false);
      await good(wallet.remove(lost.txid));
    },
  },
  {
    name: "lnd forgets such a one by itself at its start",
    async run(world) {
      const lost = await deposit(world);
      await world.takeBack(lost.id);
      await world.mine(1);
      assert.notEqual(await listed(world, lost.id), undefined);
      await world.restart();
      await eventually("no trace of it", async () => (await listed(world, lost.id)) === undefined);
    },
  },
  {
    name: "a deposit whose block left the chain for good is unconfirmed with its value again, and its lease stays",
    // Real lnd went on naming the cut block, and did not list the new one.
    real: false,
    async run(world) {
      const { wallet } = world.node;
      const lost = await confirmed(world);
      await world.mine(1);
      await good(wallet.lease(randomBytes(32), lost, YEAR));
      await world.reorg(2, { lose: [lost.id] });
      await eventually("no block", async () => (await listed(world, lost.id))?.block === undefined);
      const found = await listed(world, lost.id);
      assert.equal(found?.outputs.find(({ ours }) => ours)?.amount, lost.sat);
      assert.equal(await isLeased(world, lost), true);
      assert.equal(await publish(world, lost.raw), "spent");
      await good(wallet.remove(lost.txid));
    },
  },
  {
    name: "a removed transaction takes with it what spends it; one in a block is not removed",
    // Was not run on real lnd yet.
    real: false,
    async run(world) {
      const { wallet } = world.node;
      const parent = await deposit(world);
      const child = await signed(world, [parent], [{ address: await address(world), sat: parent.sat - 1_000n }]);
      assert.equal(await publish(world, child.raw), "taken");
      await arrived(world, child.id);
      await good(wallet.remove(parent.txid));
      assert.equal(await listed(world, parent.id), undefined);
      assert.equal(await listed(world, child.id), undefined);
      await world.mine(1);
      // The chain has them all the same.
      await eventually("the parent in its block", async () => (await listed(world, parent.id))?.block !== undefined);
      assert.equal((await wallet.remove(parent.txid)).ok, false);
    },
  },
  {
    name: "outputs of replaced transactions of our own are listed beside the right ones while nothing is confirmed",
    async run(world) {
      const coin = await confirmed(world);
      const to = await address(world);
      const slow = await signed(world, [coin], [{ address: to, sat: coin.sat - 500n }]);
      const fast = await signed(world, [coin], [{ address: to, sat: coin.sat - 5_000n }]);
      assert.equal(await publish(world, slow.raw), "taken");
      const first = await arrived(world, slow.id);
      assert.equal(await publish(world, fast.raw), "taken");
      const second = await arrived(world, fast.id);
      assert.deepEqual([await isFree(world, first), await isFree(world, second)], [true, true]);
      assert.deepEqual([await isFree(world, first, 1), await isFree(world, second, 1)], [false, false]);
      await world.mine(1);
      await eventually(
        "the right one alone",
        async () => (await isFree(world, second, 1)) && !(await isFree(world, first)),
      );
    },
  },
];
