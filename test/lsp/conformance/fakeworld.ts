import { type FakeLnd, startFakeLnd } from "../fakelnd/fakelnd.ts";
import type { FakePeer } from "../fakelnd/peers.ts";
import { type PeerName, STRICT_LEAST, type World } from "./world.ts";

export interface FakeWorld {
  readonly lnd: FakeLnd;
  readonly peers: Readonly<Record<PeerName, FakePeer>>;
  readonly world: World;
}

export async function fakeWorld(): Promise<World> {
  return fakeWorldOn(startFakeLnd()).world;
}

export function fakeWorldOn(lnd: FakeLnd): FakeWorld {
  const { chain } = lnd;
  const peers: FakeWorld["peers"] = {
    customer: lnd.funding.addPeer("customer"),
    strict: lnd.funding.addPeer("strict", { rejectPush: true, minChannel: STRICT_LEAST }),
  };
  const set = (name: PeerName, online: boolean): void => {
    peers[name].settings = { ...peers[name].settings, online };
  };
  const world: World = {
    kind: "fake",
    node: lnd.node,
    nodeId: (peer) => peers[peer].nodeId,
    height: async () => chain.height(),
    blockHash: async (height) => chain.blockHash(height) ?? "",
    mine: async (blocks) => chain.mine(blocks),
    reorg: async (depth, options) => chain.reorg(depth, options),
    pay: async (address, sat) => chain.pay(address, sat),
    takeBack: async (txid, address, sat) => chain.takeBack(txid, address, sat),
    inMempool: async (txid) => chain.inMempool(txid),
    async restart() {
      lnd.kill();
      lnd.start();
    },
    connect: async (peer) => set(peer, true),
    async crashPeer(peer) {
      set(peer, false);
      // Seen with the next call that names one of its negotiations.
      peers[peer].negotiating.clear();
    },
    async channelsOf(peer) {
      return [...peers[peer].channels.keys()];
    },
    stop: async () => lnd.kill(),
  };
  return { lnd, peers, world };
}
