import { SigHash, Transaction } from "@scure/btc-signer";
import type { CoinKind } from "../money/sizes.ts";
import type { TxOutput } from "./outputs.ts";

/** An output of lnd's wallet that is to be spent. */
export interface Coin {
  /** In the byte order of the chain, as lnd's `txid_bytes`. */
  readonly txid: Uint8Array;
  readonly vout: number;
  /** Satoshis. */
  readonly amount: bigint;
  readonly script: Uint8Array;
  readonly kind: CoinKind;
}

/** A transaction before its signatures: its id is known already, because a segwit id does not cover them (BIP141). */
export interface Unsigned {
  /** For lnd's `FinalizePsbt` (BIP174). */
  readonly psbt: Uint8Array;
  readonly txid: Uint8Array;
  readonly coins: readonly Coin[];
  readonly outputs: readonly TxOutput[];
}

/** BIP125: opts in to replacement, and sets no relative lock time (BIP68). */
const SEQUENCE = 0xff_ff_ff_fd;

/**
 * Makes a transaction that spends `coins` and pays `outputs` in the order given; what is left is the miner's fee.
 *
 * P2WPKH inputs name the hash type ALL: without it lnd signs with type 0, calls the transaction final, and no node relays
 * it ("invalid hash type 0x0").
 */
export function makeSpend(coins: readonly Coin[], outputs: readonly TxOutput[]): Unsigned {
  const tx = new Transaction({ version: 2 });
  for (const { txid, vout, amount, script, kind } of coins) {
    tx.addInput({
      txid: Uint8Array.from(txid).reverse(),
      index: vout,
      sequence: SEQUENCE,
      witnessUtxo: { script, amount },
      ...(kind === "p2wpkh" ? { sighashType: SigHash.ALL } : {}),
    });
  }
  for (const { script, amount } of outputs) tx.addOutput({ script, amount });
  return { psbt: tx.toPSBT(0), txid: Buffer.from(tx.id, "hex").reverse(), coins, outputs };
}
