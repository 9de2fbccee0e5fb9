import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type Outpoint, outpointText } from "../../../lsp/node/wallet.ts";
import { eventually } from "../../tools/wait.ts";
import { good } from "../node/rig.ts";
import {
  confirmed,
  fundingPsbt,
  isLeased,
  isPending,
  negotiated,
  openAt,
  openedChannel,
  outcome,
  pending,
  publish,
  request,
  YEAR,
} from "./steps.ts";
import type { Case, World } from "./world.ts";

const POLICY = {
  timeLockDelta: 80,
  minHtlcMsat: 1_000n,
  maxHtlcMsat: 100_000_000n,
  baseFeeMsat: 1_000n,
  feeRatePpm: 1,
};

/** Traps of negotiations, of pending channels, and of open ones in a reorg. */
export const CHANNEL_CASES: readonly Case[] = [
  {
    name: "each refusal has its own name: offline, too small, too large, no push, below the peer's least, the slot taken",
    async run(world) {
      await world.connect("strict");
      // The point G of the curve: a key, and nobody's node.
      const nobody = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
      assert.equal(await outcome(world, request(world, "customer", 200_000n, { nodeId: nobody })), "offline");
      assert.equal(await outcome(world, request(world, "customer", 19_998n)), "small");
      assert.equal(await outcome(world, request(world, "customer", 16_777_216n)), "large");
      assert.equal(await outcome(world, request(world, "strict", 800_000n)), "push");
      assert.equal(await outcome(world, request(world, "strict", 200_000n, { push: 0n })), "small");
      const { asked, close } = await negotiated(world);
      // lnd's default lets one negotiation be, and closing the stream tells nobody.
      assert.equal(await outcome(world, request(world, "customer", 200_000n)), "slots");
      assert.equal(await outcome(world, asked), "id");
      close();
      assert.equal(await outcome(world, asked), "id");
      await good(world.node.funding.cancel(asked.pendingId));
      await eventually("the slot", async () => (await outcome(world, asked)) === "accepted");
      await good(world.node.funding.cancel(asked.pendingId));
      await good(world.node.funding.cancel(randomBytes(32)));
    },
  },
  {
    name: "psbt_verify looks at the funding output and at the sums, and at no fee",
    async run(world) {
      const { funding } = world.node;
      const opening = await negotiated(world);
      const { pendingId } = opening.asked;
      const other = { ...opening, funding: { ...opening.funding, amount: opening.funding.amount - 1n } };
      assert.equal((await funding.verify(pendingId, (await fundingPsbt(world, other)).unsigned)).ok, false);
      const nothing = await fundingPsbt(world, opening, { fee: 0n });
      assert.equal((await funding.verify(pendingId, nothing.unsigned)).ok, false);
      const cheap = await fundingPsbt(world, opening, { fee: 1n });
      await good(funding.verify(pendingId, cheap.unsigned));
      // Once is enough: the shim is used up.
      assert.equal((await funding.verify(pendingId, cheap.unsigned)).ok, false);
      await good(funding.cancel(pendingId));
      assert.equal((await funding.verify(pendingId, cheap.unsigned)).ok, false);
      assert.equal((await funding.finalize(pendingId, cheap.unsigned)).ok, false);
    },
  },
  {
    name: "a channel is pending at both before its funding is anywhere, has a backup, and opens with the sums that were asked",
    async run(world) {
      const { funding } = world.node;
      const channel = await pending(world, await negotiated(world));
      const [listed] = (await good(funding.pendingChannels())).filter((one) => same(one, channel.channel));
      assert.deepEqual(
        [listed?.nodeId, listed?.capacity, listed?.remote],
        [world.nodeId("customer"), 200_000n, 100_000n],
      );
      assert.ok(listed !== undefined && listed.local < 100_000n && listed.local > 90_000n);
      assert.equal(await world.inMempool(channel.id), false);
      assert.ok((await good(funding.backup(channel.channel))).length > 500);
      assert.equal((await funding.backup({ txid: randomBytes(32), vout: 0 })).ok, false);
      await eventually("the peer has it", () => peerHas(world, channel.channel));
      // Cancelled now it is ok, and pending all the same.
      await good(funding.cancel(channel.opening.asked.pendingId));
      assert.equal(await isPending(world, channel.channel), true);
      await openedChannel(world, channel);
      assert.equal(await isPending(world, channel.channel), false);
    },
  },
  {
    name: "lnd killed before psbt_finalize has no negotiation any more, and its leases still",
    // Was not run on real lnd yet.
    real: false,
    async run(world) {
      const { wallet, funding } = world.node;
      const opening = await negotiated(world);
      const id = randomBytes(32);
      await good(wallet.lease(id, opening.coin, YEAR));
      await good(funding.verify(opening.asked.pendingId, (await fundingPsbt(world, opening)).unsigned));
      await world.restart();
      assert.equal(await isLeased(world, opening.coin), true);
      const psbt = await (await fundingPsbt(world, opening)).sign();
      assert.equal((await funding.finalize(opening.asked.pendingId, psbt.psbt)).ok, false);
      await good(wallet.release(id, opening.coin));
      const again = await negotiated(world, { coin: opening.coin });
      await good(funding.cancel(again.asked.pendingId));
    },
  },
  {
    name: "lnd killed with a pending channel has it after, publishes nothing, and opens it when the funding is published",
    // Was not run on real lnd yet.
    real: false,
    async run(world) {
      const channel = await pending(world, await negotiated(world));
      await world.restart();
      await eventually("a pending channel", () => isPending(world, channel.channel));
      assert.equal(await isLeased(world, channel.opening.coin), true);
      assert.equal(await world.inMempool(channel.id), false);
      await world.connect("customer");
      await openedChannel(world, channel);
    },
  },
  {
    name: "a peer that goes away ends the negotiation on both sides",
    // Was not run on real lnd yet.
    real: false,
    async run(world) {
      const opening = await negotiated(world);
      await world.crashPeer("customer");
      const psbt = await fundingPsbt(world, opening);
      await eventually("no intent", async () => {
        const answer = await world.node.funding.verify(opening.asked.pendingId, psbt.unsigned);
        return !answer.ok && /no funding intent found/.test(answer.error.detail);
      });
      const again = await negotiated(world, { coin: opening.coin });
      await good(world.node.funding.cancel(again.asked.pendingId));
    },
  },
  {
    name: "the block of a funding mined anew leaves the channel active without its edge, until a policy puts ours back",
    // Was not run on real lnd yet.
    real: false,
    async run(world) {
      const { funding } = world.node;
      const { channel } = await openedAnew(world);
      await world.reorg(4);
      await eventually("no edge", async () => !(await good(funding.hasEdge(channel))));
      await eventually("an active channel", async () => (await openAt(world, channel))?.active === true);
      await world.mine(6);
      assert.equal(await good(funding.hasEdge(channel)), false);
      assert.equal((await funding.restoreEdge(channel, { ...POLICY, maxHtlcMsat: 0n })).ok, false);
      await good(funding.restoreEdge(channel, POLICY));
      assert.equal(await good(funding.hasEdge(channel)), true);
    },
  },
  {
    name: "signed with hash type 0 the channel is pending at both all the same; abandoned, it is ours no more and the peer's still",
    async run(world) {
      const { funding } = world.node;
      const channel = await pending(world, await negotiated(world), { sighashType: 0 });
      assert.equal(await publish(world, channel.raw), "other");
      await eventually("the peer has it", () => peerHas(world, channel.channel));
      for (let i = 0; i < 2; i += 1) await good(funding.abandon(channel.channel));
      assert.equal(await isPending(world, channel.channel), false);
      assert.equal(await peerHas(world, channel.channel), true);
      await world.connect("customer");
      assert.equal(await outcome(world, request(world, "customer", 200_000n)), "slots");
    },
  },
];

async function openedAnew(world: World) {
  const coin = await confirmed(world, 250_000n);
  const channel = await pending(world, await negotiated(world, { coin }));
  await openedChannel(world, channel);
  return channel;
}

async function peerHas(world: World, channel: Outpoint): Promise<boolean> {
  return (await world.channelsOf("customer")).includes(outpointText(channel));
}

function same(a: Outpoint, b: Outpoint): boolean {
  return outpointText(a) === outpointText(b);
}
