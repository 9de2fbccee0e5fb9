import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { openStore, type StoreOptions } from "../../../lsp/store/store.ts";
import { freePort } from "../../regtest/process.ts";
import { needs } from "../../tools/need.ts";
import { startHammer } from "./child.ts";
import { emptyFolder } from "./folder.ts";
import { onPostgres, sharedPostgres } from "./kinds.ts";
import { errorCode, value } from "./values.ts";

const base = { network: "regtest", clock: Date.now } as const;

async function refusal(options: Partial<StoreOptions>): Promise<string> {
  return errorCode(await openStore({ ...base, ...options }));
}

test("the embedded database is for networks whose coins are worth nothing", async () => {
  const folder = join(tmpdir(), "store-that-is-never-made");
  for (const network of ["mainnet", "testnet", "signet"] as const) {
    assert.equal(await refusal({ network, folder }), "store_embedded");
    assert.equal(await refusal({ network }), "store_embedded");
  }
  assert.throws(() => statSync(folder), { code: "ENOENT" });
  assert.equal(await refusal({}), "store_folder");
});

test("simnet has the embedded database too", async () => {
  const store = value(await openStore({ ...base, network: "simnet", folder: await emptyFolder() }));
  assert.equal(store.kind, "pglite");
  value(await store.ping());
  await store.close();
});

test("one folder, one process: the second is refused, until the first is gone, however it went", async () => {
  const folder = await emptyFolder();
  const first = await startHammer("hold", folder);
  assert.equal(first.said, "opened");
  assert.equal(await refusal({ folder }), "store_locked");
  const second = await startHammer("hold", folder);
  await second.kill();
  assert.equal(second.said, "store_locked");
  await first.kill();
  const store = value(await openStore({ ...base, folder }));
  assert.equal(await refusal({ folder }), "store_locked", "in this process too");
  const third = await startHammer("hold", folder);
  await third.kill();
  assert.equal(third.said, "store_locked", "and the refusal has not given the lock back");
  await store.close();
  await value(await openStore({ ...base, folder })).close();
});

test("a folder that cannot be one", async (t) => {
  const parent = mkdtempSync(join(tmpdir(), "store-open-"));
  t.after(() => rmSync(parent, { recursive: true, force: true }));
  const file = join(parent, "file");
  writeFileSync(file, "");
  assert.equal(await refusal({ folder: file }), "store_folder");
  assert.equal(await refusal({ folder: join(file, "below") }), "store_folder");
  const damaged = join(parent, "damaged");
  mkdirSync(join(damaged, "pgdata"), { recursive: true });
  writeFileSync(join(damaged, "pgdata", "PG_VERSION"), "18\n");
  assert.equal(await refusal({ folder: damaged }), "store_folder");
  assert.equal(await refusal({ folder: damaged }), "store_folder", "not store_locked: the lock was given back");
});

test("a new folder is its owner's alone", async () => {
  const folder = await emptyFolder();
  rmSync(folder, { recursive: true });
  const umask = process.umask(0);
  try {
    await value(await openStore({ ...base, folder })).close();
  } finally {
    process.umask(umask);
  }
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test("what is no URL of a Postgres server", async () => {
  for (const url of [
    "",
    "localhost",
    "mysql://u:secret@127.0.0.1/db",
    "postgres:/u:secret@x",
    "postgres://u:secret@127.0.0.1:port/db",
    "postgres://u:secret@127.0.0.1/db?sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
    "postgres://u:secret@127.0.0.1/db?sslnegotiation=never",
  ]) {
    const opened = await openStore({ ...base, url });
    assert.equal(errorCode(opened), "store_url", url);
    assert.doesNotMatch(inspect(opened, { depth: 9 }), /secret/);
  }
});

test("nobody at the URL", async () => {
  const port = await freePort();
  assert.equal(await refusal({ url: `postgres://u:secret@127.0.0.1:${port}/db` }), "store_unavailable");
  assert.equal(await refusal({ url: `postgres://u:secret@localhost:${port}/db` }), "store_unavailable");
  assert.equal(await refusal({ url: "postgres://u:secret@host.invalid/db?sslmode=verify-full" }), "store_unavailable");
  assert.equal(await refusal({ url: "postgres:///db?host=/nowhere" }), "store_unavailable");
});

test("somebody at the URL who says nothing", async (t) => {
  const mute = createServer(() => undefined);
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  t.after(() => mute.close());
  const address = mute.address();
  assert(address !== null && typeof address === "object");
  const url = `postgres://u:secret@127.0.0.1:${address.port}/db`;
  assert.equal(await refusal({ url, limits: { connectMs: 200 } }), "store_unavailable");
});

test("a server that refuses: the password, the database, TLS, the tables", needs("postgres"), async () => {
  const { url, adminUrl } = await sharedPostgres();
  const other = (change: (url: URL) => void): string => {
    const changed = new URL(url);
    change(changed);
    return changed.href;
  };
  const cases = {
    password: other((changed) => {
      changed.password = "0badc0ffee";
    }),
    "no password": other((changed) => {
      changed.password = "";
    }),
    user: other((changed) => {
      changed.username = "nobody";
    }),
    database: other((changed) => {
      changed.pathname = "/none";
    }),
    TLS: `${url}?sslmode=verify-full`,
    // Only its owner may make tables in it.
    tables: other((changed) => {
      changed.pathname = "/postgres";
    }),
  };
  const secret = new URL(adminUrl).password;
  const codes: [string, string][] = [];
  for (const [name, wrong] of Object.entries(cases)) {
    const opened = await openStore({ ...base, url: wrong });
    codes.push([name, errorCode(opened) ?? "opened"]);
    const shown = inspect(opened, { depth: 9 });
    assert.ok(!(shown.includes(secret) || shown.includes("0badc0ffee")), shown);
  }
  assert.deepEqual(codes, [
    ["password", "store_password"],
    ["no password", "store_denied"],
    ["user", "store_password"],
    ["database", "store_denied"],
    ["TLS", "store_denied"],
    ["tables", "store_denied"],
  ]);
});

onPostgres("a URL is enough on every network; a folder beside it is not looked at", async ({ where }) => {
  const store = value(await openStore({ ...base, ...where, network: "mainnet", folder: "/nowhere" }));
  assert.equal(store.kind, "postgres");
  value(await store.ping());
  await store.close();
});
