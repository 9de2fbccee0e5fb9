import type { ServiceError } from "@grpc/grpc-js";
import { fail, ok, type Result } from "../../ceremony/result.ts";
import { Lightning } from "../../proto/gen/lnd/lightning_pb.js";
import { LND_DIAL_SECONDS } from "../limits.ts";
import type { LndCaller } from "./caller.ts";
import { type LndError, lndError, troubleOf } from "./trouble.ts";
import { type Outpoint, outpointText, parseOutpoint } from "./wallet.ts";

export interface Peer {
  /** Lower-case hex of 33 bytes. */
  readonly nodeId: string;
  /** Numbers of the feature bits that it has set (BOLT 9), optional or required. */
  readonly features: ReadonlySet<number>;
}

export interface OpeningRequest {
  readonly nodeId: string;
  /** Satoshis. */
  readonly capacity: bigint;
  /** Satoshis that begin on the peer's side. */
  readonly push: bigint;
  readonly private: boolean;
  /** 32 bytes of our choice, by which lnd knows the negotiation. */
  readonly pendingId: Uint8Array;
}

/** Where a negotiation wants its funding paid, exactly. */
export interface FundingOutput {
  readonly address: string;
  /** Satoshis. */
  readonly amount: bigint;
}

/** A negotiation under way. lnd drops it only when it is told to; closing the stream is not telling. */
export interface Negotiation {
  /** The peer has accepted, or why not. */
  readonly funding: Promise<Result<FundingOutput, LndError>>;
  close(): void;
}

export interface PendingChannel extends Outpoint {
  readonly nodeId: string;
  readonly capacity: bigint;
  readonly local: bigint;
  readonly remote: bigint;
}

export interface OpenChannel extends PendingChannel {
  readonly active: boolean;
  readonly shortChannelId: bigint;
  readonly private: boolean;
}

/** Our half of a channel's edge in lnd's graph. */
export interface EdgePolicy {
  readonly timeLockDelta: number;
  readonly minHtlcMsat: bigint;
  readonly maxHtlcMsat: bigint;
  readonly baseFeeMsat: bigint;
  readonly feeRatePpm: number;
}

/** Peers and channels of one lnd. Nothing here rejects or throws. */
export interface LndFunding {
  peers(): Promise<Result<readonly Peer[], LndError>>;
  /** Connects to a peer at the addresses that lnd's graph has for it. */
  dial(nodeId: string): Promise<Result<undefined, LndError>>;
  open(request: OpeningRequest): Negotiation;
  /** lnd looks at the funding output (exact), the sums and the reserve, and at nothing else of the PSBT. */
  verify(pendingId: Uint8Array, psbt: Uint8Array): Promise<Result<undefined, LndError>>;
  /** An ok proves nothing: lnd may have the channel or not. Only `pendingChannels` proves it. */
  finalize(pendingId: Uint8Array, signedPsbt: Uint8Array): Promise<Result<undefined, LndError>>;
  /** Ends a negotiation; one that lnd does not know, or whose channel is pending already, is ok too. */
  cancel(pendingId: Uint8Array): Promise<Result<undefined, LndError>>;
  pendingChannels(): Promise<Result<readonly PendingChannel[], LndError>>;
  /** Of one peer, or of all. */
  channels(nodeId?: string): Promise<Result<readonly OpenChannel[], LndError>>;
  /** Makes our lnd forget a channel whose funding can no longer confirm. The peer keeps its half. */
  abandon(channel: Outpoint): Promise<Result<undefined, LndError>>;
  backup(channel: Outpoint): Promise<Result<Uint8Array, LndError>>;
  /** Whether lnd's graph has the edge, by which alone payments find the channel. */
  hasEdge(channel: Outpoint): Promise<Result<boolean, LndError>>;
  /** Puts our half of a lost edge back. `max_htlc_msat` must be said, or lnd takes 0 and refuses. */
  restoreEdge(channel: Outpoint, policy: EdgePolicy): Promise<Result<undefined, LndError>>;
}

