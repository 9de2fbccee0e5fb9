import { fail, ok, type Result } from "../../ceremony/result.ts";
import { ChainKit } from "../../proto/gen/lnd/chain_pb.js";
import { Lightning, type Transaction } from "../../proto/gen/lnd/lightning_pb.js";
import { AddressType, WalletKit } from "../../proto/gen/lnd/walletkit_pb.js";
import { LND_SIGN_MS, LND_TRANSACTIONS_PAGE } from "../limits.ts";
import type { LndCaller } from "./caller.ts";
import { type LndError, lndError } from "./trouble.ts";

/** An output, by the id of its transaction in the byte order of the chain. */
export interface Outpoint {
  readonly txid: Uint8Array;
  readonly vout: number;
}

export interface WalletOutput {
  readonly vout: number;
  /** Empty where the script has none. */
  readonly address: string;
  /** Satoshis. */
  readonly amount: bigint;
  readonly script: Uint8Array;
  readonly ours: boolean;
}

/** A transaction of lnd's wallet: one that pays it or spends of it. */
export interface WalletTransaction {
  readonly txid: Uint8Array;
  readonly raw: Uint8Array;
  /** Undefined while no block has it. lnd keeps saying so of one that was replaced or lost its block. */
  readonly block: { readonly height: number; readonly hash: Uint8Array } | undefined;
  readonly outputs: readonly WalletOutput[];
  readonly inputs: readonly (Outpoint & { readonly ours: boolean })[];
}

/** An output that lnd's wallet can spend: unspent, not leased. */
export interface WalletCoin extends Outpoint {
  readonly address: string;
  readonly amount: bigint;
  readonly script: Uint8Array;
  readonly confirmations: number;
}

export interface WalletLease extends Outpoint {
  readonly id: Uint8Array;
  /** Unix seconds. */
  readonly expires: bigint;
}

/** What became of a publishing: in the mempool (or in a block already), or why not. */
export type Published =
  | { readonly kind: "taken" }
  /** `spent`: another transaction spends one of its inputs. `fee`: under what the mempool asks for. */
  | { readonly kind: "refused"; readonly why: "spent" | "fee" | "other"; readonly detail: string };

export interface FeeRates {
  /** Satoshis per 1,000 weight units. */
  readonly satPerKw: bigint;
  readonly minRelaySatPerKw: bigint;
}

/** The wallet of one lnd. Nothing here rejects or throws. */
export interface LndWallet {
  /** In the byte order of the chain; undefined above the tip. */
  blockHash(height: number): Promise<Result<Uint8Array | undefined, LndError>>;
  /** All that blocks from `from` on have, and all that no block has. */
  transactionsFrom(from: number): Promise<Result<readonly WalletTransaction[], LndError>>;
  coins(minConfirmations: number): Promise<Result<readonly WalletCoin[], LndError>>;
  /**
   * Keeps an output from every other spend of lnd's. The same id again renews it; another id is refused. lnd deletes the
   * lease when a spend of the output is mined.
   */
  lease(id: Uint8Array, outpoint: Outpoint, seconds: bigint): Promise<Result<undefined, LndError>>;
  release(id: Uint8Array, outpoint: Outpoint): Promise<Result<undefined, LndError>>;
  leases(): Promise<Result<readonly WalletLease[], LndError>>;
  /** A P2WPKH address; a change address leaves the branch alone that a restore from the seed looks at first. */
  nextAddress(branch: "deposit" | "change"): Promise<Result<string, LndError>>;
  /** Signs every input that is the wallet's; with a remote signer away lnd fails and ends itself. */
  finalize(psbt: Uint8Array): Promise<Result<{ readonly psbt: Uint8Array; readonly raw: Uint8Array }, LndError>>;
  /** What is in the mempool or in a block already is taken once more. */
  publish(raw: Uint8Array, label: string): Promise<Result<Published, LndError>>;
  /** Makes the wallet forget an unconfirmed transaction, and what spends it. */
  remove(txid: Uint8Array): Promise<Result<undefined, LndError>>;
  feeRates(targetBlocks: number): Promise<Result<FeeRates, LndError>>;
  /** Satoshis that lnd keeps for the anchors of its public channels, with so many more of them. */
  reserve(morePublicChannels: number): Promise<Result<bigint, LndError>>;
}

