import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { type LndError, lndError } from "../../../lsp/node/trouble.ts";
import { fakeWorldOn } from "../conformance/fakeworld.ts";
import {
  address,
  deposit,
  fundingPsbt,
  listed,
  negotiated,
  outcome,
  pending,
  request,
  YEAR,
} from "../conformance/steps.ts";
import { bad, good } from "../node/rig.ts";
import type { CallPoint } from "./calls.ts";
import { startFakeLnd } from "./fakelnd.ts";

const LOST: LndError = lndError("unavailable", "the answer was lost");

test("calls are counted by name, and those of the test itself are not", async () => {
  const { lnd, world } = fakeWorldOn(startFakeLnd());
  await address(world);
  await address(world);
  await good(lnd.wallet.nextAddress("deposit"));
  await outcome(world, request(world, "customer", 200_000n));
  assert.deepEqual(Object.fromEntries(lnd.calls), { "wallet.nextAddress": 2, "funding.open": 1 });
  lnd.resetCalls();
  assert.equal(lnd.calls.size, 0);
});

test("a call fails before its effect or after it: the lease is not there, or it is", async () => {
  for (const when of ["before", "after"] as const) {
    const { lnd, world } = fakeWorldOn(startFakeLnd());
    const coin = await deposit(world);
    lnd.fails = ({ name, when: moment }: CallPoint) => (name === "wallet.lease" && moment === when ? LOST : undefined);
    assert.equal(await bad(lnd.node.wallet.lease(randomBytes(32), coin, YEAR)), "lnd_unavailable");
    assert.equal((await good(lnd.wallet.leases())).length, when === "after" ? 1 : 0);
  }
});

test("a negotiation whose answer is lost is there all the same", async () => {
  const { lnd, world } = fakeWorldOn(startFakeLnd());
  lnd.fails = ({ name, when }) => (name === "funding.open" && when === "after" ? LOST : undefined);
  const asked = request(world, "customer", 200_000n);
  const lost = await lnd.node.funding.open(asked).funding;
  assert.ok(!lost.ok && lost.error.code === "lnd_unavailable");
  lnd.fails = () => undefined;
  assert.equal(await outcome(world, asked), "id");
});

test("what throws at a point ends the caller there, as a crash does", async () => {
  const { lnd, world } = fakeWorldOn(startFakeLnd());
  lnd.fails = ({ nth }) => {
    if (nth === 2) throw new Error("killed");
    return undefined;
  };
  await address(world);
  await assert.rejects(address(world), /killed/);
});

test("one that was killed answers nothing until it is started", async () => {
  const { lnd } = fakeWorldOn(startFakeLnd());
  lnd.kill();
  assert.equal(await bad(lnd.node.wallet.leases()), "lnd_unavailable");
  assert.equal(await bad(lnd.node.info()), "lnd_unavailable");
  lnd.start();
  await good(lnd.node.wallet.leases());
});

test("without its remote signer it fails at the first signature, and is away then", async () => {
  const { lnd, world } = fakeWorldOn(startFakeLnd());
  const opening = await negotiated(world);
  const psbt = await fundingPsbt(world, opening);
  lnd.wallet.signerAway = true;
  await bad(lnd.node.wallet.finalize(psbt.unsigned));
  assert.equal(await bad(lnd.node.wallet.leases()), "lnd_unavailable");
  lnd.start();
  assert.equal(await bad(lnd.node.funding.finalize(opening.asked.pendingId, psbt.unsigned)), "lnd_failed");
});

test("an ok of psbt_finalize proves nothing: the channel comes late, is the peer's alone, or nobody's", async () => {
  for (const fate of ["late", "peer", "nobody"] as const) {
    const { lnd, world, peers } = fakeWorldOn(startFakeLnd());
    lnd.funding.fate = fate;
    const opening = await negotiated(world);
    const psbt = await fundingPsbt(world, opening);
    const { pendingId } = opening.asked;
    await good(lnd.node.funding.verify(pendingId, psbt.unsigned));
    await good(lnd.node.funding.finalize(pendingId, (await psbt.sign()).psbt));
    assert.deepEqual(await good(lnd.node.funding.pendingChannels()), []);
    await good(lnd.node.funding.cancel(pendingId));
    lnd.funding.arrive();
    assert.equal((await good(lnd.node.funding.pendingChannels())).length, fate === "late" ? 1 : 0);
    assert.equal(peers.customer.channels.size, fate === "nobody" ? 0 : 1);
  }
});

test("a peer keeps the slot of a channel that was never published for 2,016 blocks", async () => {
  const { lnd, world } = fakeWorldOn(startFakeLnd());
  const { channel } = await pending(world, await negotiated(world));
  await good(lnd.node.funding.abandon(channel));
  const asked = request(world, "customer", 200_000n);
  lnd.chain.mine(2_015);
  assert.equal(await outcome(world, asked), "slots");
  lnd.chain.mine(1);
  assert.equal(await outcome(world, asked), "accepted");
});

test("a transaction of a cut block goes on naming it where lnd missed the cut", async () => {
  const { lnd, world } = fakeWorldOn(startFakeLnd());
  lnd.wallet.missesCuts = true;
  const lost = await deposit(world);
  lnd.chain.mine(1);
  lnd.chain.reorg(1, { lose: [lost.id] });
  const [one] = await good(lnd.node.wallet.transactionsFrom(1));
  assert.ok(one?.block !== undefined);
  const hash = await good(lnd.node.wallet.blockHash(one.block.height));
  assert.notDeepEqual(hash, one.block.hash);
  assert.equal((await listed(world, lost.id))?.block, undefined);
});
