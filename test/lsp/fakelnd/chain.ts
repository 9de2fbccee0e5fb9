import { randomBytes } from "node:crypto";
import { Transaction } from "@scure/btc-signer";
import { type FakeKey, inputFault, keyOf, LENIENT, scriptOf, signedSpend } from "./keys.ts";
import { type ChainOutput, type ChainTransaction, FINAL_SEQUENCE, readTransaction } from "./transaction.ts";

/** btcd's `minRelayTxFee`, 1,000 sat a kvB: so much a vB for relaying, and more than what is replaced by as much. */
const MIN_RELAY = 1n;
const FIRST_HEIGHT = 540;
/** A coin of the world outside, and what each of its payments leaves for the miner. */
const COIN = 50_0000_0000n;
const BANK_FEE = 1_000n;
const REPLACEMENT_FEE = 5_000n;

export interface ChainBlock {
  readonly height: number;
  readonly hash: string;
  readonly transactions: readonly ChainTransaction[];
}

/** What follows the chain. */
export interface ChainListener {
  onAccepted(transaction: ChainTransaction): void;
  onBlock(block: ChainBlock): void;
  /** A block left the chain; the last one first. */
  onCut(block: ChainBlock): void;
}

/** In the texts that lnd makes of what btcd says. */
export type Submitted = { readonly taken: true } | { readonly taken: false; readonly text: string };

/**
 * A chain with a mempool and a world outside that pays, in memory: the rules of btcd on regtest that swaps can meet.
 * Signatures of P2WPKH inputs are verified; those of other scripts are taken as they are. Coins of miners do not exist:
 * the world outside has as many as it wants, each confirmed since before the first block.
 */
export interface FakeChain {
  height(): number;
  /** Undefined above the tip. As people read it. */
  blockHash(height: number): string | undefined;
  /** The block that has it; undefined where none has. */
  blockOf(txid: string): ChainBlock | undefined;
  transaction(txid: string): ChainTransaction | undefined;
  /** An output of a block or of the mempool that nothing there spends. */
  unspent(point: string): ChainOutput | undefined;
  inMempool(txid: string): boolean;
  submit(raw: Uint8Array): Submitted;
  mine(blocks: number): void;
  /** As `Chain.reorg` of test/regtest. Named payments of the world outside are lost for good, with all that spends them. */
  reorg(depth: number, options?: { readonly longer?: number; readonly lose?: readonly string[] }): void;
  /** A payment of the world outside; its id. */
  pay(address: string, sat: bigint): string;
  /** Spends the coin of an unconfirmed payment otherwise: to the world outside, or to an address. The new id. */
  takeBack(txid: string, address?: string, sat?: bigint): string;
  follow(listener: ChainListener): void;
}

