import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "kysely";
import { Client } from "pg";
import { checksum } from "../../lsp/store/migrate.ts";
import { MIGRATIONS, type Migration } from "../../lsp/store/migrations.ts";
import { openStore, type StoreEvent } from "../../lsp/store/store.ts";
import { startHammer } from "./child.ts";
import { onBoth, onPostgres, type Place, sharedPostgres } from "./kinds.ts";
import { query } from "./postgres.ts";
import { errorCode, keyOf, value } from "./values.ts";

const SECOND: Migration = {
  name: "0002-test",
  oldest: "0.2.0",
  statements: ["CREATE TABLE extra (x int NOT NULL)", "INSERT INTO extra VALUES (1)"],
};

/** How an opening ends: `opened` with the migrations that it made, or the code. */
async function tryOpen({ where }: Place, migrations = MIGRATIONS): Promise<string> {
  const made: string[] = [];
  const onEvent = (event: StoreEvent): void => void (event.kind === "migrated" && made.push(event.name));
  const opened = await openStore({ ...where, network: "regtest", clock: Date.now, migrations, onEvent });
  if (!opened.ok) return opened.error.code;
  await opened.value.close();
  return ["opened", ...made].join(" ");
}

test("a migration that was released is never changed", () => {
  assert.deepEqual(
    MIGRATIONS.map((migration) => [migration.name, checksum(migration)]),
    [
      ["0001-tables", "c1e810b54f87cc4ec27ae510b899c2d405aec3a5d25a9bc4f3e43fd44aa1cfa5"],
      ["0002-swaps", "TBD"],
    ],
  );
});

onBoth("each step once, then the next", async (place) => {
  assert.equal(await tryOpen(place), "opened 0001-tables 0002-swaps");
  assert.equal(await tryOpen(place), "opened");
  assert.equal(await tryOpen(place, [...MIGRATIONS, SECOND]), "opened 0002-test");
  assert.equal(await tryOpen(place, [...MIGRATIONS, SECOND]), "opened");
});

onBoth("a database of another history is refused, and left as it is", async (place) => {
  const [first] = MIGRATIONS as [Migration];
  await tryOpen(place, [...MIGRATIONS, SECOND]);
  assert.equal(await tryOpen(place), "migration_unknown", "the program is older than the database");
  const changed = { ...SECOND, statements: [...SECOND.statements, "SELECT 1"] };
  assert.equal(await tryOpen(place, [first, changed]), "migration_changed");
  assert.equal(await tryOpen(place, [first, { ...SECOND, name: "0002-other" }]), "migration_changed");
  assert.equal(await tryOpen(place, [SECOND, first]), "migration_changed", "another order");
  assert.equal(await tryOpen(place, [...MIGRATIONS, SECOND]), "opened");
});

onBoth("a program runs on a database that a newer one has migrated, as far as each step says so", async (place) => {
  const third: Migration = { name: "0003-test", oldest: "0.10.0", statements: ["SELECT 1"] };
  const tryAs = async (version: string, migrations = MIGRATIONS): Promise<string> => {
    const opened = await openStore({ ...place.where, network: "regtest", clock: Date.now, migrations, version });
    if (!opened.ok) return opened.error.code;
    assert.equal(value(await opened.value.nonces.take(keyOf(1), BigInt(Date.now()))), "accepted");
    await opened.value.close();
    return "opened";
  };
  assert.equal(await tryAs("0.3.0", [...MIGRATIONS, SECOND]), "opened");
  assert.equal(await tryAs("0.2.0"), "opened", "a rollback, or a restart in the middle of a change");
  assert.equal(await tryAs("0.1.9"), "migration_unknown");
  assert.equal(await tryAs("0.10.0", [...MIGRATIONS, SECOND, third]), "opened");
  assert.equal(await tryAs("0.9.9"), "migration_unknown", "each of the steps that it does not know counts");
  assert.equal(await tryAs("0.10.0"), "opened");
  assert.equal(await tryAs("1"), "opened");
});

