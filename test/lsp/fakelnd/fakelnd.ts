import { createHash } from "node:crypto";
import native from "secp256k1/bindings.js";
import { fail, ok } from "../../../core/result.ts";
import type { BlockWatcher } from "../../../lsp/node/blocks.ts";
import type { LndFunding } from "../../../lsp/node/funding.ts";
import type { LndNode } from "../../../lsp/node/lnd.ts";
import { type LndError, lndError } from "../../../lsp/node/trouble.ts";
import type { LndWallet } from "../../../lsp/node/wallet.ts";
import { type CallName, type CallPoint, watchCalls } from "./calls.ts";
import { type FakeChain, openChain } from "./chain.ts";
import { type FakeFunding, openFakeFunding } from "./funding.ts";
import { keyOf } from "./keys.ts";
import { type FakeWallet, openFakeWallet } from "./wallet.ts";

export interface FakeLndOptions {
  /** Several lnds may be on one; left out, it has its own. */
  readonly chain?: FakeChain;
  /** Its keys hang on it. */
  readonly seed?: string;
  /** Seconds since 1970; left out, a clock that stands still. */
  readonly clock?: () => bigint;
}

/**
 * An lnd with its chain and its peers in memory: what `LndNode` says, under the rules that were measured on real lnd 0.21
 * with btcd. The conformance suite holds both to the same cases. What it does not have: Lightning payments, fees that move
 * by themselves, time that passes.
 */
export interface FakeLnd {
  /** What the program under test gets. */
  readonly node: LndNode;
  readonly chain: FakeChain;
  /** To set what it is like; calls made here are neither counted nor refused. */
  readonly wallet: FakeWallet;
  readonly funding: FakeFunding;
  readonly running: boolean;
  readonly calls: ReadonlyMap<CallName, number>;
  resetCalls(): void;
  /** Calls fail where this says so; see `CallPoint`. It may throw, too. */
  fails: (point: CallPoint) => LndError | undefined;
  /** As SIGKILL: negotiations are gone, and all calls fail until `start`. */
  kill(): void;
  start(): void;
}

const AWAY = lndError("unavailable", "UNAVAILABLE: No connection established");

export function startFakeLnd({ chain = openChain(), seed = "lsp", clock = () => 1n }: FakeLndOptions = {}): FakeLnd {
  let running = true;
  const identity = keyOf(`${seed}/identity`);
  const kill = (): void => {
    running = false;
    funding.crash();
  };
  const wallet = openFakeWallet({ chain, seed, clock, end: kill, running: () => running });
  const funding = openFakeFunding(chain, wallet);
  const watchers = new Set<BlockWatcher>();
  chain.follow({
    onAccepted: () => undefined,
    onCut: () => undefined,
    onBlock({ height, hash }) {
      if (running) for (const { onBlock } of watchers) onBlock({ height, hash });
    },
  });
  const tell = (watcher: BlockWatcher): void => {
    watcher.onTrouble?.(undefined);
    watcher.onBlock({ height: chain.height(), hash: chain.blockHash(chain.height()) ?? "" });
  };
  const watched = watchCalls(callsOf(wallet, funding), (point) => (running ? fake.fails(point) : AWAY));
  const fake: FakeLnd = {
    node: {
      wallet: watched.wallet,
      funding: watched.funding,
      async info() {
        if (!running) return fail(AWAY);
        const nodeId = Buffer.from(identity.publicKey).toString("hex");
        const rest = { alias: seed, network: "regtest", version: "fake", syncedToChain: true, uris: [] } as const;
        return ok({ nodeId, height: chain.height(), ...rest });
      },
      async signMessage(bytes) {
        if (!running) return fail(AWAY);
        const digest = createHash("sha256").update(bytes).digest();
        return ok(native.signatureExport(native.ecdsaSign(digest, identity.secret).signature));
      },
      watchBlocks(watcher) {
        watchers.add(watcher);
        if (running) tell(watcher);
        else watcher.onTrouble?.(AWAY);
        return { close: () => void watchers.delete(watcher) };
      },
      unlock: async () => (running ? ok(undefined) : fail(AWAY)),
      state: async () => (running ? ok("ready" as const) : fail(AWAY)),
      close: () => watchers.clear(),
    },
    chain,
    wallet,
    funding,
    get running() {
      return running;
    },
    calls: watched.counts,
    resetCalls: watched.reset,
    fails: () => undefined,
    kill,
    start() {
      running = true;
      wallet.resend();
      for (const watcher of watchers) tell(watcher);
    },
  };
  return fake;
}

/** Without what only tests call. */
function callsOf(wallet: FakeWallet, funding: FakeFunding): { wallet: LndWallet; funding: LndFunding } {
  const { rates, publicChannels, signerAway, missesCuts, spendable, resend, ...walletCalls } = wallet;
  const { addPeer, fate, arrive, wumbo, crash, ...fundingCalls } = funding;
  return { wallet: walletCalls, funding: fundingCalls };
}
