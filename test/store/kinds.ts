import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { inspect } from "node:util";
import { PGlite } from "@electric-sql/pglite";
import type { Result } from "../../ceremony/result.ts";
import { openStore, type Store, type StoreOptions } from "../../lsp/store/store.ts";
import { needs } from "../tools/need.ts";
import { type Postgres, startPostgres } from "./postgres.ts";

/** One database of one test. */
export interface Place {
  readonly kind: "postgres" | "pglite";
  readonly where: Pick<StoreOptions, "url" | "folder">;
  /** Opens it, and closes it when the test ends. On PGlite one at a time. */
  open(options?: Partial<StoreOptions>): Promise<Store>;
}

let server: Promise<Postgres> | undefined;
let template: Promise<string> | undefined;
let folders = 0;

/** The server of this test file; it ends with it. */
export function sharedPostgres(): Promise<Postgres> {
  server ??= startPostgres();
  return server;
}

after(async () => {
  await (await server)?.stop();
  if (template !== undefined) rmSync(await template, { recursive: true, force: true });
});

/** A test that runs on both kinds of database, each time on an empty one of its own. */
export function onBoth(name: string, body: (place: Place, t: TestContext) => Promise<void>): void {
  onPostgres(name, body);
  test(`${name}, on PGlite`, async (t) => body(place(t, "pglite", { folder: await emptyFolder() }), t));
}

/** A test of what only a server can show: concurrency and durability. */
export function onPostgres(name: string, body: (place: Place, t: TestContext) => Promise<void>): void {
  test(`${name}, on Postgres`, needs("postgres"), async (t) => {
    const url = await (await sharedPostgres()).newDatabase();
    await body(place(t, "postgres", { url }), t);
  });
}

function place(t: TestContext, kind: Place["kind"], where: Place["where"]): Place {
  return {
    kind,
    where,
    async open(options = {}) {
      const store = value(await openStore({ ...where, network: "regtest", clock: Date.now, ...options }));
      t.after(() => store.close());
      return store;
    },
  };
}

/**
 * A folder with an empty database in it. Making one takes PGlite seconds, so it is made once and copied; it goes with the
 * template.
 */
export async function emptyFolder(): Promise<string> {
  template ??= makeTemplate();
  const base = await template;
  folders += 1;
  const folder = join(base, `store${folders}`);
  cpSync(join(base, "template"), join(folder, "pgdata"), { recursive: true });
  return folder;
}

async function makeTemplate(): Promise<string> {
  const base = mkdtempSync(join(tmpdir(), "pglite-"));
  const database = await PGlite.create(join(base, "template"));
  await database.close();
  return base;
}

export function value<T>(result: Result<T, unknown>): T {
  assert(result.ok, inspect(result));
  return result.value;
}

export function errorCode(result: Result<unknown, { readonly code: string }>): string {
  assert(!result.ok, "not refused");
  return result.error.code;
}

/** A key of 33 bytes; equal numbers, equal keys. */
export function keyOf(number: number): Buffer {
  const key = Buffer.alloc(33, 0x02);
  key.writeUInt32BE(number, 29);
  return key;
}
