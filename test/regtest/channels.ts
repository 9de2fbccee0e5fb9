import { bound } from "../tools/speed.ts";
import type { Chain } from "./chain.ts";
import type { Lnd } from "./lnd.ts";

/** lnd waits for up to six confirmations of a channel, and tells others of it after six (BOLT 7). */
const CHANNEL_BLOCKS = 6;

/** Of one attempt to pay over a channel on this machine. */
const PAYMENT_MS = 20_000;

export interface Channel {
  readonly from: Lnd;
  readonly to: Lnd;
  readonly sat: number;
  readonly push: number;
}

/**
 * Waits until lnd has done its work for btcd's tip: `synced_to_chain` is true when its wallet, its router and its block
 * dispatcher have all come to the tip's height (rpcserver.go, getChainSyncInfo). A reorg's new branch is the longer one,
 * so that the height says enough. A locked lnd follows nothing, and is not waited for.
 */
export async function synced(lnd: Lnd): Promise<void> {
  const { state } = await lnd.call<{ state: string }>("lnrpc.State/GetState");
  if (state === "LOCKED") return;
  await lnd.until("the tip of the chain", async () => {
    const { synced_to_chain } = await lnd.call<{ synced_to_chain: boolean }>("lnrpc.Lightning/GetInfo");
    return synced_to_chain || undefined;
  });
}

/** Sends coins of the bank to a new address of it, mines them in, waits for its wallet to have them. */
export async function fund(lnd: Lnd, chain: Chain, sat: number): Promise<string> {
  const before = await confirmed(lnd);
  // An address is watched from when it was handed out.
  const { address } = await lnd.call<{ address: string }>("lnrpc.Lightning/NewAddress");
  const txid = await chain.pay(address, sat);
  await chain.mine(1);
  await lnd.until("funds", async () => (await confirmed(lnd)) >= before + BigInt(sat) || undefined);
  return txid;
}

async function confirmed(lnd: Lnd): Promise<bigint> {
  const { confirmed_balance } = await lnd.call<{ confirmed_balance: string }>("lnrpc.Lightning/WalletBalance");
  return BigInt(confirmed_balance);
}

export async function connect(from: Lnd, to: Lnd): Promise<void> {
  if ((await isPeer(from, to)) && (await isPeer(to, from))) return;
  const addr = { pubkey: to.nodeId, host: to.p2p };
  await from.until(`peer ${to.nodeId}`, async () => {
    // Refused while an older connection of the two still ends, or a new one of the other's begins: asked again.
    await from.call("lnrpc.Lightning/ConnectPeer", { addr }).catch(() => undefined);
    return ((await isPeer(from, to)) && (await isPeer(to, from))) || undefined;
  });
}

async function isPeer(of: Lnd, other: Lnd): Promise<boolean> {
  const { peers } = await of.call<{ peers: readonly { pub_key: string }[] }>("lnrpc.Lightning/ListPeers");
  return peers.some(({ pub_key }) => pub_key === other.nodeId);
}

/** Opens, mines, and waits until both can pay through it; the funding outpoint, `txid:index`. */
export async function openChannel({ from, to, sat, push }: Channel, chain: Chain): Promise<string> {
  const opened = await from.call<{ funding_txid_bytes: string; output_index: number }>(
    "lnrpc.Lightning/OpenChannelSync",
    {
      node_pubkey: Buffer.from(to.nodeId, "hex").toString("base64"),
      local_funding_amount: `${sat}`,
      push_sat: `${push}`,
    },
  );
  // Bytes as in a transaction; ids are written the other way round.
  const txid = Buffer.from(opened.funding_txid_bytes, "base64").reverse().toString("hex");
  const outpoint = `${txid}:${opened.output_index}`;
  await chain.mine(CHANNEL_BLOCKS);
  await Promise.all([usable(from, outpoint), usable(to, outpoint)]);
  return outpoint;
}

/** An invoice of `to` for `sat`, paid by `from` and settled at `to`. */
export async function pay(from: Lnd, to: Lnd, sat: number): Promise<void> {
  const invoice = await to.call<{ payment_request: string; r_hash: string }>("lnrpc.Lightning/AddInvoice", {
    value: `${sat}`,
  });
  const { payment_request } = invoice;
  const request = { payment_request, timeout_seconds: Math.ceil(bound(PAYMENT_MS) / 1_000), no_inflight_updates: true };
  const { status, failure_reason } = await from.call<{ status: string; failure_reason: string }>(
    "routerrpc.Router/SendPaymentV2",
    request,
  );
  if (status !== "SUCCEEDED") throw new Error(`${sat} sat not paid: ${failure_reason}`);
  await to.until("a settled invoice", async () => {
    const { state } = await to.call<{ state: string }>("lnrpc.Lightning/LookupInvoice", { r_hash: invoice.r_hash });
    return state === "SETTLED" || undefined;
  });
}

/** Waits until payments find their way through it: active, and with the terms of both sides in lnd's graph. */
async function usable(lnd: Lnd, outpoint: string): Promise<void> {
  await lnd.until(`channel ${outpoint}`, async () => {
    const { channels } = await lnd.call<{ channels: readonly ListedChannel[] }>("lnrpc.Lightning/ListChannels");
    const found = channels.find((one) => one.channel_point === outpoint && one.active);
    if (found === undefined) return undefined;
    const request = { chan_id: found.chan_id };
    const edge = await lnd.call<Edge>("lnrpc.Lightning/GetChanInfo", request).catch(() => undefined);
    return (edge?.node1_policy !== undefined && edge.node2_policy !== undefined) || undefined;
  });
}

interface ListedChannel {
  readonly channel_point: string;
  readonly chan_id: string;
  readonly active: boolean;
}

/** An unset message is no field in protobuf's JSON form. */
interface Edge {
  readonly node1_policy?: unknown;
  readonly node2_policy?: unknown;
}
