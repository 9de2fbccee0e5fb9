import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { LndNode } from "../../../lsp/node/lnd.ts";
import type { Outpoint } from "../../../lsp/node/wallet.ts";
import { type Regtest, startRegtest } from "../../regtest/regtest.ts";
import { needs } from "../../tools/need.ts";
import { eventually } from "../../tools/wait.ts";
import { bad, good, nodeOn } from "./rig.ts";

const YEAR = 31_536_000n;

describe("what a real lnd says of coins and channels", needs("go"), () => {
  let regtest: Regtest;
  let node: LndNode;

  before(async () => {
    regtest = await startRegtest({ lnds: [{ name: "lsp" }] });
    node = nodeOn(regtest.lnd("lsp"));
  });
  after(async () => {
    node?.close();
    await regtest?.stop();
  });

  /** Pays a new address of the wallet; the outpoint once lnd has seen it, and its raw transaction. */
  async function deposit(sat: bigint): Promise<Outpoint & { readonly raw: Uint8Array }> {
    const address = await good(node.wallet.nextAddress("deposit"));
    const shown = await regtest.chain.pay(address, sat);
    const txid = Buffer.from(shown, "hex").reverse();
    let found: (Outpoint & { readonly raw: Uint8Array }) | undefined;
    await eventually("the deposit", async () => {
      const one = (await seen()).find((each) => Buffer.compare(each.txid, txid) === 0);
      const output = one?.outputs.find(({ ours }) => ours);
      if (one !== undefined && output !== undefined) found = { txid, vout: output.vout, raw: one.raw };
      return found !== undefined;
    });
    assert.ok(found !== undefined);
    return found;
  }

  async function seen() {
    const tip = await regtest.chain.height();
    return good(node.wallet.transactionsFrom(tip + 1));
  }

  test("hashes of blocks, in the order of the chain's bytes, and none above the tip", async () => {
    const tip = await regtest.chain.height();
    const hash = (await good(node.wallet.blockHash(tip))) ?? [];
    assert.equal(Buffer.from(hash).reverse().toString("hex"), await regtest.chain.blockHash(tip));
    assert.equal(await good(node.wallet.blockHash(tip + 1)), undefined);
  });

  test("a lease: renewed by its id, refused to another, unknown for what is no output of the wallet", async () => {
    const { wallet } = node;
    const coin = await deposit(100_000n);
    const [id, other] = [randomBytes(32), randomBytes(32)];
    const first = await good(wallet.lease(id, coin, YEAR));
    const again = await good(wallet.lease(id, coin, 2n * YEAR));
    assert.ok(first.kind === "leased" && again.kind === "leased" && again.expires >= first.expires + YEAR);
    assert.deepEqual(await good(wallet.lease(other, coin, YEAR)), { kind: "refused", why: "leased" });
    const nowhere = { txid: randomBytes(32), vout: 0 };
    assert.deepEqual(await good(wallet.lease(id, nowhere, YEAR)), { kind: "refused", why: "unknown" });
    const leases = await good(wallet.leases());
    assert.ok(leases.some((one) => one.vout === coin.vout && Buffer.compare(one.txid, coin.txid) === 0));
    assert.equal(await bad(wallet.release(other, coin)), "lnd_failed");
    await good(wallet.release(id, nowhere));
    await good(wallet.release(id, coin));
    await good(wallet.release(id, coin));
    assert.deepEqual(await good(wallet.leases()), []);
  });

  test("publishing: taken again in the mempool and in a block; `fee`, then `spent`, once another spends the input", async () => {
    const { wallet } = node;
    const kept = await deposit(100_000n);
    const lost = await deposit(100_000n);
    const why = async (raw: Uint8Array): Promise<string> => {
      const answer = await good(wallet.publish(raw, "test"));
      return answer.kind === "taken" ? answer.kind : answer.why;
    };
    assert.equal(await why(kept.raw), "taken");
    await regtest.chain.takeBack(Buffer.from(lost.txid).reverse().toString("hex"));
    // The one that took its place may be replaced itself: what is said is that this one pays too little for it.
    assert.equal(await why(lost.raw), "fee");
    await regtest.mine(1);
    assert.equal(await why(kept.raw), "taken");
    assert.equal(await why(lost.raw), "spent");
    const unspendable = Buffer.from(kept.raw);
    unspendable.writeUInt8((unspendable.at(60) ?? 0) ^ 1, 60);
    assert.notEqual(await why(unspendable), "taken");
  });

  test("a transaction that nobody has is gone already; one in a block stays", async () => {
    await good(node.wallet.remove(randomBytes(32)));
    const { txid } = await deposit(100_000n);
    await regtest.mine(1);
    assert.equal(await bad(node.wallet.remove(txid)), "lnd_failed");
  });

  test("no negotiation, no edge, no peer: each is told apart", async () => {
    const { funding } = node;
    const pendingId = randomBytes(32);
    await good(funding.cancel(pendingId));
    assert.equal(await bad(funding.verify(pendingId, randomBytes(32))), "lnd_failed");
    assert.equal(await good(funding.hasEdge({ txid: randomBytes(32), vout: 0 })), false);
    // The point G of the curve: a key, and nobody's node.
    const nodeId = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    const request = { nodeId, capacity: 200_000n, push: 100_000n, private: true, pendingId };
    const answer = await funding.open(request).funding;
    assert.ok(!answer.ok && answer.error.why === "offline", JSON.stringify(answer));
    const small = await funding.open({ ...request, capacity: 10_000n, push: 5_000n }).funding;
    assert.ok(!small.ok && small.error.why === "small", JSON.stringify(small));
  });
});
