import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sql } from "kysely";
import type { Result } from "../../../core/result.ts";
import type { StoreError } from "../../../lsp/store/errors.ts";
import { takeNonce } from "../../../lsp/store/nonces.ts";
import { openStore, type Store, type StoreEvent } from "../../../lsp/store/store.ts";
import { needs } from "../../tools/need.ts";
import { bound } from "../../tools/speed.ts";
import { eventually } from "../../tools/wait.ts";
import { startHammer } from "./child.ts";
import { onBoth, onPostgres, sharedPostgres } from "./kinds.ts";
import { type Postgres, query, startPostgres } from "./postgres.ts";
import { errorCode, numberedKey, value } from "./values.ts";

/** Until the store works again; it is not told that the server is back. */
async function recovered(store: Store): Promise<void> {
  await eventually("a store that works again", async () => (await store.ping()).ok);
}

async function withServer(body: (server: Postgres) => Promise<void>): Promise<void> {
  const server = await startPostgres();
  try {
    await body(server);
  } finally {
    await server.stop();
  }
}

for (const [how, stop] of [
  ["is stopped", (server: Postgres) => server.end()],
  ["is killed", (server: Postgres) => server.kill()],
] as const) {
  test(`a server that ${how} and comes back: refusals meanwhile, then as before`, needs("postgres"), () =>
    withServer(async (server) => {
      const events: StoreEvent[] = [];
      const options = { url: server.url, network: "regtest", clock: Date.now } as const;
      const store = value(await openStore({ ...options, onEvent: (event) => events.push(event) }));
      assert.equal(value(await store.nonces.take(numberedKey(1), 1n)), "accepted");
      // An effect under way, which at that moment asks nothing of its connection.
      const { promise: stopped, resolve: hasStopped } = Promise.withResolvers<void>();
      const { promise: holds, resolve: isHolding } = Promise.withResolvers<void>();
      const effect = store.transaction(async (trx) => {
        await takeNonce(trx, numberedKey(2), 1n);
        isHolding();
        await stopped;
        await takeNonce(trx, numberedKey(3), 1n);
      });
      await holds;
      await stop(server);
      hasStopped();
      assert.equal(errorCode(await effect), "store_unavailable");
      assert.equal(errorCode(await store.nonces.take(numberedKey(1), 2n)), "store_unavailable");
      assert.equal(
        errorCode(await store.transaction((trx) => takeNonce(trx, numberedKey(1), 2n))),
        "store_unavailable",
      );
      assert.equal(errorCode(await store.ping()), "store_unavailable");
      assert.ok(events.some(({ kind }) => kind === "trouble"));
      await server.start();
      await recovered(store);
      assert.equal(value(await store.nonces.take(numberedKey(1), 2n)), "accepted");
      assert.equal(value(await store.nonces.take(numberedKey(1), 2n)), "stale");
      assert.equal(value(await store.nonces.take(numberedKey(2), 1n)), "accepted", "the effect was undone");
      assert.equal(value(await store.transaction((trx) => takeNonce(trx, numberedKey(3), 1n))), "accepted");
      await store.close();
    }),
  );
}

test("a server that is down for long: no reply nonces; it comes back: they go on", needs("postgres"), () =>
  withServer(async (server) => {
    let now = Date.now();
    const store = value(await openStore({ url: server.url, network: "regtest", clock: () => now }));
    const before = store.replyNonces.next() as bigint;
    await server.kill();
    now += 60_000;
    assert.equal(store.replyNonces.next(), undefined);
    await server.start();
    let after: bigint | undefined;
    await eventually("a reply nonce", () => {
      after = store.replyNonces.next();
      return after !== undefined;
    });
    assert.ok((after ?? 0n) > before);
    await store.close();
  }),
);