export function openWallet({ call }: Pick<LndCaller, "call">): LndWallet {
  return {
    async blockHash(height) {
      const answer = await call(ChainKit.method.getBlockHash, { blockHeight: BigInt(height) });
      if (answer.ok) return ok(answer.value.blockHash);
      return ABOVE_TIP.test(answer.error.detail) ? ok(undefined) : answer;
    },
    async transactionsFrom(from) {
      const all: WalletTransaction[] = [];
      for (let [offset, page] = [0, LND_TRANSACTIONS_PAGE]; ; ) {
        const request = { startHeight: from, endHeight: -1, indexOffset: offset, maxTransactions: page };
        const answer = await call(Lightning.method.getTransactions, request);
        if (!answer.ok) {
          // Some have hundreds of inputs: a page of them is more than gRPC takes at once.
          if (!TOO_LARGE.test(answer.error.detail) || page === 1) return answer;
          page = Math.ceil(page / 8);
          continue;
        }
        const { transactions } = answer.value;
        for (const transaction of transactions) all.push(readTransaction(transaction));
        if (transactions.length < page) return ok(all);
        offset += page;
      }
    },
    async coins(minConfs) {
      const answer = await call(WalletKit.method.listUnspent, { minConfs, maxConfs: 2 ** 31 - 1 });
      if (!answer.ok) return answer;
      return ok(
        answer.value.utxos.flatMap(({ outpoint, address, amountSat, pkScript, confirmations }) =>
          outpoint === undefined
            ? []
            : [
                {
                  txid: outpoint.txidBytes,
                  vout: outpoint.outputIndex,
                  address,
                  amount: amountSat,
                  script: Buffer.from(pkScript, "hex"),
                  confirmations: Number(confirmations),
                },
              ],
        ),
      );
    },
    async lease(id, outpoint, expirationSeconds) {
      return nothing(await call(WalletKit.method.leaseOutput, { id, outpoint: wire(outpoint), expirationSeconds }));
    },
    async release(id, outpoint) {
      return nothing(await call(WalletKit.method.releaseOutput, { id, outpoint: wire(outpoint) }));
    },
    async leases() {
      const answer = await call(WalletKit.method.listLeases, {});
      if (!answer.ok) return answer;
      return ok(
        answer.value.lockedUtxos.flatMap(({ id, outpoint, expiration }) =>
          outpoint === undefined
            ? []
            : [{ id, txid: outpoint.txidBytes, vout: outpoint.outputIndex, expires: expiration }],
        ),
      );
    },
    async nextAddress(branch) {
      const answer = await call(WalletKit.method.nextAddr, {
        type: AddressType.WITNESS_PUBKEY_HASH,
        change: branch === "change",
      });
      return answer.ok ? ok(answer.value.addr) : answer;
    },
    async finalize(psbt) {
      const answer = await call(WalletKit.method.finalizePsbt, { fundedPsbt: psbt }, LND_SIGN_MS);
      return answer.ok ? ok({ psbt: answer.value.signedPsbt, raw: answer.value.rawFinalTx }) : answer;
    },
    async publish(raw, label) {
      const answer = await call(WalletKit.method.publishTransaction, { txHex: raw, label });
      if (answer.ok && answer.value.publishError === "") return ok({ kind: "taken" });
      if (!answer.ok && answer.error.code !== "lnd_failed") return answer;
      const detail = answer.ok ? answer.value.publishError : answer.error.detail;
      const [, why] = REFUSALS.find(([text]) => text.test(detail)) ?? [undefined, "other" as const];
      return ok({ kind: "refused", why, detail });
    },
    async remove(txid) {
      const answer = await call(WalletKit.method.removeTransaction, { txid: display(txid) });
      // Gone already is what was wanted.
      return answer.ok || UNKNOWN_TRANSACTION.test(answer.error.detail) ? ok(undefined) : answer;
    },
    async feeRates(confTarget) {
      const answer = await call(WalletKit.method.estimateFee, { confTarget });
      if (!answer.ok) return answer;
      const { satPerKw, minRelayFeeSatPerKw: minRelaySatPerKw } = answer.value;
      if (satPerKw <= 0n) return fail(lndError("failed", `a fee rate of ${satPerKw} sat/kw`));
      return ok({ satPerKw, minRelaySatPerKw });
    },
    async reserve(additionalPublicChannels) {
      const answer = await call(WalletKit.method.requiredReserve, { additionalPublicChannels });
      return answer.ok ? ok(answer.value.requiredReserve) : answer;
    },
  };
}

/** btcd's and bitcoind's words for a height that the chain does not have yet. */
const ABOVE_TIP = /Block number out of range|Block height out of range/i;
/** grpc-js, of an answer above `LND_BYTES_MAX`. */
const TOO_LARGE = /Received message larger than max/;
/** btcwallet: `RemoveTransaction` of what the wallet does not have. */
const UNKNOWN_TRANSACTION = /transaction .*not found|no such transaction|unknown transaction/i;

/** chain/errors.go of btcwallet has one text for what btcd and bitcoind say in many. */
const REFUSALS: readonly (readonly [RegExp, "spent" | "fee"])[] = [
  [/output already spent|already spent|missing inputs|missingorspent|txn-mempool-conflict/i, "spent"],
  [/insufficient fee|min relay fee not met|mempool min fee|fee rate too low|insufficient priority/i, "fee"],
];

function readTransaction(transaction: Transaction): WalletTransaction {
  const { txHash, rawTxHex, blockHash, blockHeight, outputDetails, previousOutpoints } = transaction;
  return {
    txid: chainOrder(txHash),
    raw: Buffer.from(rawTxHex, "hex"),
    block: blockHash === "" ? undefined : { height: blockHeight, hash: chainOrder(blockHash) },
    outputs: outputDetails.map(({ outputIndex, address, amount, pkScript, isOurAddress }) => ({
      vout: Number(outputIndex),
      address,
      amount,
      script: Buffer.from(pkScript, "hex"),
      ours: isOurAddress,
    })),
    inputs: previousOutpoints.map(({ outpoint, isOurOutput }) => ({ ...parseOutpoint(outpoint), ours: isOurOutput })),
  };
}

/** `txid:index`, as lnd writes an outpoint or a channel point. */
export function parseOutpoint(text: string): Outpoint {
  const [txid = "", vout = ""] = text.split(":");
  return { txid: chainOrder(txid), vout: Number(vout) };
}

export function outpointText({ txid, vout }: Outpoint): string {
  return `${display(txid)}:${vout}`;
}

/** Hashes are shown in the reverse of the chain's byte order. */
function display(hash: Uint8Array): string {
  return Buffer.from(hash).reverse().toString("hex");
}

function chainOrder(hex: string): Uint8Array {
  return Buffer.from(hex, "hex").reverse();
}

function wire({ txid, vout }: Outpoint): { txidBytes: Uint8Array; outputIndex: number } {
  return { txidBytes: txid, outputIndex: vout };
}

function nothing(answer: Result<unknown, LndError>): Result<undefined, LndError> {
  return answer.ok ? ok(undefined) : answer;
}
