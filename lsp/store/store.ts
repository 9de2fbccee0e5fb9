import { randomUUID } from "node:crypto";
import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Kysely, sql, type Transaction } from "kysely";
import { lockFolder } from "../../core/lock.ts";
import type { Network } from "../../core/network.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { packageVersion } from "../../core/version.ts";
import { STORE_CONNECT_MS } from "../limits.ts";
import { openClock } from "./clock.ts";
import type { Engine, Statement } from "./engine.ts";
import { type StoreError, storeError } from "./errors.ts";
import { isPlay, migrate } from "./migrate.ts";
import { MIGRATIONS, type Migration } from "./migrations.ts";
import { type NonceGate, openNonces } from "./nonces.ts";
import { openPostgres, POSTGRES_LIMITS, type PostgresLimits } from "./postgres.ts";
import { openPruner } from "./prune.ts";
import { judgeReach } from "./reach.ts";
import { openReplyNonces, type ReplyNonces } from "./replies.ts";
import type { Database } from "./schema.ts";

export type StoreEvent =
  /** At start. */
  | { readonly kind: "migrated"; readonly name: string }
  /** One statement of the gate: how many keys it had, and how long it took. */
  | { readonly kind: "nonces"; readonly keys: number; readonly ms: number; readonly error: StoreError | undefined }
  /** Keys that were not used for long, and had no swap. */
  | { readonly kind: "forgotten"; readonly keys: bigint }
  /** A connection broke, or reply nonces could not be reserved. */
  | { readonly kind: "trouble"; readonly error: StoreError };

export interface StoreOptions {
  /** libpq's URL of a Postgres server. It may hold a password, and never shows in an error. */
  /** A function is asked at each connection. */
  readonly url?: string | (() => string);
  /** Without a URL: where the embedded database is, made if it is not there. Regtest and simnet only. */
  readonly folder?: string;
  readonly network: Network;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Milliseconds that never jump: by it a clock that does is seen. Tests have their own. */
  readonly monotonic?: () => number;
  readonly onEvent?: (event: StoreEvent) => void;
  /** Tests lower them. */
  readonly limits?: Partial<PostgresLimits>;
  /** Tests have their own. */
  readonly migrations?: readonly Migration[];
  /** Of this program; tests have others. */
  readonly version?: string;
}

export interface Store {
  readonly kind: "postgres" | "pglite";
  /** For reading. What is written goes through `transaction`. */
  readonly db: Kysely<Database>;
  readonly nonces: NonceGate;
  readonly replyNonces: ReplyNonces;
  /** Whether a nonce of this key was ever taken, and is remembered. 33 bytes. */
  knowsKey(key: Uint8Array): Promise<Result<boolean, StoreError>>;
  /** Whether the database answers by the connections that nonces use, and takes writes by those of effects. */
  ping(): Promise<Result<undefined, StoreError>>;
  /**
   * Does all of `work` or nothing of it. `work` is only statements of `trx`: an error of its own rolls back and is thrown
   * again. After `store_unavailable` it is not known whether it was done.
   */
  transaction<T>(work: (trx: Transaction<Database>) => Promise<T>): Promise<Result<T, StoreError>>;
  /** Nonces that wait are decided first. */
  close(): Promise<void>;
}

const PING: Statement = { name: "ping", text: "SELECT 1" };
const KNOWS_KEY: Statement = { name: "knows-key", text: "SELECT 1 FROM users WHERE node_pub_key = $1::text::bytea" };

/** Opens the database, brings its tables up to date and reserves the first reply nonces, or says what is in the way. */
export async function openStore(options: StoreOptions): Promise<Result<Store, StoreError>> {
  const opened = options.url === undefined ? await openFolder(options) : openUrl(options.url, options);
  if (!opened.ok) return opened;
  const { engine, release } = opened.value;
  const db = new Kysely<Database>({ dialect: engine.dialect });
  const end = async (): Promise<void> => {
    await within(STORE_CONNECT_MS, Promise.allSettled([db.destroy(), engine.close()]));
    release();
  };
  try {
    const store = await openTables(engine, db, end, options);
    if (!store.ok) await end();
    return store;
  } catch (error) {
    await end();
    throw error;
  }
}

