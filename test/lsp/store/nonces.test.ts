import assert from "node:assert/strict";
import fc from "fast-check";
import { NONCE_KEYS_MAX, NONCES_WAITING_MAX } from "../../../lsp/limits.ts";
import { takeNonce } from "../../../lsp/store/nonces.ts";
import type { Store, StoreEvent } from "../../../lsp/store/store.ts";
import { onBoth, onPostgres } from "./kinds.ts";
import { errorCode, numberedKey, value } from "./values.ts";

const TOP = 2n ** 64n - 1n;

/** All in one turn of the event loop. */
async function takeAll(store: Store, calls: readonly (readonly [key: number, nonce: bigint])[]): Promise<string[]> {
  const results = await Promise.all(calls.map(([key, nonce]) => store.nonces.take(numberedKey(key), nonce)));
  return results.map((result) => (result.ok ? result.value : result.error.code));
}

async function latest(store: Store, key: number): Promise<bigint | undefined> {
  const row = await store.db
    .selectFrom("users")
    .select("latest_nonce")
    .where("node_pub_key", "=", numberedKey(key))
    .executeTakeFirst();
  return row?.latest_nonce;
}

onBoth("a nonce is taken once, and only if it is greater", async ({ open }) => {
  const store = await open();
  for (const [nonce, verdict] of [
    [5n, "accepted"],
    [5n, "stale"],
    [4n, "stale"],
    [6n, "accepted"],
    [0n, "stale"],
  ] as const) {
    assert.deepEqual(await takeAll(store, [[1, nonce]]), [verdict], String(nonce));
  }
  assert.equal(await latest(store, 1), 6n);
});

onBoth("unsigned 64-bit: at 2^63 and up to 2^64-1", async ({ open }) => {
  const store = await open();
  for (const [nonce, verdict] of [
    [2n ** 63n - 1n, "accepted"],
    [2n ** 63n, "accepted"],
    [2n ** 63n - 1n, "stale"],
    [1n, "stale"],
    [TOP - 1n, "accepted"],
    [2n ** 63n + 1n, "stale"],
    [TOP, "accepted"],
    [TOP, "stale"],
    [TOP - 1n, "stale"],
  ] as const) {
    assert.deepEqual(await takeAll(store, [[1, nonce]]), [verdict], String(nonce));
  }
  assert.deepEqual(await takeAll(store, [[2, TOP]]), ["accepted"], "as the first of a key");
  assert.equal(await latest(store, 2), TOP);
});

onBoth("a first nonce of 0 is not greater than nothing, and leaves no row", async ({ open }) => {
  const store = await open();
  assert.deepEqual(await takeAll(store, [[1, 0n]]), ["stale"]);
  assert.equal(await latest(store, 1), undefined);
});

onBoth("the same key several times in a turn: each decided in order, the highest is stored", async ({ open }) => {
  const events: StoreEvent[] = [];
  const store = await open({ onEvent: (event) => events.push(event) });
  await takeAll(store, [[1, 10n]]);
  events.length = 0;
  const calls: [number, bigint][] = [
    [1, 9n], // below what is stored
    [2, 7n],
    [1, 12n],
    [1, 11n], // overtaken in this turn
    [2, 7n], // the same again
    [1, 13n],
    [3, 1n],
    [2, 6n],
  ];
  const verdicts = ["stale", "accepted", "accepted", "stale", "stale", "accepted", "accepted", "stale"];
  assert.deepEqual(await takeAll(store, calls), verdicts);
  assert.deepEqual(await Promise.all([1, 2, 3].map((key) => latest(store, key))), [13n, 7n, 1n]);
  assert.deepEqual(
    events.map((event) => event.kind === "nonces" && event.keys),
    [3],
    "one statement, one row a key",
  );
});

onBoth("any calls in any turns: as one after the other", async ({ open }) => {
  const store = await open();
  let run = 0;
  const nonce = fc.oneof(fc.bigInt(0n, 8n), fc.bigInt(2n ** 63n - 2n, 2n ** 63n + 2n), fc.bigInt(TOP - 2n, TOP));
  const turn = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), nonce), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 5 }), async (turns) => {
      // Keys of its own for each run, and a model that takes one call at a time.
      run += 1;
      const model = new Map<number, bigint>();
      const expected = turns.map((calls) =>
        calls.map(([key, offered]) => {
          const accepted = offered > (model.get(key) ?? 0n);
          if (accepted) model.set(key, offered);
          return accepted ? "accepted" : "stale";
        }),
      );
      const found: string[][] = [];
      for (const calls of turns) {
        found.push(
          await takeAll(
            store,
            calls.map(([key, offered]) => [run * 10 + key, offered]),
          ),
        );
      }
      assert.deepEqual(found, expected);
      for (const [key, highest] of model) assert.equal(await latest(store, run * 10 + key), highest);
    }),
    { numRuns: 60 },
  );
});

