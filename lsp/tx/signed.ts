import { createHash, createHmac } from "node:crypto";
import * as noble from "@noble/secp256k1";
import { SigHash, Transaction } from "@scure/btc-signer";
import { fail, ok, type Result } from "../../ceremony/result.ts";
import type { Coin, Unsigned } from "./spend.ts";

/** A transaction whose every signature was verified here. */
export interface Signed {
  readonly raw: Uint8Array;
  readonly txid: Uint8Array;
  /** Virtual bytes. */
  readonly vsize: number;
  /** Satoshis. */
  readonly fee: bigint;
}

/** Why what lnd gave back is not the transaction that it was asked to sign; `input` counts from 0. */
export type SignedError =
  | { readonly code: "tx_form"; readonly detail: string }
  | { readonly code: "tx_other"; readonly detail: string }
  | { readonly code: "tx_signature"; readonly input: number; readonly detail: string };

noble.hashes.sha256 ??= (message) => Uint8Array.from(createHash("sha256").update(message).digest());
noble.hashes.hmacSha256 ??= (key, message) => Uint8Array.from(createHmac("sha256", key).update(message).digest());

/**
 * Verifies that `raw` is `unsigned` with a valid signature of hash type ALL on each input (or the default type of a
 * taproot key spend). lnd does not: a funding with a wrong hash type becomes a pending channel whose funding no node takes.
 */
export function checkSigned(raw: Uint8Array, unsigned: Unsigned): Result<Signed, SignedError> {
  let tx: Transaction;
  try {
    tx = Transaction.fromRaw(raw, { allowUnknownOutputs: true });
  } catch (error) {
    return fail({ code: "tx_form", detail: error instanceof Error ? error.message : String(error) });
  }
  const txid = Buffer.from(tx.id, "hex").reverse();
  // The id covers version, inputs, sequences, outputs and lock time: all but the signatures.
  if (!txid.equals(unsigned.txid)) return fail({ code: "tx_other", detail: `the id is ${tx.id}` });
  for (const [input, coin] of unsigned.coins.entries()) {
    const witness = tx.getInput(input).finalScriptWitness ?? [];
    const fault =
      coin.kind === "p2wpkh" ? ecdsaFault(tx, input, coin, witness) : taprootFault(tx, input, unsigned, witness);
    if (fault !== undefined) return fail({ code: "tx_signature", input, detail: fault });
  }
  const sum = (amounts: readonly { readonly amount: bigint }[]): bigint =>
    amounts.reduce((s, { amount }) => s + amount, 0n);
  return ok({ raw, txid, vsize: tx.vsize, fee: sum(unsigned.coins) - sum(unsigned.outputs) });
}

/** BIP143. */
function ecdsaFault(tx: Transaction, input: number, coin: Coin, witness: readonly Uint8Array[]): string | undefined {
  const [signature, key] = witness;
  if (witness.length !== 2 || signature === undefined || key === undefined) return `${witness.length} witness elements`;
  const type = signature.at(-1);
  if (type !== SigHash.ALL) return `hash type ${type}`;
  const hash = createHash("ripemd160").update(createHash("sha256").update(key).digest()).digest();
  if (!hash.equals(coin.script.subarray(2))) return "the public key is not the output's";
  // "OP_DUP OP_HASH160 <20 bytes> OP_EQUALVERIFY OP_CHECKSIG" is the script code of a P2WPKH.
  const code = Uint8Array.of(0x76, 0xa9, 0x14, ...hash, 0x88, 0xac);
  const digest = tx.preimageWitnessV0(input, code, SigHash.ALL, coin.amount);
  const compact = compactOf(signature.subarray(0, -1));
  if (compact === undefined) return "the signature is not DER";
  // Low S is BIP146's rule for relay; noble asks for it.
  return noble.verify(compact, digest, key, { prehash: false, lowS: true }) ? undefined : "the signature is wrong";
}

/** BIP341, key path. */
function taprootFault(
  tx: Transaction,
  input: number,
  { coins }: Unsigned,
  witness: readonly Uint8Array[],
): string | undefined {
  const [signature] = witness;
  if (witness.length !== 1 || signature?.length !== 64) return "not a key-path witness of 64 bytes";
  const scripts = coins.map(({ script }) => Uint8Array.from(script));
  const amounts = coins.map(({ amount }) => amount);
  const digest = tx.preimageWitnessV1(input, scripts, SigHash.DEFAULT, amounts);
  const key = (coins[input] as Coin).script.subarray(2);
  return noble.schnorr.verify(signature, digest, key) ? undefined : "the signature is wrong";
}

/** r and s of a strict DER signature, 32 bytes each. */
function compactOf(der: Uint8Array): Uint8Array | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const out = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const length = der[at + 1] ?? 0;
    const number = der.subarray(at + 2, at + 2 + length);
    if (der[at] !== 0x02 || length === 0 || number.length !== length) return undefined;
    const digits = number[0] === 0 ? number.subarray(1) : number;
    if (digits.length > 32 || (number[0] as number) >= 0x80) return undefined;
    out.set(digits, end - digits.length);
    at += 2 + length;
  }
  return at === der.length ? out : undefined;
}