onBoth("a step that fails leaves nothing of it, nor of those before it in the same start", async (place) => {
  const broken: Migration = {
    name: "0003-broken",
    oldest: "0.2.0",
    statements: ["CREATE TABLE half (x int)", "SELECT 1 / 0"],
  };
  assert.equal(await tryOpen(place, [...MIGRATIONS, SECOND, broken]), "migration_failed");
  assert.equal(await tryOpen(place), "opened 0001-tables 0002-swaps");
  assert.equal(await tryOpen(place, [...MIGRATIONS, SECOND]), "opened 0002-test");
});

onBoth("a database of another network is refused before anything is changed", async (place) => {
  await tryOpen(place);
  const other = await openStore({
    ...place.where,
    network: "simnet",
    clock: Date.now,
    migrations: [...MIGRATIONS, SECOND],
  });
  assert.equal(errorCode(other), "store_network");
  assert.equal(await tryOpen(place), "opened");
});

onPostgres("stores that open at once, and processes: each step once", async (place) => {
  const url = place.where.url as string;
  const openings = await Promise.all([
    ...Array.from({ length: 4 }, () => tryOpen(place)),
    ...Array.from({ length: 2 }, async () => {
      const child = await startHammer("hold", url);
      await child.kill();
      return child.said;
    }),
  ]);
  assert.deepEqual(new Set(openings.map((said) => said.split(" ")[0])), new Set(["opened"]));
  assert.deepEqual(await query(url, "SELECT number, name FROM migrations"), [
    { number: 1, name: "0001-tables" },
    { number: 2, name: "0002-swaps" },
  ]);
});

onPostgres("a migration waits for another process's, and not for ever", async (place) => {
  const other = new Client({ connectionString: place.where.url });
  await other.connect();
  try {
    await other.query("BEGIN");
    await other.query("SELECT pg_advisory_xact_lock(7020109)");
    const limits = { migrationMs: 200 };
    const opened = await openStore({ ...place.where, network: "regtest", clock: Date.now, limits });
    assert.equal(errorCode(opened), "store_busy");
  } finally {
    await other.end();
  }
  assert.equal(await tryOpen(place), "opened 0001-tables 0002-swaps");
});

onPostgres("a server that does not flush to disk is for regtest and simnet", async ({ where }) => {
  const { adminUrl } = await sharedPostgres();
  const open = async (network: "mainnet" | "simnet"): Promise<string> => {
    const opened = await openStore({ ...where, network, clock: Date.now });
    if (!opened.ok) return opened.error.code;
    await opened.value.close();
    return "opened";
  };
  const set = async (name: string, value: string): Promise<void> => {
    await query(adminUrl, `ALTER SYSTEM SET ${name} = ${value}`);
    await query(adminUrl, "SELECT pg_reload_conf()");
    // Each server process reads it when it next waits for its client.
    while ((await query(adminUrl, `SHOW ${name}`))[0]?.[name] !== value);
  };
  for (const name of ["fsync", "full_page_writes"]) {
    await set(name, "off");
    assert.equal(await open("mainnet"), "store_unsafe", name);
    await set(name, "on");
  }
  assert.equal(await open("mainnet"), "opened");
  assert.equal(await open("simnet"), "store_network");
});

onPostgres("commits are flushed, whatever the database or the role says", async ({ open, where }) => {
  const { adminUrl } = await sharedPostgres();
  const name = new URL(where.url as string).pathname.slice(1);
  await query(adminUrl, `ALTER DATABASE ${name} SET synchronous_commit = off`);
  await query(adminUrl, `ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`);
  const store = await open({ url: `${where.url}?options=-c%20synchronous_commit%3Doff` });
  const settings = value(
    await store.transaction(async (trx) => {
      const found = await sql<{ commit: string; isolation: string }>`
        SELECT current_setting('synchronous_commit') AS commit, current_setting('transaction_isolation') AS isolation
      `.execute(trx);
      return found.rows;
    }),
  );
  assert.deepEqual(settings, [{ commit: "on", isolation: "read committed" }]);
});
