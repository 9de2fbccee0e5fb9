import { createHash } from "node:crypto";
import { Address, NETWORK, OutScript, p2wpkh, Transaction } from "@scure/btc-signer";
import { hash160, pubECDSA, signECDSA } from "@scure/btc-signer/utils.js";
import native from "secp256k1/bindings.js";

const REGTEST = { ...NETWORK, bech32: "bcrt", pubKeyHash: 0x6f, scriptHash: 0xc4, wif: 0xef };

/** A key and its P2WPKH script on regtest. */
export interface FakeKey {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly script: Uint8Array;
  readonly address: string;
}

/** The same key for the same name. */
export function keyOf(name: string): FakeKey {
  const secret = createHash("sha256").update(name).digest();
  const publicKey = pubECDSA(secret);
  const { script, address } = p2wpkh(publicKey, REGTEST);
  if (address === undefined) throw new Error("a P2WPKH script without an address");
  return { secret, publicKey, script, address };
}

export function scriptOf(address: string): Uint8Array {
  return OutScript.encode(Address(REGTEST).decode(address));
}

/** Empty where the script has none. */
export function addressOf(script: Uint8Array): string {
  try {
    return Address(REGTEST).encode(OutScript.decode(script));
  } catch {
    return "";
  }
}

/** As lenient as lnd is with what others made. */
export const LENIENT = { allowUnknownInputs: true, allowUnknownOutputs: true, disableScriptCheck: true } as const;

/** BIP 143's digest of a P2WPKH input: its script code is the P2PKH of the same hash. */
export function digestOf(spend: Transaction, input: number, script: Uint8Array, hashType: number, sat: bigint): Buffer {
  const code = Uint8Array.from([0x76, 0xa9, 0x14, ...script.subarray(2), 0x88, 0xac]);
  // The library's own answer is hashed twice already.
  return Buffer.from(spend.preimageWitnessV0(input, code, hashType, sat));
}

/** Signature with its hash type, and public key. */
export function witnessOf(
  { secret, publicKey, script }: FakeKey,
  spend: Transaction,
  input: number,
  hashType: number,
  sat: bigint,
): Uint8Array[] {
  const signature = signECDSA(digestOf(spend, input, script, hashType, sat), secret);
  return [Uint8Array.from([...signature, hashType]), publicKey];
}

/** Why the witness of a P2WPKH input is none, in btcd's words; undefined: it is good. */
export function inputFault(
  spend: Transaction,
  input: number,
  script: Uint8Array,
  sat: bigint,
  witness: readonly Uint8Array[],
): string | undefined {
  const [signature, publicKey] = witness;
  if (signature === undefined || publicKey === undefined || witness.length !== 2) return "witness program mismatch";
  if (!Buffer.from(script.subarray(2)).equals(Buffer.from(hash160(publicKey)))) return "witness program mismatch";
  const hashType = signature.at(-1) ?? 0;
  if (![1, 2, 3].includes(hashType & 0x7f)) return `invalid hash type 0x${hashType.toString(16)}`;
  const digest = digestOf(spend, input, script, hashType, sat);
  try {
    if (native.ecdsaVerify(native.signatureImport(signature.subarray(0, -1)), digest, publicKey)) return undefined;
  } catch {
    // Not DER, or no point of the curve.
  }
  return "signature not empty on failed checksig";
}

/** One transaction of P2WPKH coins, signed. */
export function signedSpend(
  coins: readonly { readonly txid: string; readonly vout: number; readonly sat: bigint; readonly key: FakeKey }[],
  outputs: readonly { readonly script: Uint8Array; readonly sat: bigint }[],
  sequence: number,
): Buffer {
  const spend = new Transaction({ ...LENIENT, version: 2 });
  for (const { txid, vout, sat, key } of coins) {
    spend.addInput({ txid, index: vout, sequence, witnessUtxo: { script: key.script, amount: sat } });
  }
  for (const { script, sat } of outputs) spend.addOutput({ script, amount: sat });
  coins.forEach(({ sat, key }, i) => {
    spend.updateInput(i, { finalScriptWitness: witnessOf(key, spend, i, 1, sat) }, true);
  });
  return Buffer.from(spend.extract());
}
