import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Transaction } from "@scure/btc-signer";
import { eventually } from "../../tools/wait.ts";
import { good } from "../node/rig.ts";
import { address, arrived, confirmed, deposit, listed, psbtOf, publish, signed, YEAR } from "./steps.ts";
import type { Case } from "./world.ts";

/** Traps of blocks, of signing, and of `PublishTransaction`. */
export const SPEND_CASES: readonly Case[] = [
  {
    name: "hashes of blocks, in the order of the chain's bytes; undefined above the tip; anew from the fork after a reorg",
    async run(world) {
      const { wallet } = world.node;
      const shown = async (height: number) => {
        const hash = await good(wallet.blockHash(height));
        return hash && Buffer.from(hash).reverse().toString("hex");
      };
      await world.mine(2);
      const tip = await world.height();
      assert.equal(await shown(tip), await world.blockHash(tip));
      assert.equal(await shown(tip + 1), undefined);
      const [fork, cut] = [await shown(tip - 1), await shown(tip)];
      await world.reorg(1);
      assert.equal(await shown(tip - 1), fork);
      assert.notEqual(await shown(tip), cut);
      assert.equal(await shown(tip + 1), await world.blockHash(tip + 1));
    },
  },
  {
    name: "a deposit is listed from its block on and while it has none, with its address, its amount and its raw bytes",
    async run(world) {
      const to = await address(world);
      const id = await world.pay(to, 123_456n);
      const one = await arrived(world, id);
      assert.equal(Transaction.fromRaw(one.raw, { allowUnknownInputs: true, allowUnknownOutputs: true }).id, id);
      const { wallet } = world.node;
      const above = (await world.height()) + 1;
      const unconfirmed = await good(wallet.transactionsFrom(above));
      const output = unconfirmed.flatMap(({ outputs }) => outputs).find(({ address: payee }) => payee === to);
      assert.deepEqual([output?.amount, output?.ours], [123_456n, true]);
      await world.mine(1);
      await eventually("its block", async () => (await listed(world, id))?.block?.height === above);
      const from = async (height: number) =>
        (await good(wallet.transactionsFrom(height))).some(({ txid }) => Buffer.compare(txid, one.txid) === 0);
      assert.deepEqual([await from(above), await from(above + 1)], [true, false]);
      const hash = (await listed(world, id))?.block?.hash ?? [];
      assert.equal(Buffer.from(hash).reverse().toString("hex"), await world.blockHash(above));
    },
  },
  {
    name: "published twice, and once more in its block, it is taken; when its outputs are all spent lnd calls it a double spend",
    async run(world) {
      const coin = await deposit(world);
      const spend = await signed(world, [coin], [{ address: await address(world), sat: coin.sat - 1_000n }]);
      assert.equal(await publish(world, spend.raw), "taken");
      assert.equal(await publish(world, spend.raw), "taken");
      await world.mine(1);
      assert.equal(await publish(world, spend.raw), "taken");
      const next = await signed(
        world,
        [await arrived(world, spend.id)],
        [{ address: await address(world), sat: coin.sat - 2_000n }],
      );
      assert.equal(await publish(world, next.raw), "taken");
      await world.mine(1);
      await eventually("its block", async () => (await listed(world, next.id))?.block !== undefined);
      // Nobody who sees `spent` may think that it is lost.
      assert.equal(await publish(world, spend.raw), "spent");
      assert.notEqual((await listed(world, spend.id))?.block, undefined);
    },
  },
  {
    name: "under the relay fee it is neither in the mempool nor in the wallet",
    async run(world) {
      const coin = await confirmed(world);
      const cheap = await signed(world, [coin], [{ address: await address(world), sat: coin.sat - 20n }]);
      assert.equal(await publish(world, cheap.raw), "fee");
      assert.equal(await world.inMempool(cheap.id), false);
      assert.equal(await listed(world, cheap.id), undefined);
    },
  },
  {
    name: "a replacement pays more than what it replaces, or is refused; one that was final cannot be replaced",
    async run(world) {
      const coin = await confirmed(world);
      const to = await address(world);
      const spend = (fee: bigint, sequence?: number) =>
        signed(world, [coin], [{ address: to, sat: coin.sat - fee }], sequence === undefined ? {} : { sequence });
      assert.equal(await publish(world, (await spend(1_000n)).raw), "taken");
      assert.equal(await publish(world, (await spend(1_010n)).raw), "fee");
      const last = await spend(3_000n, 0xffff_ffff);
      assert.equal(await publish(world, last.raw), "taken");
      assert.equal(await publish(world, (await spend(9_000n)).raw), "spent");
      await world.mine(1);
      await eventually("its block", async () => (await listed(world, last.id))?.block !== undefined);
    },
  },
  {
    name: "leased coins are signed all the same, each input with the hash type ALL that it names",
    async run(world) {
      const { wallet } = world.node;
      const coins = [await confirmed(world), await confirmed(world)];
      for (const coin of coins) await good(wallet.lease(randomBytes(32), coin, YEAR));
      const spend = await signed(world, coins, [{ address: await address(world), sat: 150_000n }]);
      const parsed = Transaction.fromRaw(spend.raw);
      for (let i = 0; i < 2; i += 1) assert.equal(parsed.getInput(i).finalScriptWitness?.[0]?.at(-1), 1);
      assert.equal(await publish(world, spend.raw), "taken");
    },
  },
  {
    name: "without a hash type lnd signs with type 0 and calls it final; no node takes it",
    async run(world) {
      const coin = await confirmed(world);
      const payees = [{ address: await address(world), sat: coin.sat - 1_000n }];
      const spend = await signed(world, [coin], payees, { sighashType: 0 });
      assert.equal(Transaction.fromRaw(spend.raw).getInput(0).finalScriptWitness?.[0]?.at(-1), 0);
      assert.equal(await publish(world, spend.raw), "other");
      assert.equal(await listed(world, spend.id), undefined);
    },
  },
  {
    name: "what is not lnd's to sign is an error, and so is what is no PSBT",
    async run(world) {
      const foreign = { id: "", txid: randomBytes(32), vout: 0, sat: 10_000n, raw: new Uint8Array(0) };
      const script = Uint8Array.from([0, 20, ...randomBytes(20)]);
      const psbt = psbtOf([{ ...foreign, script }], [{ address: await address(world), sat: 9_000n }]);
      assert.equal((await world.node.wallet.finalize(psbt)).ok, false);
      assert.equal((await world.node.wallet.finalize(randomBytes(40))).ok, false);
    },
  },
  {
    name: "an address of the change branch is not one of the deposit branch, and is the wallet's own",
    async run(world) {
      const { wallet } = world.node;
      const change = await good(wallet.nextAddress("change"));
      assert.notEqual(change, await address(world));
      const one = await arrived(world, await world.pay(change, 50_000n));
      assert.equal(one.sat, 50_000n);
    },
  },
  {
    name: "a fee rate is above nothing, and the reserve grows with public channels to 100,000 sat",
    async run(world) {
      const { wallet } = world.node;
      const { satPerKw, minRelaySatPerKw } = await good(wallet.feeRates(6));
      assert.ok(satPerKw >= minRelaySatPerKw && minRelaySatPerKw >= 250n);
      const [now, one, many] = [
        await good(wallet.reserve(0)),
        await good(wallet.reserve(1)),
        await good(wallet.reserve(50)),
      ];
      assert.deepEqual([one - now, many], [10_000n, 100_000n]);
    },
  },
];