export function openChain(): FakeChain {
  const bank = keyOf("the world outside");
  const blocks: ChainBlock[] = [];
  const mempool = new Map<string, ChainTransaction>();
  const minted = new Map<string, ChainOutput>();
  /** Of blocks alone. */
  const confirmed = new Map<string, ChainBlock>();
  const listeners: ChainListener[] = [];
  const payments = new Map<
    string,
    { readonly txid: string; readonly vout: number; readonly sat: bigint; readonly key: FakeKey }
  >();
  /** Each pays more than the ones before. */
  let replacements = 0n;

  const height = (): number => FIRST_HEIGHT + blocks.length;
  const known = (txid: string): ChainTransaction | undefined =>
    mempool.get(txid) ?? confirmed.get(txid)?.transactions.find(({ id }) => id === txid);
  const output = (point: string): ChainOutput | undefined => {
    const [txid = "", vout = ""] = point.split(":");
    return minted.get(point) ?? known(txid)?.outputs[Number(vout)];
  };
  /** Of each output that is spent, by what: in blocks, and in the mempool. */
  const spentInBlock = new Map<string, string>();
  const spentInMempool = new Map<string, string>();

  const accept = (transaction: ChainTransaction): void => {
    mempool.set(transaction.id, transaction);
    for (const { point } of transaction.inputs) spentInMempool.set(point, transaction.id);
    for (const one of listeners) one.onAccepted(transaction);
  };
  /** With all that spends it. */
  const evict = (txid: string): void => {
    const gone = mempool.get(txid);
    if (gone === undefined) return;
    mempool.delete(txid);
    for (const { point } of gone.inputs) if (spentInMempool.get(point) === txid) spentInMempool.delete(point);
    gone.outputs.forEach((_, i) => {
      const child = spentInMempool.get(`${txid}:${i}`);
      if (child !== undefined) evict(child);
    });
  };
  const descendants = (txid: string): string[] => [
    txid,
    ...(mempool.get(txid)?.outputs ?? []).flatMap((_, i) => {
      const child = spentInMempool.get(`${txid}:${i}`);
      return child === undefined ? [] : descendants(child);
    }),
  ];
  const feeOf = ({ inputs, outputs }: ChainTransaction): bigint =>
    inputs.reduce((sum, { point }) => sum + (output(point)?.sat ?? 0n), 0n) -
    outputs.reduce((sum, { sat }) => sum + sat, 0n);
  const mayBeReplaced = (txid: string): boolean => {
    const one = mempool.get(txid);
    return one !== undefined && (one.replaceable || one.inputs.some((input) => mayBeReplaced(input.txid)));
  };

  const refusal = (transaction: ChainTransaction): string | undefined => {
    const { id, raw, vsize, inputs, outputs } = transaction;
    const conflicts = new Set<string>();
    for (const { point, txid } of inputs) {
      // Missing, or spent in a block: btcd calls both an orphan, and lnd both a double spend.
      if (output(point) === undefined || spentInBlock.has(point)) return "transaction rejected: output already spent";
      const other = spentInMempool.get(point);
      if (other !== undefined) conflicts.add(other);
      if (txid === id) return "undefined: it spends itself";
    }
    for (const one of conflicts) if (!mayBeReplaced(one)) return "transaction rejected: output already spent";
    const parsed = Transaction.fromRaw(raw, LENIENT);
    for (const [i, { point }] of inputs.entries()) {
      const spent = output(point);
      if (spent === undefined || !isP2wpkh(spent.script)) continue;
      const fault = inputFault(parsed, i, spent.script, spent.sat, parsed.getInput(i).finalScriptWitness ?? []);
      if (fault !== undefined) return `undefined: TX rejected: failed to validate input ${id}:${i}: ${fault}`;
    }
    const fee = feeOf(transaction);
    if (fee < 0n) return "undefined: TX rejected: total value of all transaction inputs is less than its outputs";
    if (outputs.some(({ script, sat }) => sat < (isP2wpkh(script) ? 294n : 330n))) return "dust";
    if (fee < MIN_RELAY * BigInt(vsize)) return "insufficient fee";
    if (conflicts.size === 0) return undefined;
    const replaced = [...conflicts].flatMap(descendants);
    const rate = (one: ChainTransaction): number => Number(feeOf(one)) / one.vsize;
    for (const one of conflicts) {
      const other = mempool.get(one);
      if (other !== undefined && rate(transaction) <= rate(other)) return "insufficient fee";
    }
    const least = [...new Set(replaced)].reduce((sum, one) => {
      const other = mempool.get(one);
      return other === undefined ? sum : sum + feeOf(other);
    }, MIN_RELAY * BigInt(vsize));
    if (fee < least) return "insufficient fee";
    const before = new Set([...conflicts].flatMap((one) => mempool.get(one)?.inputs.map(({ txid }) => txid) ?? []));
    if (inputs.some(({ txid }) => mempool.has(txid) && !before.has(txid))) return "replacement adds unconfirmed";
    return undefined;
  };

  const submit = (raw: Uint8Array): Submitted => {
    let transaction: ChainTransaction;
    try {
      transaction = readTransaction(raw);
    } catch (error) {
      return { taken: false, text: `unexpected EOF (${error instanceof Error ? error.message : error})` };
    }
    const { id, outputs, inputs } = transaction;
    if (mempool.has(id)) return { taken: true };
    // btcd has no index of transactions here: one whose outputs are all spent is one whose inputs are missing.
    if (confirmed.has(id) && outputs.some((_, i) => !spentInBlock.has(`${id}:${i}`))) return { taken: true };
    const text = refusal(transaction);
    if (text !== undefined) return { taken: false, text };
    for (const { point } of inputs) {
      const other = spentInMempool.get(point);
      if (other !== undefined) evict(other);
    }
    accept(transaction);
    return { taken: true };
  };

  const mineOne = (): void => {
    const block: ChainBlock = {
      height: height() + 1,
      hash: randomBytes(32).toString("hex"),
      transactions: [...mempool.values()],
    };
    mempool.clear();
    spentInMempool.clear();
    blocks.push(block);
    for (const transaction of block.transactions) {
      confirmed.set(transaction.id, block);
      for (const { point } of transaction.inputs) spentInBlock.set(point, transaction.id);
    }
    for (const one of listeners) one.onBlock(block);
  };
  const cutOne = (): readonly ChainTransaction[] => {
    const block = blocks.pop();
    if (block === undefined) throw new RangeError("the first block cannot be cut");
    for (const { id, inputs } of block.transactions) {
      confirmed.delete(id);
      for (const { point } of inputs) spentInBlock.delete(point);
    }
    for (const one of listeners) one.onCut(block);
    return block.transactions;
  };
  const spend = (coin: { txid: string; vout: number; sat: bigint; key: FakeKey }, outputs: ChainOutput[]): string => {
    const raw = signedSpend([coin], outputs, FINAL_SEQUENCE - 1);
    const sent = submit(raw);
    if (!sent.taken) throw new Error(sent.text);
    const { id } = readTransaction(raw);
    payments.set(id, coin);
    return id;
  };
  const takeBack: FakeChain["takeBack"] = (txid, address, sat = 0n) => {
    const coin = payments.get(txid);
    if (coin === undefined) throw new RangeError(`${txid} is no payment of the world outside`);
    replacements += 1n;
    const rest = coin.sat - sat - REPLACEMENT_FEE * replacements;
    return spend(coin, [
      ...(address === undefined ? [] : [{ script: scriptOf(address), sat }]),
      { script: bank.script, sat: rest },
    ]);
  };
  return {
    height,
    blockHash: (at) => (at <= FIRST_HEIGHT ? fixedHash(at) : blocks[at - FIRST_HEIGHT - 1]?.hash),
    blockOf: (txid) => confirmed.get(txid),
    transaction: known,
    unspent: (point) => (spentInBlock.has(point) || spentInMempool.has(point) ? undefined : output(point)),
    inMempool: (txid) => mempool.has(txid),
    submit,
    mine(count) {
      for (let i = 0; i < count; i += 1) mineOne();
    },
    reorg(depth, { longer = 1, lose = [] } = {}) {
      const cut: ChainTransaction[] = [];
      for (let i = 0; i < depth; i += 1) cut.unshift(...cutOne());
      const waiting = [...mempool.values()];
      mempool.clear();
      spentInMempool.clear();
      // They come back by themselves, the ones of blocks first, whatever they pay.
      for (const one of [...cut, ...waiting]) {
        const free = one.inputs.every(({ point }) => output(point) !== undefined && !spentInMempool.has(point));
        if (!free) continue;
        mempool.set(one.id, one);
        for (const { point } of one.inputs) spentInMempool.set(point, one.id);
      }
      for (const txid of lose) takeBack(txid);
      for (let i = 0; i < depth + longer; i += 1) mineOne();
    },
    pay(address, sat) {
      const coin = { txid: randomBytes(32).toString("hex"), vout: 0, sat: COIN, key: bank };
      minted.set(`${coin.txid}:0`, { script: bank.script, sat: COIN });
      return spend(coin, [
        { script: scriptOf(address), sat },
        { script: bank.script, sat: COIN - sat - BANK_FEE },
      ]);
    },
    takeBack,
    follow: (listener) => void listeners.push(listener),
  };
}

function isP2wpkh(script: Uint8Array): boolean {
  return script.length === 22 && script[0] === 0 && script[1] === 20;
}

function fixedHash(height: number): string {
  return height.toString(16).padStart(64, "0");
}
