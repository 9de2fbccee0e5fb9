import type { LndNode } from "../../../lsp/node/lnd.ts";
import { type Regtest, startRegtest } from "../../regtest/regtest.ts";
import { eventually } from "../../tools/wait.ts";
import { nodeOn } from "../node/rig.ts";
import { type PeerName, STRICT_LEAST, type World } from "./world.ts";

/** lnd and btcd on regtest: three lnds, about fifteen seconds until the first case. */
export async function realWorld(): Promise<World> {
  const regtest = await startRegtest({
    lnds: [
      { name: "lsp" },
      // lnd's own default; the harness gives more where nothing is said.
      { name: "customer", flags: ["--maxpendingchannels=1"] },
      { name: "strict", flags: ["--rejectpush", `--minchansize=${STRICT_LEAST}`] },
    ],
  });
  try {
    await Promise.all([regtest.connect("lsp", "customer"), regtest.connect("lsp", "strict")]);
    return worldOf(regtest, nodeOn(regtest.lnd("lsp")));
  } catch (error) {
    await regtest.stop();
    throw error;
  }
}

function worldOf(regtest: Regtest, node: LndNode): World {
  const { chain } = regtest;
  return {
    kind: "real",
    node,
    nodeId: (peer) => regtest.lnd(peer).nodeId,
    height: chain.height,
    blockHash: (height) => chain.blockHash(height),
    mine: regtest.mine,
    reorg: regtest.reorg,
    pay: chain.pay,
    takeBack: chain.takeBack,
    inMempool: async (txid) => (await chain.call<readonly string[]>("getrawmempool")).includes(txid),
    async restart() {
      await regtest.lnd("lsp").kill();
      await regtest.lnd("lsp").start();
      await eventually("lnd's answer", async () => (await node.wallet.leases()).ok);
    },
    connect: (peer) => regtest.connect("lsp", peer),
    async crashPeer(peer) {
      await regtest.lnd(peer).kill();
      await regtest.lnd(peer).start();
    },
    channelsOf: (peer) => channelsOf(regtest, peer),
    async stop() {
      node.close();
      await regtest.stop();
    },
  };
}

async function channelsOf(regtest: Regtest, peer: PeerName): Promise<readonly string[]> {
  const lnd = regtest.lnd(peer);
  const { pending_open_channels } = await lnd.call<{
    pending_open_channels: readonly { channel: { channel_point: string } }[];
  }>("lnrpc.Lightning/PendingChannels");
  const { channels } = await lnd.call<{ channels: readonly { channel_point: string }[] }>(
    "lnrpc.Lightning/ListChannels",
  );
  return [
    ...pending_open_channels.map(({ channel }) => channel.channel_point),
    ...channels.map((one) => one.channel_point),
  ];
}
