import { ok } from "../../../core/result.ts";
import { leaseRefusal, publishRefusal } from "../../../lsp/node/refusals.ts";
import { type FeeRates, type LndWallet, type Outpoint, outpointText } from "../../../lsp/node/wallet.ts";
import type { ChainBlock, FakeChain } from "./chain.ts";
import { addressOf, type FakeKey, keyOf } from "./keys.ts";
import { finalizeOwn, unknownError } from "./signing.ts";
import { type ChainTransaction, readTransaction } from "./transaction.ts";

/** What the wallet keeps of a transaction: lnd's view of its block, which may be wrong or late. */
interface Kept {
  readonly transaction: ChainTransaction;
  block: { readonly height: number; readonly hash: string } | undefined;
}

interface FakeLease {
  readonly id: string;
  readonly outpoint: Outpoint;
  readonly expires: bigint;
}

export interface FakeWallet extends LndWallet {
  /** What `EstimateFee` says from now on. */
  rates: FeeRates;
  /** Of `RequiredReserve`, without more channels. */
  publicChannels: number;
  /** Without its remote signer it cannot sign, and lnd ends itself. */
  signerAway: boolean;
  /** From now on transactions of cut blocks go on naming them, as real lnd was seen to do. */
  missesCuts: boolean;
  /** Unleased coins of any age. */
  spendable(): bigint;
  /** Sends again what no block has, as lnd does at its start, and forgets what is refused. */
  resend(): void;
}

export interface FakeWalletOptions {
  readonly chain: FakeChain;
  readonly seed: string;
  /** Seconds since 1970. */
  readonly clock: () => bigint;
  /** Ends lnd. */
  readonly end: () => void;
  readonly running: () => boolean;
}

