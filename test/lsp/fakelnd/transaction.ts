import { Transaction } from "@scure/btc-signer";
import { LENIENT } from "./keys.ts";

/** BIP 125: a sequence below this one says that the transaction may be replaced. */
export const FINAL_SEQUENCE = 0xffff_fffe;

export interface ChainOutput {
  readonly script: Uint8Array;
  readonly sat: bigint;
}

export interface ChainTransaction {
  /** As people read it. */
  readonly id: string;
  readonly raw: Uint8Array;
  readonly vsize: number;
  /** `txid:index`. */
  readonly inputs: readonly { readonly point: string; readonly txid: string; readonly vout: number }[];
  readonly outputs: readonly ChainOutput[];
  readonly replaceable: boolean;
}

/** Throws where it is none. */
export function readTransaction(raw: Uint8Array): ChainTransaction {
  const parsed = Transaction.fromRaw(raw, LENIENT);
  const inputs = Array.from({ length: parsed.inputsLength }, (_, i) => {
    const { txid = new Uint8Array(0), index = 0, sequence = 0 } = parsed.getInput(i);
    const shown = Buffer.from(txid).toString("hex");
    return { point: `${shown}:${index}`, txid: shown, vout: index, sequence };
  });
  const outputs = Array.from({ length: parsed.outputsLength }, (_, i) => {
    const { script = new Uint8Array(0), amount = 0n } = parsed.getOutput(i);
    return { script, sat: amount };
  });
  return {
    id: parsed.id,
    raw: Uint8Array.from(raw),
    vsize: parsed.vsize,
    inputs,
    outputs,
    replaceable: inputs.some(({ sequence }) => sequence < FINAL_SEQUENCE),
  };
}