async function openTables(
  engine: Engine,
  db: Kysely<Database>,
  end: () => Promise<void>,
  options: StoreOptions,
): Promise<Result<Store, StoreError>> {
  const tell = options.onEvent ?? (() => undefined);
  const trouble = await inspected(engine);
  if (trouble !== undefined) return fail(trouble);
  const own = options.version ?? packageVersion();
  const migrated = await migrate(engine, options.network, options.migrations ?? MIGRATIONS, own);
  if (!migrated.ok) return migrated;
  for (const name of migrated.value) tell({ kind: "migrated", name });
  const replies = await openReplyNonces({
    run: engine.run,
    clock: options.clock,
    monotonic: options.monotonic ?? (() => performance.now()),
    owner: randomUUID(),
    onError: (error) => tell({ kind: "trouble", error }),
  });
  if (!replies.ok) return replies;
  const pruner = openPruner(engine.run, openClock(options.clock, options.monotonic ?? (() => performance.now())), {
    onForgotten: (keys) => tell({ kind: "forgotten", keys }),
    onError: (error) =>
      tell({ kind: "trouble", error: storeError(error) ?? { code: "store_failed", detail: String(error) } }),
  });
  const nonces = openNonces(engine.run, (keys, ms, error) => tell({ kind: "nonces", keys, ms, error }));
  let closing: Promise<void> | undefined;
  const asResult = async <T>(work: () => Promise<T>): Promise<Result<T, StoreError>> => {
    if (closing !== undefined) return fail({ code: "store_closed", detail: "" });
    try {
      return ok(await work());
    } catch (error) {
      const known = storeError(error);
      // A statement that was on its way when the store was closed: the driver's word for that is an error of its own.
      if (known === undefined && closing !== undefined) return fail({ code: "store_closed", detail: "" });
      if (known === undefined) throw error;
      return fail(known);
    }
  };
  return ok({
    kind: engine.kind,
    db,
    nonces,
    replyNonces: replies.value,
    knowsKey: (key) =>
      asResult(async () => (await engine.run(KNOWS_KEY, [`\\x${Buffer.from(key).toString("hex")}`])).length > 0),
    async ping() {
      const [asked, written] = await Promise.all([
        asResult(() => engine.run(PING, [])),
        asResult(() => sql`UPDATE store SET network = network`.execute(db)),
      ]);
      if (!asked.ok) return asked;
      // Effects that hold all connections are work, and not a trouble.
      return written.ok || written.error.code === "store_busy" ? ok(undefined) : written;
    },
    transaction: (work) => asResult(() => db.transaction().execute(work)),
    close() {
      pruner.close();
      closing ??= Promise.all([replies.value.close(), nonces.close()]).then(end);
      return closing;
    },
  });
}

/** What is in the way, where the database cannot be asked too. */
async function inspected(engine: Engine): Promise<StoreError | undefined> {
  try {
    return await engine.inspect();
  } catch (error) {
    const known = storeError(error);
    if (known === undefined) throw error;
    return known;
  }
}

interface Opened {
  readonly engine: Engine;
  readonly release: () => void;
}

function openUrl(url: string | (() => string), { limits, onEvent }: StoreOptions): Result<Opened, StoreError> {
  const current = typeof url === "string" ? (): string => url : url;
  const judged = judgeReach(current());
  if (!judged.ok) return judged;
  const onTrouble = (error: Error): void => {
    const known = storeError(error) ?? { code: "store_failed", detail: error.name };
    onEvent?.({ kind: "trouble", error: known });
  };
  const engine = openPostgres(current, { ...POSTGRES_LIMITS, ...limits }, onTrouble);
  return ok({ engine, release: () => undefined });
}

async function openFolder({ folder, network }: StoreOptions): Promise<Result<Opened, StoreError>> {
  if (!isPlay(network)) return fail({ code: "store_embedded", detail: network });
  if (folder === undefined) return fail({ code: "store_folder", detail: "neither a URL nor a folder" });
  let release: (() => void) | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Before the lock, whose own error for a read-only disk does not say so.
    accessSync(folder, constants.W_OK);
    release = lockFolder(folder);
    if (release === undefined) return fail({ code: "store_locked", detail: folder });
    // Only here: a process on Postgres has no use for PGlite's code (test/lsp/app/loaded.test.ts).
    const { openEmbedded } = await import("./embedded.ts");
    return ok({ engine: await openEmbedded(join(folder, "pgdata")), release });
  } catch (error) {
    release?.();
    return fail({ code: "store_folder", detail: error instanceof Error ? error.message : String(error) });
  }
}

/** A server that hangs does not answer a farewell either: what is left is for the kernel to close. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