export function openFunding(caller: Pick<LndCaller, "call" | "api">): LndFunding {
  const { call } = caller;
  return {
    async peers() {
      const answer = await call(Lightning.method.listPeers, {});
      if (!answer.ok) return answer;
      return ok(
        answer.value.peers.map(({ pubKey, features }) => ({
          nodeId: pubKey,
          features: new Set(Object.keys(features).map(Number)),
        })),
      );
    },
    async dial(nodeId) {
      const known = await call(Lightning.method.getNodeInfo, { pubKey: nodeId });
      if (!known.ok) return known;
      let last: Result<undefined, LndError> = fail(lndError("failed", "lnd's graph has no address of the node"));
      for (const { addr } of known.value.node?.addresses ?? []) {
        const request = { addr: { pubkey: nodeId, host: addr }, timeout: LND_DIAL_SECONDS };
        last = nothing(await call(Lightning.method.connectPeer, request));
        if (last.ok || /already connected/.test(last.error.detail)) return ok(undefined);
      }
      return last;
    },
    open: (request) => negotiate(caller, request),
    async verify(pendingChanId, fundedPsbt) {
      const value = { pendingChanId, fundedPsbt };
      return nothing(await call(Lightning.method.fundingStateStep, { trigger: { case: "psbtVerify", value } }));
    },
    async finalize(pendingChanId, signedPsbt) {
      const value = { pendingChanId, signedPsbt };
      return nothing(await call(Lightning.method.fundingStateStep, { trigger: { case: "psbtFinalize", value } }));
    },
    async cancel(pendingChanId) {
      const value = { pendingChanId };
      const answer = await call(Lightning.method.fundingStateStep, { trigger: { case: "shimCancel", value } });
      return answer.ok || NO_INTENT.test(answer.error.detail) ? ok(undefined) : answer;
    },
    async pendingChannels() {
      const answer = await call(Lightning.method.pendingChannels, {});
      if (!answer.ok) return answer;
      return ok(
        answer.value.pendingOpenChannels.flatMap(({ channel }) =>
          channel === undefined
            ? []
            : [
                {
                  ...parseOutpoint(channel.channelPoint),
                  nodeId: channel.remoteNodePub,
                  capacity: channel.capacity,
                  local: channel.localBalance,
                  remote: channel.remoteBalance,
                },
              ],
        ),
      );
    },
    async channels(nodeId) {
      const peer = nodeId === undefined ? new Uint8Array(0) : Buffer.from(nodeId, "hex");
      const answer = await call(Lightning.method.listChannels, { peer });
      if (!answer.ok) return answer;
      return ok(
        answer.value.channels.map((channel) => ({
          ...parseOutpoint(channel.channelPoint),
          nodeId: channel.remotePubkey,
          capacity: channel.capacity,
          local: channel.localBalance,
          remote: channel.remoteBalance,
          active: channel.active,
          shortChannelId: channel.chanId,
          private: channel.private,
        })),
      );
    },
    async abandon(channel) {
      const request = { channelPoint: point(channel), iKnowWhatIAmDoing: true };
      return nothing(await call(Lightning.method.abandonChannel, request));
    },
    async backup(channel) {
      const answer = await call(Lightning.method.exportChannelBackup, { chanPoint: point(channel) });
      return answer.ok ? ok(answer.value.chanBackup) : answer;
    },
    async hasEdge(channel) {
      const answer = await call(Lightning.method.getChanInfo, { chanPoint: outpointText(channel) });
      if (answer.ok) return ok(true);
      return NO_EDGE.test(answer.error.detail) ? ok(false) : answer;
    },
    async restoreEdge(channel, policy) {
      const answer = await call(Lightning.method.updateChannelPolicy, {
        scope: { case: "chanPoint", value: point(channel) },
        baseFeeMsat: policy.baseFeeMsat,
        feeRatePpm: policy.feeRatePpm,
        timeLockDelta: policy.timeLockDelta,
        maxHtlcMsat: policy.maxHtlcMsat,
        minHtlcMsat: policy.minHtlcMsat,
        minHtlcMsatSpecified: true,
        createMissingEdge: true,
      });
      if (!answer.ok) return answer;
      const [failed] = answer.value.failedUpdates;
      return failed === undefined ? ok(undefined) : fail(lndError("failed", failed.updateError));
    },
  };
}

/** funding/manager.go and lnwallet: what `shim_cancel` says of an id that is gone, was never there, or is pending. */
const NO_INTENT = /no funding intent found/;
/** graph/db: ErrEdgeNotFound. */
const NO_EDGE = /edge not found|edge marked as zombie/;

function negotiate({ api }: Pick<LndCaller, "api">, request: OpeningRequest): Negotiation {
  const usable = api();
  if (!usable.ok) return { funding: Promise.resolve(usable), close: () => undefined };
  const stream = usable.value.stream(Lightning.method.openChannel, {
    nodePubkey: Buffer.from(request.nodeId, "hex"),
    localFundingAmount: request.capacity,
    pushSat: request.push,
    private: request.private,
    fundingShim: {
      shim: { case: "psbtShim", value: { pendingChanId: request.pendingId, noPublish: true } },
    },
  });
  const funding = new Promise<Result<FundingOutput, LndError>>((resolve) => {
    stream.on("data", ({ update }) => {
      if (update.case !== "psbtFund") return;
      resolve(ok({ address: update.value.fundingAddress, amount: update.value.fundingAmount }));
    });
    // Stays to the end: a cancelled call reports itself as an error.
    stream.on("error", (error: ServiceError) => resolve(fail(troubleOf(error))));
    stream.on("end", () => resolve(fail(lndError("unavailable", "lnd ended the negotiation"))));
  });
  return { funding, close: () => stream.cancel() };
}

function point({ txid, vout }: Outpoint): {
  fundingTxid: { case: "fundingTxidBytes"; value: Uint8Array };
  outputIndex: number;
} {
  return { fundingTxid: { case: "fundingTxidBytes", value: txid }, outputIndex: vout };
}

function nothing(answer: Result<unknown, LndError>): Result<undefined, LndError> {
  return answer.ok ? ok(undefined) : answer;
}