/** lnd's wallet, as far as swaps use it: the rules of btcwallet's `wtxmgr`, which keeps no account of what the chain left. */
export function openFakeWallet({ chain, seed, clock, end, running }: FakeWalletOptions): FakeWallet {
  const keys = new Map<string, FakeKey>();
  const handedOut = { deposit: 0, change: 0 };
  const kept = new Map<string, Kept>();
  /** Ids of kept transactions by what they spend. */
  const spentBy = new Map<string, Set<string>>();
  const leases = new Map<string, FakeLease>();

  const keyOfScript = (script: Uint8Array): FakeKey | undefined => keys.get(Buffer.from(script).toString("hex"));
  const output = (point: string) => {
    const [txid = "", vout = ""] = point.split(":");
    const found = kept.get(txid);
    const at = found?.transaction.outputs[Number(vout)];
    return found === undefined || at === undefined || keyOfScript(at.script) === undefined
      ? undefined
      : { ...at, block: found.block };
  };
  const spenders = (point: string): Kept[] =>
    [...(spentBy.get(point) ?? [])].flatMap((id) => {
      const found = kept.get(id);
      return found === undefined ? [] : [found];
    });
  const keep = (transaction: ChainTransaction, block: Kept["block"]): void => {
    kept.set(transaction.id, { transaction, block });
    for (const { point } of transaction.inputs) {
      const ids = spentBy.get(point) ?? new Set();
      spentBy.set(point, ids.add(transaction.id));
    }
  };
  const spentInBlock = (point: string): boolean => spenders(point).some(({ block }) => block !== undefined);
  /** wtxmgr, isKnownOutput: that something unconfirmed spends it does not matter. */
  const isKnown = (point: string): boolean => output(point) !== undefined && !spentInBlock(point);
  const leaseOf = (point: string): FakeLease | undefined => {
    const found = leases.get(point);
    return found !== undefined && found.expires > clock() ? found : undefined;
  };
  const concerns = ({ id, inputs, outputs }: ChainTransaction): boolean =>
    kept.has(id) ||
    outputs.some(({ script }) => keyOfScript(script) !== undefined) ||
    inputs.some(({ point }) => output(point) !== undefined);
  /** With all that spends it. */
  const forget = (id: string): void => {
    const gone = kept.get(id);
    if (gone === undefined) return;
    kept.delete(id);
    for (const { point } of gone.transaction.inputs) spentBy.get(point)?.delete(id);
    gone.transaction.outputs.forEach((_, i) => {
      for (const { transaction, block } of spenders(`${id}:${i}`)) if (block === undefined) forget(transaction.id);
    });
  };
  const onBlock = ({ height, hash, transactions }: ChainBlock): void => {
    for (const transaction of transactions.filter(concerns)) {
      keep(transaction, { height, hash });
      for (const { point } of transaction.inputs) {
        leases.delete(point);
        // Of what cannot be any more lnd forgets what conflicts with a transaction that it keeps, and nothing else.
        for (const other of spenders(point)) if (other.transaction.id !== transaction.id) forget(other.transaction.id);
      }
    }
  };
  chain.follow({
    onAccepted(transaction) {
      if (running() && concerns(transaction) && !kept.has(transaction.id)) {
        keep(transaction, undefined);
      }
    },
    onBlock,
    onCut({ transactions }) {
      for (const { id } of transactions) {
        const found = kept.get(id);
        if (found !== undefined && !wallet.missesCuts) found.block = undefined;
      }
    },
  });
  const coins = (least: number) =>
    [...kept.values()].flatMap(({ transaction, block }) => {
      const confirmations = block === undefined ? 0 : chain.height() - block.height + 1;
      if (confirmations < least) return [];
      return transaction.outputs.flatMap(({ script, sat }, vout) => {
        const point = `${transaction.id}:${vout}`;
        const free = keyOfScript(script) !== undefined && leaseOf(point) === undefined && spenders(point).length === 0;
        return free
          ? [
              {
                txid: inChainOrder(transaction.id),
                vout,
                address: addressOf(script),
                amount: sat,
                script,
                confirmations,
              },
            ]
          : [];
      });
    });

  const wallet: FakeWallet = {
    rates: { satPerKw: 253n, minRelaySatPerKw: 253n },
    publicChannels: 0,
    signerAway: false,
    missesCuts: false,
    spendable: () => coins(0).reduce((sum, { amount }) => sum + amount, 0n),
    resend() {
      for (const { transaction, block } of [...kept.values()]) {
        if (block === undefined && !chain.submit(transaction.raw).taken) forget(transaction.id);
      }
    },
    async blockHash(height) {
      const hash = chain.blockHash(height);
      return ok(hash === undefined ? undefined : inChainOrder(hash));
    },
    async transactionsFrom(from) {
      const wanted = [...kept.values()].filter(({ block }) => block === undefined || block.height >= from);
      return ok(
        wanted.map(({ transaction: { id, raw, outputs, inputs }, block }) => ({
          txid: inChainOrder(id),
          raw,
          block: block && { height: block.height, hash: inChainOrder(block.hash) },
          outputs: outputs.map(({ script, sat }, vout) => ({
            vout,
            address: addressOf(script),
            amount: sat,
            script,
            ours: keyOfScript(script) !== undefined,
          })),
          inputs: inputs.map(({ txid, vout, point }) => ({
            txid: inChainOrder(txid),
            vout,
            ours: output(point) !== undefined,
          })),
        })),
      );
    },
    async coins(least) {
      return ok(coins(least));
    },
    async lease(id, outpoint, seconds) {
      const point = outpointText(outpoint);
      if (!isKnown(point)) return ok({ kind: "refused", why: refusedLease("unknown output") });
      const name = Buffer.from(id).toString("hex");
      const before = leaseOf(point);
      if (before !== undefined && before.id !== name) {
        return ok({ kind: "refused", why: refusedLease("output already locked") });
      }
      const expires = clock() + seconds;
      leases.set(point, { id: name, outpoint, expires });
      return ok({ kind: "leased", expires });
    },
    async release(id, outpoint) {
      const point = outpointText(outpoint);
      const before = leaseOf(point);
      if (!isKnown(point) || before === undefined) return ok(undefined);
      if (before.id !== Buffer.from(id).toString("hex")) return unknownError("output unlock not alowed");
      leases.delete(point);
      return ok(undefined);
    },
    async leases() {
      // One of a transaction that the wallet forgot is still there, and not listed.
      const listed = [...leases].filter(
        ([point]) => leaseOf(point) !== undefined && kept.has(point.split(":")[0] ?? ""),
      );
      return ok(listed.map(([, { id, outpoint, expires }]) => ({ ...outpoint, id: Buffer.from(id, "hex"), expires })));
    },
    async nextAddress(branch) {
      const key = keyOf(`${seed}/${branch}/${handedOut[branch]}`);
      handedOut[branch] += 1;
      keys.set(Buffer.from(key.script).toString("hex"), key);
      return ok(key.address);
    },
    async finalize(psbt) {
      if (wallet.signerAway) {
        end();
        return unknownError("error finalizing PSBT: error signing PSBT: connection refused");
      }
      return finalizeOwn(psbt, (point) => {
        const spent = output(point);
        const key = spent && keyOfScript(spent.script);
        return spent && key && { key, sat: spent.sat };
      });
    },
    async publish(raw) {
      const sent = chain.submit(raw);
      if (!sent.taken) {
        const detail = `UNKNOWN: ${sent.text}`;
        return ok({ kind: "refused", why: publishRefusal(detail), detail });
      }
      // Whether it concerns the wallet or not.
      const transaction = readTransaction(raw);
      if (!kept.has(transaction.id) && chain.inMempool(transaction.id)) {
        keep(transaction, undefined);
      }
      return ok({ kind: "taken" });
    },
    async remove(txid) {
      const id = Buffer.from(txid).reverse().toString("hex");
      const found = kept.get(id);
      if (found?.block !== undefined) {
        return unknownError(`transaction with txid=${id} is already confirmed (numConfs=1) cannot be removed`);
      }
      forget(id);
      return ok(undefined);
    },
    async feeRates() {
      return ok(wallet.rates);
    },
    async reserve(more) {
      return ok(reserveOf(wallet.publicChannels + more));
    },
  };
  return wallet;
}

/** lnwallet: AnchorChanReservedValue and MaxAnchorChanReservedValue. */
export function reserveOf(publicChannels: number): bigint {
  const wanted = 10_000n * BigInt(publicChannels);
  return wanted < 100_000n ? wanted : 100_000n;
}

export function inChainOrder(hex: string): Uint8Array {
  return Buffer.from(hex, "hex").reverse();
}

function refusedLease(text: string): "leased" | "unknown" {
  const why = leaseRefusal(`UNKNOWN: ${text}`);
  if (why === undefined) throw new Error(`no refusal: ${text}`);
  return why;
}
