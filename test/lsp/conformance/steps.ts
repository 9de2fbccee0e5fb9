import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { SigHash, Transaction } from "@scure/btc-signer";
import type { FundingOutput, OpeningRequest } from "../../../lsp/node/funding.ts";
import { type Outpoint, outpointText, type WalletTransaction } from "../../../lsp/node/wallet.ts";
import { eventually } from "../../tools/wait.ts";
import { scriptOf } from "../fakelnd/keys.ts";
import { good } from "../node/rig.ts";
import type { PeerName, World } from "./world.ts";

export const YEAR = 31_536_000n;

/** An output of the LSP's wallet that was paid from outside. */
export interface PaidOutput extends Outpoint {
  readonly id: string;
  readonly sat: bigint;
  readonly script: Uint8Array;
  readonly raw: Uint8Array;
}

export function idOf(txid: Uint8Array): string {
  return Buffer.from(txid).reverse().toString("hex");
}

/**
 * A transaction of the wallet's by its id, as lnd lists it; undefined where it does not. A block of it that is none of the
 * chain's is none: real lnd was seen to name one that a reorg had cut.
 */
export async function listed(world: World, id: string): Promise<WalletTransaction | undefined> {
  const { wallet } = world.node;
  const all = (await good(wallet.transactionsFrom(1))).filter(({ txid }) => idOf(txid) === id);
  for (const one of all) {
    if (one.block === undefined) continue;
    const hash = await good(wallet.blockHash(one.block.height));
    if (hash !== undefined && Buffer.compare(hash, one.block.hash) === 0) return one;
  }
  const [first] = all;
  return first && { ...first, block: undefined };
}

export async function address(world: World): Promise<string> {
  return good(world.node.wallet.nextAddress("deposit"));
}

/** Waits until the wallet has an output of this transaction. */
export async function arrived(world: World, id: string): Promise<PaidOutput> {
  let found: PaidOutput | undefined;
  await eventually(`transaction ${id} in lnd's wallet`, async () => {
    const one = await listed(world, id);
    const output = one?.outputs.find(({ ours }) => ours);
    if (one !== undefined && output !== undefined) {
      found = { id, txid: one.txid, vout: output.vout, sat: output.amount, script: output.script, raw: one.raw };
    }
    return found !== undefined;
  });
  assert.ok(found !== undefined);
  return found;
}

export async function deposit(world: World, sat = 100_000n): Promise<PaidOutput> {
  return arrived(world, await world.pay(await address(world), sat));
}

export async function confirmed(world: World, sat = 100_000n): Promise<PaidOutput> {
  const one = await deposit(world, sat);
  await world.mine(1);
  await eventually("its block in lnd's wallet", async () => (await listed(world, one.id))?.block !== undefined);
  return one;
}

export async function isLeased(world: World, outpoint: Outpoint): Promise<boolean> {
  const leases = await good(world.node.wallet.leases());
  return leases.some((one) => outpointText(one) === outpointText(outpoint));
}

export async function isFree(world: World, outpoint: Outpoint, confirmations = 0): Promise<boolean> {
  const coins = await good(world.node.wallet.coins(confirmations));
  return coins.some((one) => outpointText(one) === outpointText(outpoint));
}

export interface Payee {
  readonly address: string;
  readonly sat: bigint;
}

export interface SpendOptions {
  /** Left out, no hash type is named. */
  readonly sighashType?: number | undefined;
  readonly sequence?: number;
}

/** A PSBT of our own over coins of the wallet; hash type ALL and replaceable, as all of ours are. */
export function psbtOf(
  coins: readonly PaidOutput[],
  payees: readonly Payee[],
  { sighashType = SigHash.ALL, sequence = 0xffff_fffd }: SpendOptions = {},
): Uint8Array {
  const spend = new Transaction({ version: 2 });
  for (const { txid, vout, sat, script } of coins) {
    spend.addInput({
      txid: Buffer.from(txid).reverse(),
      index: vout,
      sequence,
      witnessUtxo: { script, amount: sat },
      ...(sighashType === 0 ? {} : { sighashType }),
    });
  }
  for (const { address: payee, sat } of payees) spend.addOutput({ script: scriptOf(payee), amount: sat });
  return spend.toPSBT(0);
}

