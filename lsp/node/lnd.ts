import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { fail, ok, type Result } from "../../ceremony/result.ts";
import { type Network, parseNetwork } from "../../ceremony/seed/network.ts";
import type { Secret } from "../../ceremony/seed/secret.ts";
import { ChainNotifier } from "../../proto/gen/lnd/chain_pb.js";
import { type GetInfoResponse, Lightning } from "../../proto/gen/lnd/lightning_pb.js";
import { Signer } from "../../proto/gen/lnd/signer_pb.js";
import { WalletState as LndState, State, WalletUnlocker } from "../../proto/gen/lnd/wallet_pb.js";
import { LND_CALL_MS, LND_UNLOCK_MS } from "../limits.ts";
import { type LndApi, type LndPlace, openApi } from "./api.ts";
import { type BlockWatch, type BlockWatcher, watchBlocks } from "./blocks.ts";
import { type LndError, lndError, troubleOf } from "./trouble.ts";

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
  close(): void;
}

export interface LndOptions extends LndPlace {
  /** Of every call but `unlock`. */
  readonly deadlineMs?: number;
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

const CLOSED = lndError("unavailable", "closed");

/**
 * Connects with the first call. Options that cannot be used (a certificate that is none, a macaroon that is not hex) show
 * in every call as `lnd_failed`.
 */
export function openLnd(options: LndOptions): LndNode {
  const opened = open(options);
  const { deadlineMs = LND_CALL_MS } = options;
  const watches = new Set<() => void>();
  let closed = false;

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
      if (!opened.ok || closed) {
        watcher.onTrouble?.(opened.ok ? CLOSED : opened.error);
        return { close: () => undefined };
      }
      const api = opened.value;
      const { close } = watchBlocks((after) => api.stream(ChainNotifier.method.registerBlockEpochNtfn, after), watcher);
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
    close() {
      closed = true;
      for (const close of watches) close();
      if (opened.ok) opened.value.close();
    },
  };

  function call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    ms = deadlineMs,
  ): Promise<Result<MessageShape<O>, LndError>> {
    if (!opened.ok) return Promise.resolve(opened);
    if (closed) return Promise.resolve(fail(CLOSED));
    const { value: api } = opened;
    return new Promise((resolve) => {
      try {
        api.unary(method, request, Date.now() + ms, (error, answer) => {
          if (error !== null) resolve(fail(troubleOf(error)));
          else if (answer === undefined) resolve(fail(lndError("failed", "an answer without a message")));
          else resolve(ok(answer));
        });
      } catch (error) {
        // What cannot be encoded, and a channel that was closed a moment ago.
        resolve(fail(lndError("failed", String(error))));
      }
    });
  }
}

function open(options: LndOptions): Result<LndApi, LndError> {
  if (!/^(?:[0-9a-f]{2})+$/i.test(options.macaroon)) return fail(lndError("failed", "the macaroon is not hex"));
  try {
    return ok(openApi(options));
  } catch {
    return fail(lndError("failed", "the certificate is not one in PEM"));
  }
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
