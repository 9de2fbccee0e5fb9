import assert from "node:assert/strict";
import { test } from "node:test";
import { fail, ok } from "../../../core/result.ts";
import { LND_TRANSACTIONS_PAGE, LND_TRANSACTIONS_TRIES } from "../../../lsp/limits.ts";
import type { LndCaller } from "../../../lsp/node/caller.ts";
import { lndError } from "../../../lsp/node/trouble.ts";
import { openWallet } from "../../../lsp/node/wallet.ts";
import { good } from "./rig.ts";

interface Listed {
  readonly txHash: string;
  readonly blockHeight: number;
  readonly blockHash?: string;
}

/**
 * An lnd with a list of transactions: pages are cut out of it and turned round, as lnd sorts each by confirmations. Before
 * each answer something may happen to it.
 */
function listing(
  list: Listed[],
  happens: (asked: number) => void = () => undefined,
  largest = Number.POSITIVE_INFINITY,
) {
  let asked = 0;
  const call = async (_: unknown, request: { indexOffset: number; maxTransactions: number }) => {
    happens(asked++);
    const { indexOffset, maxTransactions } = request;
    if (maxTransactions > largest) {
      return fail(lndError("failed", "RESOURCE_EXHAUSTED: Received message larger than max (9 vs 8)"));
    }
    const page = list.slice(indexOffset, indexOffset + maxTransactions).reverse();
    const rest = { blockHash: "", rawTxHex: "", outputDetails: [], previousOutpoints: [] };
    return ok({ transactions: page.map((one) => ({ ...rest, ...one })) });
  };
  const wallet = openWallet({ call: call as unknown as LndCaller["call"] });
  return {
    read: async () => {
      const all = await good(wallet.transactionsFrom(1));
      return all.map(({ txid }) => Buffer.from(txid).reverse().readUInt32BE());
    },
    wallet,
    asked: () => asked,
  };
}

function numbered(count: number, first = 0): Listed[] {
  return Array.from({ length: count }, (_, i) => transaction(first + i));
}

function transaction(number: number): Listed {
  const id = Buffer.alloc(32);
  id.writeUInt32BE(number);
  return { txHash: id.toString("hex"), blockHeight: 0 };
}

function sorted(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}

test("each transaction of the list once, whatever its length", async () => {
  const page = LND_TRANSACTIONS_PAGE;
  for (const count of [0, 1, page - 1, page, page + 1, 2 * page, 2 * page + 1, 5 * page]) {
    const { read } = listing(numbered(count));
    assert.deepEqual(
      sorted(await read()),
      numbered(count).map((_, i) => i),
      `${count}`,
    );
  }
});

test("fewer at a time where they are too large, and the error where one alone is", async () => {
  for (const largest of [2, 9, 65]) {
    const { read } = listing(numbered(600), undefined, largest);
    assert.equal(new Set(await read()).size, 600);
  }
  const { wallet } = listing(numbered(600), undefined, 0);
  const answer = await wallet.transactionsFrom(1);
  assert.ok(!answer.ok);
  assert.match(answer.error.detail, /larger than max/);
});

test("one that a block took to another place of the list between two pages is not missed", async () => {
  const list = numbered(700);
  const happens = (asked: number): void => {
    // The last one is mined: it stands among the confirmed ones now, on the page that was read already.
    if (asked === 1) list.unshift(...list.splice(699, 1));
  };
  const { read, asked } = listing(list, happens);
  assert.equal(new Set(await read()).size, 700);
  assert.equal(asked(), 4);
});

test("one behind another that went from a page which was read already is not missed", async () => {
  const list = numbered(700);
  const { read } = listing(list, (asked) => {
    // All behind it move up: what stood first on the next page stands on the page before it now.
    if (asked === 1) list.splice(3, 1);
  });
  assert.ok((await read()).includes(LND_TRANSACTIONS_PAGE));
});

test("one that is listed for a block that left the chain, and for its new one, comes for both", async () => {
  const again = [1, 2].map((blockHeight) => ({
    ...transaction(3),
    blockHeight,
    blockHash: `${blockHeight}`.repeat(64),
  }));
  const { wallet } = listing([...numbered(600, 10), ...again]);
  const all = await good(wallet.transactionsFrom(1));
  assert.deepEqual([all.length, ...all.flatMap(({ block }) => block?.height ?? [])].sort(), [602, 1, 2].sort());
});

test("a list that never stands still is an error, not a part of it", async () => {
  const list = numbered(700);
  const { wallet, asked } = listing(list, () => void list.unshift(transaction(1_000 + list.length)));
  const answer = await wallet.transactionsFrom(1);
  assert.ok(!answer.ok && answer.error.code === "lnd_failed");
  assert.equal(asked(), 2 * LND_TRANSACTIONS_TRIES);
});
