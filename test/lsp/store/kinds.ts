import { after, type TestContext, test } from "node:test";
import { STORE_CONNECT_MS, STORE_LOCK_MS, STORE_STATEMENT_MS } from "../../../lsp/limits.ts";
import { openStore, type Store, type StoreOptions } from "../../../lsp/store/store.ts";
import { needs } from "../../tools/need.ts";
import { bound } from "../../tools/speed.ts";
import { emptyFolder } from "./folder.ts";
import { type Postgres, startPostgres } from "./postgres.ts";
import { value } from "./values.ts";

/** One database of one test. */
export interface StorePlace {
  readonly kind: "postgres" | "pglite";
  readonly where: { readonly url?: string; readonly folder?: string };
  /** Opens it, and closes it when the test ends. On PGlite one at a time. */
  open(options?: Partial<StoreOptions>): Promise<Store>;
}

let server: Promise<Postgres> | undefined;

/** The server of this test file; it ends with it. */
export function sharedPostgres(): Promise<Postgres> {
  server ??= startPostgres();
  return server;
}

after(async () => {
  await (await server)?.stop();
});

/** A test that runs on both kinds of database, each time on an empty one of its own. */
export function onBoth(name: string, body: (place: StorePlace, t: TestContext) => Promise<void>): void {
  onPostgres(name, body);
  test(`${name}, on PGlite`, async (t) => body(place(t, "pglite", { folder: await emptyFolder() }), t));
}

/** A test of what only a server can show: concurrency and durability. */
export function onPostgres(name: string, body: (place: StorePlace, t: TestContext) => Promise<void>): void {
  test(`${name}, on Postgres`, needs("postgres"), async (t) => {
    const url = await (await sharedPostgres()).newDatabase();
    await body(place(t, "postgres", { url }), t);
  });
}

function place(t: TestContext, kind: StorePlace["kind"], where: StorePlace["where"]): StorePlace {
  return {
    kind,
    where,
    async open(options = {}) {
      // A busy machine is no fault of the store: each limit is what one of its tests makes it, or never reached.
      const limits = {
        connectMs: bound(STORE_CONNECT_MS),
        statementMs: bound(STORE_STATEMENT_MS),
        lockMs: bound(STORE_LOCK_MS),
        ...options.limits,
      };
      const store = value(await openStore({ ...where, network: "regtest", clock: Date.now, ...options, limits }));
      t.after(() => store.close());
      return store;
    },
  };
}
