/**
 * Sizes of transactions in weight units (BIP141: a virtual byte is four of them), and what they cost. Signatures count
 * with 72 bytes, the most that a low-S signature with its hash type has; lnd's are 71 or 72, so a real transaction is at
 * most half a virtual byte an input smaller.
 */

/** Version, marker, flag, counts of inputs and outputs (each below 253), lock time. */
const OVERHEAD_WU = 42;
/** Outpoint, empty script, sequence: 41 bytes; witness of a P2WPKH: count, 72 and 33 bytes with their lengths. */
const P2WPKH_INPUT_WU = 41 * 4 + 1 + 1 + 72 + 1 + 33;
/** Witness of a key-path spend: count, 64 bytes with their length (hash type default). */
const P2TR_INPUT_WU = 41 * 4 + 1 + 1 + 64;

/** Kinds of outputs that lnd's wallet owns and the LSP spends. */
export type CoinKind = "p2wpkh" | "p2tr";

/** Kinds of outputs that the LSP pays. */
export type OutputKind = "p2wpkh" | "p2wsh" | "p2tr";

const INPUT_WU: Readonly<Record<CoinKind, number>> = { p2wpkh: P2WPKH_INPUT_WU, p2tr: P2TR_INPUT_WU };
/** Amount, length of the script, script. */
const OUTPUT_WU: Readonly<Record<OutputKind, number>> = {
  p2wpkh: (8 + 1 + 22) * 4,
  p2wsh: (8 + 1 + 34) * 4,
  p2tr: (8 + 1 + 34) * 4,
};

/** Bitcoin Core's `GetDustThreshold` at its relay fee of 3 sat/vB, in satoshis. */
const DUST_SAT: Readonly<Record<OutputKind, bigint>> = { p2wpkh: 294n, p2wsh: 330n, p2tr: 330n };

/** Weight units of a signed transaction with these inputs and outputs. */
export function weightOf(inputs: readonly CoinKind[], outputs: readonly OutputKind[]): number {
  const spent = inputs.reduce((sum, kind) => sum + INPUT_WU[kind], 0);
  return outputs.reduce((sum, kind) => sum + OUTPUT_WU[kind], OVERHEAD_WU + spent);
}

/** Satoshis at a rate in satoshis per 1,000 weight units, lnd's unit: rounded up, so that the rate is reached. */
export function feeFor(weight: number, satPerKw: bigint): bigint {
  return (BigInt(weight) * satPerKw + 999n) / 1000n;
}

/** The least amount of an output, in satoshis, that nodes relay. */
export function dustOf(kind: OutputKind): bigint {
  return DUST_SAT[kind];
}
