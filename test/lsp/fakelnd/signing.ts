import { Transaction } from "@scure/btc-signer";
import { fail, ok, type Result } from "../../../core/result.ts";
import { type LndError, lndError } from "../../../lsp/node/trouble.ts";
import { type FakeKey, LENIENT, witnessOf } from "./keys.ts";

/** Most of what lnd refuses has this code. */
export function unknownError(text: string): Result<never, LndError> {
  return fail(lndError("failed", `UNKNOWN: ${text}`));
}

/** lnd's FinalizePsbt: signs what is the wallet's own, with the hash type that the input names, or with 0. */
export function finalizeOwn(
  psbt: Uint8Array,
  own: (point: string) => { readonly key: FakeKey; readonly sat: bigint } | undefined,
): Result<{ psbt: Uint8Array; raw: Uint8Array }, LndError> {
  let spend: Transaction;
  try {
    spend = Transaction.fromPSBT(psbt, LENIENT);
  } catch (error) {
    return unknownError(`error parsing PSBT: ${error instanceof Error ? error.message : error}`);
  }
  const inputs = Array.from({ length: spend.inputsLength }, (_, i) => spend.getInput(i));
  if (inputs.every(({ finalScriptWitness }) => finalScriptWitness !== undefined)) {
    return unknownError("PSBT is already fully signed");
  }
  for (const [i, { txid = new Uint8Array(0), index = 0, sighashType = 0, finalScriptWitness }] of inputs.entries()) {
    if (finalScriptWitness !== undefined) continue;
    const found = own(`${Buffer.from(txid).toString("hex")}:${index}`);
    if (found === undefined) {
      return unknownError(`error finalizing PSBT: error finalizing PSBT input ${i}: PSBT is not finalizable`);
    }
    spend.updateInput(i, { finalScriptWitness: witnessOf(found.key, spend, i, sighashType, found.sat) }, true);
  }
  return ok({ psbt: spend.toPSBT(0), raw: spend.extract() });
}