/** Signed by lnd: its id and its bytes. */
export async function signed(
  world: World,
  coins: readonly PaidOutput[],
  payees: readonly Payee[],
  options?: SpendOptions,
): Promise<{ id: string; raw: Uint8Array; psbt: Uint8Array }> {
  const { raw, psbt } = await good(world.node.wallet.finalize(psbtOf(coins, payees, options)));
  return { id: Transaction.fromRaw(raw, { allowUnknownOutputs: true, allowUnknownInputs: true }).id, raw, psbt };
}

export async function publish(world: World, raw: Uint8Array): Promise<string> {
  const answer = await good(world.node.wallet.publish(raw, ""));
  return answer.kind === "taken" ? "taken" : answer.why;
}

export function request(world: World, peer: PeerName, sat: bigint, more: Partial<OpeningRequest> = {}): OpeningRequest {
  const push = sat / 2n;
  return { nodeId: world.nodeId(peer), capacity: sat, push, private: true, pendingId: randomBytes(32), ...more };
}

/** Why a peer or our lnd refuses it; "accepted" where nobody does. The stream is closed in both. */
export async function outcome(world: World, asked: OpeningRequest): Promise<string> {
  const negotiation = world.node.funding.open(asked);
  const answer = await negotiation.funding;
  negotiation.close();
  return answer.ok ? "accepted" : answer.error.why;
}

/** What a negotiation needs of the chain, and how far it went. */
export interface Opening {
  readonly asked: OpeningRequest;
  readonly funding: FundingOutput;
  readonly coin: PaidOutput;
  close(): void;
}

/** Up to the peer's acceptance, paid by a confirmed coin of the wallet. */
export async function negotiated(
  world: World,
  { sat = 200_000n, peer = "customer", coin }: { sat?: bigint; peer?: PeerName; coin?: PaidOutput } = {},
): Promise<Opening> {
  const paying = coin ?? (await confirmed(world, sat + 50_000n));
  await world.connect(peer);
  let opening: Opening | undefined;
  // A peer that was restarted a moment ago may end the connection once more.
  await eventually("a peer that accepts", async () => {
    const asked = request(world, peer, sat);
    const { funding, close } = world.node.funding.open(asked);
    const answer = await funding;
    if (answer.ok) opening = { asked, funding: answer.value, coin: paying, close };
    else await world.connect(peer);
    return opening !== undefined;
  });
  assert.ok(opening !== undefined);
  return opening;
}

export async function fundingPsbt(world: World, { funding, coin }: Opening, options?: SpendOptions & { fee?: bigint }) {
  const change = await good(world.node.wallet.nextAddress("change"));
  const payees = [
    { address: funding.address, sat: funding.amount },
    { address: change, sat: coin.sat - funding.amount - (options?.fee ?? 1_000n) },
  ];
  return { unsigned: psbtOf([coin], payees, options), sign: () => signed(world, [coin], payees, options) };
}

export interface Pending {
  readonly opening: Opening;
  readonly id: string;
  readonly raw: Uint8Array;
  /** The channel's outpoint. */
  readonly channel: Outpoint;
}

export async function isPending(world: World, channel: Outpoint): Promise<boolean> {
  const all = await good(world.node.funding.pendingChannels());
  return all.some((one) => outpointText(one) === outpointText(channel));
}

/** A channel that is pending at both, its funding published nowhere. */
export async function pending(world: World, opening: Opening, options?: SpendOptions): Promise<Pending> {
  const { wallet, funding } = world.node;
  const psbt = await fundingPsbt(world, opening, options);
  await good(wallet.lease(randomBytes(32), opening.coin, YEAR));
  await good(funding.verify(opening.asked.pendingId, psbt.unsigned));
  const { id, raw, psbt: final } = await psbt.sign();
  await good(funding.finalize(opening.asked.pendingId, final));
  const channel = { txid: Buffer.from(id, "hex").reverse(), vout: 0 };
  await eventually("a pending channel", () => isPending(world, channel));
  opening.close();
  return { opening, id, raw, channel };
}

export async function openAt(world: World, channel: Outpoint) {
  const all = await good(world.node.funding.channels());
  return all.find((one) => outpointText(one) === outpointText(channel));
}

/** Published, mined, and open at both with an edge in lnd's graph. */
export async function openedChannel(world: World, channel: Pending): Promise<void> {
  assert.equal(await publish(world, channel.raw), "taken");
  await world.mine(3);
  await eventually("an open channel", async () => (await openAt(world, channel.channel))?.active === true);
  await eventually("its edge", async () => good(world.node.funding.hasEdge(channel.channel)));
}
