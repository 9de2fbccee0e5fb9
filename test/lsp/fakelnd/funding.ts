import { createHash, randomBytes } from "node:crypto";
import { Transaction } from "@scure/btc-signer";
import { fail, ok, type Result } from "../../../core/result.ts";
import type {
  FundingOutput,
  LndFunding,
  Negotiation,
  OpeningError,
  OpeningRequest,
} from "../../../lsp/node/funding.ts";
import { openingRefusal } from "../../../lsp/node/refusals.ts";
import { type LndError, lndError } from "../../../lsp/node/trouble.ts";
import { outpointText } from "../../../lsp/node/wallet.ts";
import type { FakeChain } from "./chain.ts";
import { type FakeChannel, sidesOf } from "./channel.ts";
import { addressOf, LENIENT } from "./keys.ts";
import { DEFAULT_PEER, type FakePeer, objection, type PeerSettings } from "./peers.ts";
import { unknownError } from "./signing.ts";
import { sumsOf, unspentBeside } from "./sums.ts";
import { type FakeWallet, reserveOf } from "./wallet.ts";

/** rpcserver.go: minChanFundingSize; funding/manager.go: MaxBtcFundingAmount, and with wumbo on both sides. */
const LEAST_CHANNEL = 20_000n;
const LARGEST_CHANNEL = 16_777_215n;
const BACKUP_BYTES = 713;

/**
 * Who has the channel after `psbt_finalize` said ok. `late`: both, once `arrive` is called. Of lnd killed at that moment
 * each was seen.
 */
export type Fate = "both" | "late" | "peer" | "nobody";

interface Reservation {
  readonly request: OpeningRequest;
  readonly funding: FundingOutput;
  readonly script: Uint8Array;
  state: "known" | "verified" | "finalized";
  psbt: Transaction | undefined;
  readonly fail: (error: LndError) => void;
}

export interface FakeFunding extends LndFunding {
  addPeer(name: string, settings?: Partial<PeerSettings>): FakePeer;
  fate: Fate;
  /** What `late` held back comes to be. */
  arrive(): void;
  /** Our lnd takes channels above 16,777,215 sat (`protocol.wumbo-channels`). */
  wumbo: boolean;
  /** lnd's process ended: negotiations are gone on both sides. */
  crash(): void;
}

