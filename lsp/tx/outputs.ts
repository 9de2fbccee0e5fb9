import type { Network } from "../../ceremony/seed/network.ts";
import type { OutputKind } from "../money/sizes.ts";
import { readAddress } from "../service/address.ts";

/** An output of a transaction that is to be made. */
export interface TxOutput {
  readonly script: Uint8Array;
  readonly kind: OutputKind;
  /** Satoshis. */
  readonly amount: bigint;
}

export interface Payee {
  readonly script: Uint8Array;
  readonly kind: OutputKind;
}

/**
 * The output script of a segwit address of this network (BIP141, BIP350: OP_n, then the program), or undefined for a
 * text that is none, or one whose kind the LSP does not pay.
 */
export function payeeOf(address: string, network: Network): Payee | undefined {
  const read = readAddress(address, network);
  if (read === undefined) return undefined;
  const { kind, version, program } = read;
  if (kind !== "p2wpkh" && kind !== "p2wsh" && kind !== "p2tr") return undefined;
  const opcode = version === 0 ? 0x00 : 0x50 + version;
  return { kind, script: Uint8Array.of(opcode, program.length, ...program) };
}