onBoth("1,000 replays of one request at once: exactly one passes", async ({ open }) => {
  const store = await open();
  const verdicts = await takeAll(
    store,
    Array.from({ length: 1_000 }, () => [1, 42n] as const),
  );
  assert.equal(verdicts.filter((verdict) => verdict === "accepted").length, 1);
  assert.equal(verdicts.filter((verdict) => verdict === "stale").length, 999);
});

onPostgres("1,000 replays over four stores, statements and transactions: exactly one passes", async ({ open }) => {
  const stores = await Promise.all([open(), open(), open(), open()]);
  const all = await Promise.all(
    Array.from({ length: 1_000 }, async (_, i) => {
      const store = stores[i % stores.length] as Store;
      // Spread over turns, so that the stores race for the row again and again.
      await new Promise((resolve) => setTimeout(resolve, i % 50));
      return i % 10 === 0
        ? store.transaction((trx) => takeNonce(trx, numberedKey(1), 42n))
        : store.nonces.take(numberedKey(1), 42n);
    }),
  );
  assert.equal(all.map(value).filter((verdict) => verdict === "accepted").length, 1);
});

onBoth("more keys in a turn than one statement has", async ({ open }) => {
  const events: StoreEvent[] = [];
  const store = await open({ onEvent: (event) => events.push(event) });
  const calls = Array.from({ length: NONCE_KEYS_MAX + 10 }, (_, key) => [key, 3n] as const);
  assert.deepEqual(new Set(await takeAll(store, calls)), new Set(["accepted"]));
  const keys = events.flatMap((event) => (event.kind === "nonces" ? [event.keys] : []));
  assert.deepEqual(keys, [NONCE_KEYS_MAX, 10]);
});

onBoth("who comes when too many wait is refused, and the others are served", async ({ open }) => {
  const store = await open();
  const calls = Array.from({ length: NONCES_WAITING_MAX + 1 }, (_, i) => [i % 100, BigInt(i + 1)] as const);
  const verdicts = await takeAll(store, calls);
  assert.equal(verdicts.pop(), "store_busy");
  assert.deepEqual(new Set(verdicts), new Set(["accepted"]));
});

onBoth("a nonce of an effect is used up with it, and not without", async ({ open }) => {
  const store = await open();
  const fault = new Error("the effect failed");
  const failing = store.transaction(async (trx) => {
    assert.equal(await takeNonce(trx, numberedKey(1), 5n), "accepted");
    throw fault;
  });
  await assert.rejects(failing, fault);
  assert.equal(await latest(store, 1), undefined);
  assert.equal(value(await store.transaction((trx) => takeNonce(trx, numberedKey(1), 5n))), "accepted");
  assert.equal(value(await store.transaction((trx) => takeNonce(trx, numberedKey(1), 5n))), "stale");
  assert.equal(value(await store.transaction((trx) => takeNonce(trx, numberedKey(2), 0n))), "stale");
  assert.deepEqual(await takeAll(store, [[1, 5n]]), ["stale"]);
  assert.deepEqual(await takeAll(store, [[1, 6n]]), ["accepted"]);
});

onBoth("a query beside an open transaction is not inside it; transactions do not mix", async ({ open }) => {
  const store = await open();
  const seen: (bigint | undefined)[] = [];
  const holding = store.transaction(async (trx) => {
    await takeNonce(trx, numberedKey(1), 5n);
    await new Promise((resolve) => setTimeout(resolve, 50));
    throw new Error("undone");
  });
  const beside = store.transaction((trx) => takeNonce(trx, numberedKey(2), 7n));
  const reading = latest(store, 1).then((nonce) => seen.push(nonce));
  await assert.rejects(holding, /undone/);
  assert.equal(value(await beside), "accepted");
  await reading;
  assert.deepEqual(seen, [undefined]);
  assert.equal(await latest(store, 1), undefined);
  assert.equal(await latest(store, 2), 7n);
});

onBoth("what no wire message can hold is a fault of the caller", async ({ open }) => {
  const store = await open();
  for (const [key, nonce] of [
    [numberedKey(1), -1n],
    [numberedKey(1), 2n ** 64n],
    [numberedKey(1).subarray(1), 1n],
    [Buffer.alloc(65, 4), 1n],
  ] as const) {
    assert.throws(() => store.nonces.take(key, nonce), RangeError);
    await assert.rejects(
      store.transaction((trx) => takeNonce(trx, key, nonce)),
      RangeError,
    );
  }
});

onBoth("closing decides what waits, and refuses what comes later", async ({ open }) => {
  const store = await open();
  const waiting = takeAll(store, [
    [1, 1n],
    [2, 1n],
  ]);
  const closed = store.close();
  assert.deepEqual(await takeAll(store, [[3, 1n]]), ["store_closed"]);
  assert.deepEqual(await waiting, ["accepted", "accepted"]);
  await closed;
  assert.equal(errorCode(await store.ping()), "store_closed");
  assert.equal(errorCode(await store.transaction((trx) => takeNonce(trx, numberedKey(1), 9n))), "store_closed");
  assert.equal(store.replyNonces.next(), undefined);
  await store.close();
});
