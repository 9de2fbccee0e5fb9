import { fail, ok, type Result } from "../../core/result.ts";
import { ChainKit } from "../../proto/gen/lnd/chain_pb.js";
import { Lightning, type Transaction } from "../../proto/gen/lnd/lightning_pb.js";
import { AddressType, WalletKit } from "../../proto/gen/lnd/walletkit_pb.js";
import { LND_SIGN_MS, LND_TRANSACTIONS_PAGE, LND_TRANSACTIONS_TRIES } from "../limits.ts";
import type { LndCaller } from "./caller.ts";
import {
  isAboveTip,
  isTooLarge,
  isUnknownTransaction,
  type LeaseRefusal,
  leaseRefusal,
  type PublishRefusal,
  publishRefusal,
} from "./refusals.ts";
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
  /**
   * Undefined while no block has it, and lnd keeps saying so of one that was replaced. After a reorganisation it may be a
   * block that left the chain, for good: only one whose hash `blockHash` has at that height counts. The same transaction
   * may be listed once for each.
   */
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
  | { readonly kind: "refused"; readonly why: PublishRefusal; readonly detail: string };

export type Leased =
  /** Unix seconds. */
  { readonly kind: "leased"; readonly expires: bigint } | { readonly kind: "refused"; readonly why: LeaseRefusal };

export interface FeeRates {
  /** Satoshis per 1,000 weight units. */
  readonly satPerKw: bigint;
  readonly minRelaySatPerKw: bigint;
}

/** The wallet of one lnd. Nothing here rejects or throws. */
export interface LndWallet {
  /** In the byte order of the chain; undefined above the tip. */
  blockHash(height: number): Promise<Result<Uint8Array | undefined, LndError>>;
  /**
   * All that blocks from `from` on have, and all that no block has: as it was at one moment, also where it takes lnd
   * several answers.
   */
  transactionsFrom(from: number): Promise<Result<readonly WalletTransaction[], LndError>>;
  coins(minConfirmations: number): Promise<Result<readonly WalletCoin[], LndError>>;
  /**
   * Keeps an output from every other spend of lnd's. The same id again renews it; another id is refused. lnd deletes the
   * lease when a spend of the output is mined.
   */
  lease(id: Uint8Array, outpoint: Outpoint, seconds: bigint): Promise<Result<Leased, LndError>>;
  /** Ok where there is no lease, or no such output any more; an error where it is under another id. */
  release(id: Uint8Array, outpoint: Outpoint): Promise<Result<undefined, LndError>>;
  leases(): Promise<Result<readonly WalletLease[], LndError>>;
  /** A P2WPKH address; a change address leaves the branch alone that a restore from the seed looks at first. */
  nextAddress(branch: "deposit" | "change"): Promise<Result<string, LndError>>;
  /** Signs every input that is the wallet's; with a remote signer away lnd fails and ends itself. */
  finalize(psbt: Uint8Array): Promise<Result<{ readonly psbt: Uint8Array; readonly raw: Uint8Array }, LndError>>;
  /**
   * What is in the mempool or in a block already is taken once more. One that is refused is in the wallet no longer, or
   * never was.
   */
  publish(raw: Uint8Array, label: string): Promise<Result<Published, LndError>>;
  /**
   * Makes the wallet forget an unconfirmed transaction, and what spends it; ok where it has none such. An error where it
   * is in a block.
   */
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
      return isAboveTip(answer.error.detail) ? ok(undefined) : answer;
    },
    async transactionsFrom(from) {
      for (let tries = 0; tries < LND_TRANSACTIONS_TRIES; tries += 1) {
        const all = await readAll(call, from);
        if (!all.ok) return all;
        if (all.value !== undefined) return ok(all.value);
      }
      return fail(lndError("failed", "the wallet's transactions changed each time that they were read"));
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
      const answer = await call(WalletKit.method.leaseOutput, { id, outpoint: wire(outpoint), expirationSeconds });
      if (answer.ok) return ok({ kind: "leased", expires: answer.value.expiration });
      const why = leaseRefusal(answer.error.detail);
      return why === undefined ? answer : ok({ kind: "refused", why });
    },
    async release(id, outpoint) {
      const answer = await call(WalletKit.method.releaseOutput, { id, outpoint: wire(outpoint) });
      return answer.ok || leaseRefusal(answer.error.detail) === "unknown" ? ok(undefined) : answer;
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
      return ok({ kind: "refused", why: publishRefusal(detail), detail });
    },
    async remove(txid) {
      const answer = await call(WalletKit.method.removeTransaction, { txid: display(txid) });
      // Gone already is what was wanted.
      return answer.ok || isUnknownTransaction(answer.error.detail) ? ok(undefined) : answer;
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

/**
 * All of it, or undefined where it changed meanwhile. lnd makes the list anew for each page, by height and then what no
 * block has, and sorts the page again. So each page begins with the place at which the one before ended: exactly one of its
 * transactions is known then. None is where one went from before that place, and two are where one came.
 */
async function readAll(
  call: LndCaller["call"],
  startHeight: number,
): Promise<Result<readonly WalletTransaction[] | undefined, LndError>> {
  const all = new Map<string, WalletTransaction>();
  for (let page = LND_TRANSACTIONS_PAGE; ; ) {
    const overlap = Math.min(all.size, 1);
    const [indexOffset, maxTransactions] = [all.size - overlap, page + overlap];
    const request = { startHeight, endHeight: -1, indexOffset, maxTransactions };
    const answer = await call(Lightning.method.getTransactions, request);
    if (!answer.ok) {
      // Some have hundreds of inputs: a page of them is more than gRPC takes at once.
      if (!isTooLarge(answer.error.detail) || page === 1) return answer;
      page = Math.ceil(page / 8);
      continue;
    }
    const { transactions } = answer.value;
    if (transactions.filter((one) => all.has(placeOf(one))).length !== overlap) return ok(undefined);
    for (const transaction of transactions) all.set(placeOf(transaction), readTransaction(transaction));
    if (transactions.length < maxTransactions) return ok([...all.values()]);
  }
}

function placeOf({ txHash, blockHash }: Transaction): string {
  return `${txHash} ${blockHash}`;
}

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