/** lnd's funding manager and graph, as far as swaps meet them. */
export function openFakeFunding(chain: FakeChain, wallet: FakeWallet): FakeFunding {
  const peers = new Map<string, FakePeer>();
  const reservations = new Map<string, Reservation>();
  const channels = new Map<string, FakeChannel>();
  const held: (() => void)[] = [];

  const drop = (id: string, error: LndError): void => {
    const found = reservations.get(id);
    if (found === undefined) return;
    reservations.delete(id);
    peers.get(found.request.nodeId)?.negotiating.delete(id);
    found.fail(error);
  };
  const online = (nodeId: string): boolean => peers.get(nodeId)?.settings.online === true;
  /** A negotiation ends with the connection of its peer. */
  const reservationOf = (id: string): Reservation | undefined => {
    const found = reservations.get(id);
    if (found === undefined || online(found.request.nodeId)) return found;
    drop(id, lndError("failed", "UNKNOWN: peer disconnected"));
    return undefined;
  };
  const noIntent = (id: string) => unknownError(`no funding intent found for pendingChannelID(${id})`);

  chain.follow({
    onAccepted: () => undefined,
    onBlock({ height, transactions }) {
      transactions.forEach(({ id, outputs }, at) => {
        outputs.forEach((_, vout) => {
          const point = `${id}:${vout}`;
          for (const peer of peers.values()) {
            const theirs = peer.channels.get(point);
            if (theirs !== undefined) theirs.waitsFrom = undefined;
          }
          const channel = channels.get(point);
          // One that was open once stays so under its first id, without an edge if its block was cut.
          if (channel === undefined || channel.shortChannelId !== undefined) return;
          channel.shortChannelId = (BigInt(height) << 40n) | (BigInt(at) << 16n) | BigInt(vout);
          channel.edge = true;
        });
      });
    },
    onCut({ transactions }) {
      for (const { id } of transactions) {
        for (const channel of channels.values()) if (channel.point.startsWith(`${id}:`)) channel.edge = false;
      }
    },
  });
  const isOpen = ({ request, shortChannelId }: FakeChannel): boolean => {
    if (shortChannelId === undefined) return false;
    const least = peers.get(request.nodeId)?.settings.confirmations ?? 1;
    return chain.height() - Number(shortChannelId >> 40n) + 1 >= least;
  };
  const begin = (point: string, request: OpeningRequest, ours: boolean): void => {
    peers.get(request.nodeId)?.channels.set(point, { waitsFrom: chain.height() });
    if (ours) channels.set(point, { point, request, shortChannelId: undefined, edge: false });
  };

  const funding: FakeFunding = {
    fate: "both",
    wumbo: false,
    arrive() {
      for (const one of held.splice(0)) one();
    },
    addPeer(name, settings = {}) {
      const nodeId = `02${createHash("sha256").update(name).digest("hex")}`;
      const peer: FakePeer = {
        nodeId,
        settings: { ...DEFAULT_PEER, ...settings },
        negotiating: new Set(),
        channels: new Map(),
      };
      peers.set(nodeId, peer);
      return peer;
    },
    crash() {
      for (const id of [...reservations.keys()]) drop(id, lndError("unavailable", "UNAVAILABLE: Connection dropped"));
      // Those of which the client had heard ok, too.
      held.length = 0;
    },
    async peers() {
      return ok(
        [...peers.values()]
          .filter(({ settings }) => settings.online)
          .map(({ nodeId, settings }) => ({ nodeId, features: new Set(settings.features) })),
      );
    },
    async dial(nodeId) {
      const peer = peers.get(nodeId);
      if (peer === undefined) return fail(lndError("failed", "NOT_FOUND: unable to find node"));
      peer.settings = { ...peer.settings, online: true };
      return ok(undefined);
    },
    open(request) {
      const id = Buffer.from(request.pendingId).toString("hex");
      const peer = peers.get(request.nodeId);
      const refused = (text: string): Negotiation => ({
        funding: Promise.resolve(opening(lndError("failed", `UNKNOWN: ${text}`))),
        close: () => undefined,
      });
      if (request.capacity < LEAST_CHANNEL) {
        return refused(`channel is too small, the minimum channel size is: ${LEAST_CHANNEL} SAT`);
      }
      const mayBeLarge = funding.wumbo && (peer?.settings.features.some((bit) => bit === 18 || bit === 19) ?? false);
      if (request.capacity > LARGEST_CHANNEL && !mayBeLarge) {
        return refused(`funding amount is too large, the max channel size is: ${LARGEST_CHANNEL}`);
      }
      if (peer === undefined || !online(request.nodeId)) return refused(`peer ${request.nodeId} is not online`);
      if (reservations.has(id)) return refused(`pendingChannelID(${id}) already present`);
      const objected = objection(peer, request.capacity, request.push, chain.height());
      if (objected !== undefined) return refused(objected);
      const script = Uint8Array.from([0, 32, ...createHash("sha256").update(randomBytes(32)).digest()]);
      const asked: FundingOutput = { address: addressOf(script), amount: request.capacity };
      const { promise, resolve } = Promise.withResolvers<Result<FundingOutput, OpeningError>>();
      const reservation: Reservation = {
        request,
        funding: asked,
        script,
        state: "known",
        psbt: undefined,
        fail: (error) => resolve(opening(error)),
      };
      reservations.set(id, reservation);
      peer.negotiating.add(id);
      if (!peer.settings.silent) resolve(ok(asked));
      // lnd is not told: the negotiation stays.
      return {
        funding: promise,
        close: () => resolve(opening(lndError("unavailable", "CANCELLED: Cancelled on client"))),
      };
    },
    async verify(pendingId, bytes) {
      const id = Buffer.from(pendingId).toString("hex");
      const found = reservationOf(id);
      if (found === undefined) return noIntent(id);
      const bad = (text: string) => unknownError(`error verifying PSBT: ${text}`);
      if (found.state !== "known") return bad(`invalid state. got ${found.state} expected output_known`);
      let psbt: Transaction;
      try {
        psbt = Transaction.fromPSBT(bytes, LENIENT);
      } catch (error) {
        return unknownError(`error parsing psbt: ${error instanceof Error ? error.message : error}`);
      }
      const { inputs, outputs, inputSum, outputSum } = sumsOf(psbt);
      const exact = outputs.some(
        ({ script, amount }) => amount === found.funding.amount && Buffer.from(script ?? []).equals(found.script),
      );
      if (!exact) return bad("funding output not found in PSBT");
      if (inputs.length === 0) return bad("PSBT has no inputs");
      if (inputSum === undefined) return bad("error determining input sum: input has no UTXO information");
      if (inputSum <= outputSum) return bad("input amount sum must be larger than output amount sum");
      found.state = "verified";
      found.psbt = psbt;
      // Looked at last: the shim is used up by then.
      const publicChannels = wallet.publicChannels + (found.request.private ? 0 : 1);
      const spent = new Set(inputs.map(({ txid, index }) => `${Buffer.from(txid ?? []).toString("hex")}:${index}`));
      if (!found.request.private && (await unspentBeside(wallet, spent)) < reserveOf(publicChannels)) {
        return unknownError(
          "reserved wallet balance invalidated: transaction would leave insufficient funds for fee bumping anchor channel closings (see debug log for details)",
        );
      }
      return ok(undefined);
    },
    async finalize(pendingId, bytes) {
      const id = Buffer.from(pendingId).toString("hex");
      const found = reservationOf(id);
      if (found === undefined) return noIntent(id);
      const bad = (text: string) => unknownError(`error finalizing PSBT: ${text}`);
      if (found.state !== "verified") return bad(`invalid state. got ${found.state} expected verified`);
      let signed: Transaction;
      try {
        signed = Transaction.fromPSBT(bytes, LENIENT);
      } catch (error) {
        return unknownError(`error parsing psbt: ${error instanceof Error ? error.message : error}`);
      }
      const { inputs } = sumsOf(signed);
      // Whether the signatures are good is looked at by nobody.
      if (inputs.some(({ finalScriptWitness }) => finalScriptWitness === undefined)) {
        return bad("error finalizing PSBT: PSBT is not finalizable");
      }
      if (!Buffer.from(signed.unsignedTx).equals(Buffer.from(found.psbt?.unsignedTx ?? []))) {
        return bad("outputs differ from verified PSBT");
      }
      found.state = "finalized";
      const vout = sumsOf(signed).outputs.findIndex(({ script }) => Buffer.from(script ?? []).equals(found.script));
      const point = `${signed.id}:${vout}`;
      const settle = (): void => {
        drop(id, lndError("failed", "the channel is pending"));
        if (funding.fate !== "nobody") begin(point, found.request, funding.fate !== "peer");
      };
      // A cancel that comes now is told ok, and the channel is pending all the same.
      if (funding.fate === "late") held.push(settle);
      else settle();
      return ok(undefined);
    },
    async cancel(pendingId) {
      const id = Buffer.from(pendingId).toString("hex");
      if (reservations.get(id)?.state !== "finalized") drop(id, lndError("failed", "UNKNOWN: user canceled funding"));
      return ok(undefined);
    },
    async pendingChannels() {
      return ok([...channels.values()].filter((one) => !isOpen(one)).map(sidesOf));
    },
    async channels(nodeId) {
      const wanted = [...channels.values()].filter(
        (one) => isOpen(one) && (nodeId === undefined || nodeId === one.request.nodeId),
      );
      return ok(
        wanted.map((one) => ({
          ...sidesOf(one),
          active: online(one.request.nodeId),
          shortChannelId: one.shortChannelId ?? 0n,
          private: one.request.private,
        })),
      );
    },
    async abandon(channel) {
      channels.delete(outpointText(channel));
      return ok(undefined);
    },
    async backup(channel) {
      const point = outpointText(channel);
      if (!channels.has(point)) return unknownError("channel not found");
      const stretched = Buffer.alloc(BACKUP_BYTES, createHash("sha256").update(point).digest());
      return ok(stretched);
    },
    async hasEdge(channel) {
      const found = channels.get(outpointText(channel));
      return ok(found !== undefined && isOpen(found) && found.edge);
    },
    async restoreEdge(channel, policy) {
      const found = channels.get(outpointText(channel));
      if (found === undefined || !isOpen(found)) return fail(lndError("failed", "channel not found"));
      if (policy.maxHtlcMsat < policy.minHtlcMsat) return unknownError("min_htlc greater than max_htlc");
      found.edge = true;
      return ok(undefined);
    },
  };
  return funding;
}

function opening(error: LndError): Result<FundingOutput, OpeningError> {
  return fail({ ...error, why: openingRefusal(error.detail) });
}