onPostgres(
  "a failover: of connections that may not write none is used again, and readiness finds them",
  async ({ open, where }) => {
    const { adminUrl } = await sharedPostgres();
    // Who does this may write all the while.
    const admin = `${adminUrl}?options=-c%20default_transaction_read_only%3Doff`;
    const store = await open();
    // Five connections for effects, and two for nonces, of before.
    const { promise: all, resolve: have } = Promise.withResolvers<void>();
    let holding = 0;
    const effects = Array.from({ length: 5 }, () =>
      store.transaction(async (trx) => {
        await sql`SELECT 1`.execute(trx);
        holding += 1;
        if (holding === 5) have();
        await all;
      }),
    );
    for (const effect of effects) value(await effect);
    value(await store.nonces.take(numberedKey(1), 1n));
    // For them the server is a standby from now on; who connects anew reaches one that writes.
    const database = new URL(where.url ?? "").pathname.slice(1);
    await query(adminUrl, `ALTER DATABASE ${database} SET default_transaction_read_only = off`);
    await query(adminUrl, "ALTER SYSTEM SET default_transaction_read_only = on");
    await query(adminUrl, "SELECT pg_reload_conf()");
    try {
      while (
        (await query(adminUrl, "SHOW default_transaction_read_only"))[0]?.["default_transaction_read_only"] !== "on"
      );
      const first = await store.transaction((trx) => takeNonce(trx, numberedKey(2), 1n));
      assert.equal(errorCode(first), "store_read_only");
      for (let at = 2; at < 12; at += 1) {
        assert.equal(value(await store.transaction((trx) => takeNonce(trx, numberedKey(2), BigInt(at)))), "accepted");
        assert.equal(value(await store.nonces.take(numberedKey(1), BigInt(at))), "accepted", "nor of the other pool");
        value(await store.ping());
      }
      // Where new ones may not write either, it is no longer ready.
      await query(admin, `ALTER DATABASE ${database} RESET default_transaction_read_only`);
      await query(
        adminUrl,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'btc-lsp'`,
      );
      await eventually("a store that is not ready", async () => {
        const looked = await store.ping();
        return !looked.ok && looked.error.code === "store_read_only";
      });
    } finally {
      await query(admin, "ALTER SYSTEM RESET default_transaction_read_only");
      await query(adminUrl, "SELECT pg_reload_conf()");
    }
    await recovered(store);
  },
);

onPostgres("a server that hangs: every call ends by its deadline, the close too", async ({ open }) => {
  const { adminUrl } = await sharedPostgres();
  const store = await open({ limits: { statementMs: bound(100), connectMs: bound(100) } });
  value(await store.nonces.take(numberedKey(1), 1n));
  value(await store.transaction((trx) => takeNonce(trx, numberedKey(2), 1n)));
  const backends = await query(adminUrl, "SELECT pid FROM pg_stat_activity WHERE application_name = 'btc-lsp'");
  const signal = (name: NodeJS.Signals): void => {
    for (const { pid } of backends) process.kill(Number(pid), name);
  };
  signal("SIGSTOP");
  try {
    const calls: Promise<Result<unknown, StoreError>>[] = [
      store.nonces.take(numberedKey(1), 2n),
      store.transaction((trx) => takeNonce(trx, numberedKey(2), 2n)),
    ];
    for (const result of await Promise.all(calls)) assert.equal(errorCode(result), "store_unavailable");
    // On connections of processes that are not stopped.
    await recovered(store);
    value(await store.transaction((trx) => takeNonce(trx, numberedKey(3), 1n)));
  } finally {
    signal("SIGCONT");
  }
  await store.close();
});

onPostgres("a row that another transaction holds: busy after a while, and nothing was done", async ({ open }) => {
  const store = await open({ limits: { lockMs: 100 } });
  value(await store.nonces.take(numberedKey(1), 1n));
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const { promise: holds, resolve: isHolding } = Promise.withResolvers<void>();
  const effect = store.transaction(async (trx) => {
    await takeNonce(trx, numberedKey(1), 2n);
    isHolding();
    await over;
  });
  await holds;
  const both = await Promise.all([store.nonces.take(numberedKey(1), 3n), store.nonces.take(numberedKey(2), 1n)]);
  assert.deepEqual(both.map(errorCode), ["store_busy", "store_busy"]);
  assert.equal(errorCode(await store.transaction((trx) => takeNonce(trx, numberedKey(1), 3n))), "store_busy");
  value(await store.ping());
  end();
  value(await effect);
  assert.equal(value(await store.nonces.take(numberedKey(1), 3n)), "accepted");
  assert.equal(value(await store.nonces.take(numberedKey(2), 1n)), "accepted");
});

onPostgres("effects that hold every connection: the next is told so, nonces go on", async ({ open }) => {
  const store = await open({ limits: { connectMs: bound(100) } });
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const holders = Array.from({ length: 10 }, () =>
    store.transaction(async (trx) => {
      await sql`SELECT 1`.execute(trx);
      await over;
    }),
  );
  // At once: a transaction that does nothing is ended by the server after a while (STORE_IDLE_MS).
  const [next, nonce, ping] = await Promise.all([
    store.transaction((trx) => takeNonce(trx, numberedKey(1), 1n)),
    store.nonces.take(numberedKey(1), 1n),
    store.ping(),
  ]);
  end();
  assert.equal(errorCode(next), "store_busy");
  assert.equal(value(nonce), "accepted");
  value(ping);
  for (const holder of holders) value(await holder);
});

onBoth("a fault of the work is thrown, and the next transaction is none the worse", async ({ open }) => {
  const store = await open();
  const fault = new TypeError("a fault");
  await assert.rejects(
    store.transaction(() => Promise.reject(fault)),
    fault,
  );
  const broken = await store.transaction((trx) => sql`SELECT secret FROM users WHERE 1 / 0 = 1`.execute(trx));
  assert.deepEqual(broken, { ok: false, error: { code: "store_failed", detail: "SQLSTATE 42703" } });
  assert.equal(value(await store.transaction((trx) => takeNonce(trx, numberedKey(1), 1n))), "accepted");
});

onPostgres(
  "many processes with the same keys in any order, effects among them: no deadlock",
  async ({ open, where }) => {
    const logs = mkdtempSync(join(tmpdir(), "store-keys-"));
    const url = where.url as string;
    const store = await open();
    const processes = await Promise.all([1, 2].map((n) => startHammer("take", url, join(logs, String(n)), "64")));
    try {
      const stores = [store, await open(), await open()];
      const results: Result<unknown, StoreError>[] = [];
      for (let turn = 1; turn <= 40; turn += 1) {
        const calls = stores.flatMap((one) =>
          Array.from({ length: 64 }, () => {
            const [key, nonce] = [numberedKey(randomInt(64)), BigInt(Date.now()) * 1_000n];
            return randomInt(20) === 0
              ? one.transaction((trx) => takeNonce(trx, key, nonce))
              : one.nonces.take(key, nonce);
          }),
        );
        results.push(...(await Promise.all(calls)));
      }
      for (const result of results) value(result);
    } finally {
      for (const one of processes) await one.kill();
      rmSync(logs, { recursive: true, force: true });
    }
    const name = new URL(url).pathname.slice(1);
    const { adminUrl } = await sharedPostgres();
    const counted = await query(adminUrl, `SELECT deadlocks FROM pg_stat_database WHERE datname = '${name}'`);
    assert.deepEqual(counted, [{ deadlocks: "0" }]);
  },
);
