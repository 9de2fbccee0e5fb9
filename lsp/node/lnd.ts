import { fail, ok, type Result } from "../../ceremony/result.ts";
import { type Network, parseNetwork } from "../../ceremony/seed/network.ts";
import type { Secret } from "../../ceremony/seed/secret.ts";
import { ChainNotifier } from "../../proto/gen/lnd/chain_pb.js";
import { type GetInfoResponse, Lightning } from "../../proto/gen/lnd/lightning_pb.js";
import { Signer } from "../../proto/gen/lnd/signer_pb.js";
import { WalletState as LndState, State, WalletUnlocker } from "../../proto/gen/lnd/wallet_pb.js";
import { LND_UNLOCK_MS } from "../limits.ts";
import { type BlockWatch, type BlockWatcher, watchBlocks } from "./blocks.ts";
import { type LndOptions, openCaller } from "./caller.ts";
import { type LndFunding, openFunding } from "./funding.ts";
import { type LndError, lndError } from "./trouble.ts";
import { type LndWallet, openWallet } from "./wallet.ts";

export interface NodeInfo {
  /** The identity key: 33 bytes in lower-case hex. */
  readonly nodeId: string;
  readonly alias: string;
  readonly network: Network;
  readonly version: string;
  readonly syncedToChain: boolean;
  readonly height: number;
  /** `NODE_ID@host:port`, as far as lnd knows addresses of its own. */
  readonly uris: readonly string[];
}

/** `starting`: unlocked, and not yet ready for every call; GetInfo may answer already. */
export type WalletState = "no_wallet" | "locked" | "starting" | "ready";

/** One lnd. Nothing here rejects or throws; every call ends within its deadline; a lost connection is made again. */
export interface LndNode {
  info(): Promise<Result<NodeInfo, LndError>>;
  /** DER, over the SHA-256 of `bytes`, by the identity key (family 6, index 0). Needs the permission "sign". */
  signMessage(bytes: Uint8Array): Promise<Result<Uint8Array, LndError>>;
  /** Tells of each new tip until it is closed, also after lnd was away. See `BlockWatcher`. */
  watchBlocks(watcher: BlockWatcher): BlockWatch;
  /** Unlocks the wallet; ok if it was unlocked already. A wrong password is `lnd_denied`. Needs no macaroon. */
  unlock(password: Secret): Promise<Result<undefined, LndError>>;
  /** Needs no macaroon. */
  state(): Promise<Result<WalletState, LndError>>;
  /** Coins, addresses and transactions: what swaps need of the chain. */
  readonly wallet: LndWallet;
  /** Peers and channels. */
  readonly funding: LndFunding;
  close(): void;
}

/** lnd/keychain: KeyFamilyNodeKey, and the only key of it. */
const IDENTITY = { keyFamily: 6, keyIndex: 0 } as const;

/** lnrpc/stateservice.proto. WAITING_TO_START is before the wallet is looked for, in a cluster. */
const STATES: ReadonlyMap<LndState, WalletState> = new Map([
  [LndState.NON_EXISTING, "no_wallet"],
  [LndState.LOCKED, "locked"],
  [LndState.WAITING_TO_START, "starting"],
  [LndState.UNLOCKED, "starting"],
  [LndState.RPC_ACTIVE, "starting"],
  [LndState.SERVER_ACTIVE, "ready"],
]);

/** rpcperms/interceptor.go: ErrWalletUnlocked. */
const UNLOCKED_ALREADY = /: wallet already unlocked, /;

/** Connects with the first call; what cannot be connected at all shows in every call. */
export function openLnd(options: LndOptions): LndNode {
  const caller = openCaller(options);
  const { call } = caller;
  const watches = new Set<() => void>();

  return {
    async info() {
      const answer = await call(Lightning.method.getInfo, {});
      return answer.ok ? nodeInfo(answer.value) : answer;
    },
    async signMessage(bytes) {
      const answer = await call(Signer.method.signMessage, { msg: bytes, keyLoc: IDENTITY });
      return answer.ok ? ok(answer.value.signature) : answer;
    },
    watchBlocks(watcher) {
      const api = caller.api();
      if (!api.ok) {
        watcher.onTrouble?.(api.error);
        return { close: () => undefined };
      }
      const { stream } = api.value;
      const { close } = watchBlocks((after) => stream(ChainNotifier.method.registerBlockEpochNtfn, after), watcher);
      watches.add(close);
      return {
        close() {
          watches.delete(close);
          close();
        },
      };
    },
    async unlock(password) {
      const request = { walletPassword: password.bytes };
      const answer = await call(WalletUnlocker.method.unlockWallet, request, LND_UNLOCK_MS);
      return answer.ok || UNLOCKED_ALREADY.test(answer.error.detail) ? ok(undefined) : answer;
    },
    async state() {
      const answer = await call(State.method.getState, {});
      if (!answer.ok) return answer;
      const state = STATES.get(answer.value.state);
      return state === undefined ? fail(lndError("failed", `unknown state ${answer.value.state}`)) : ok(state);
    },
    wallet: openWallet(caller),
    funding: openFunding(caller),
    close() {
      for (const close of watches) close();
      caller.close();
    },
  };
}

function nodeInfo(answer: GetInfoResponse): Result<NodeInfo, LndError> {
  const { identityPubkey: nodeId, alias, version, syncedToChain, blockHeight: height, uris } = answer;
  if (!/^0[23][0-9a-f]{64}$/.test(nodeId)) return fail(lndError("failed", "a node id that is none"));
  const name = answer.chains[0]?.network ?? "";
  const network = parseNetwork(name);
  // testnet4 among them: its addresses and keys are testnet's, so nothing but this name tells the two apart.
  if (network === undefined) return fail(lndError("failed", `unknown network ${name}`));
  return ok({ nodeId, alias, network, version, syncedToChain, height, uris });
}
