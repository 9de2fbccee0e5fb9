import type { Transaction } from "@scure/btc-signer";
import { outpointText } from "../../../lsp/node/wallet.ts";
import type { FakeWallet } from "./wallet.ts";

/** What a PSBT brings and pays; undefined where an input does not say its amount. */
export function sumsOf(psbt: Transaction) {
  const inputs = Array.from({ length: psbt.inputsLength }, (_, i) => psbt.getInput(i));
  const outputs = Array.from({ length: psbt.outputsLength }, (_, i) => psbt.getOutput(i));
  const amounts = inputs.map(({ witnessUtxo }) => witnessUtxo?.amount);
  const inputSum = amounts.reduce<bigint | undefined>(
    (sum, one) => (sum === undefined || one === undefined ? undefined : sum + one),
    0n,
  );
  return { inputs, outputs, inputSum, outputSum: outputs.reduce((sum, { amount = 0n }) => sum + amount, 0n) };
}

/** Unleased coins that a transaction does not spend: what the anchors could be paid with. */
export async function unspentBeside(wallet: FakeWallet, spent: ReadonlySet<string>): Promise<bigint> {
  const coins = await wallet.coins(0);
  if (!coins.ok) return 0n;
  return coins.value.reduce((sum, coin) => (spent.has(outpointText(coin)) ? sum : sum + coin.amount), 0n);
}
