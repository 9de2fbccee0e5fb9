import { PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import {
  Client,
  type ClientBase,
  type ClientConfig,
  Pool,
  type PoolClient,
  type QueryArrayConfig,
  type QueryArrayResult,
  types,
} from "pg";
import {
  MIGRATION_MS,
  NONCE_CONNECTIONS,
  STORE_CONNECT_MS,
  STORE_CONNECTIONS,
  STORE_IDLE_MS,
  STORE_LOCK_MS,
  STORE_STATEMENT_MS,
  STORE_UNUSED_MS,
} from "../limits.ts";
import type { DatabaseRows, Engine, Run } from "./engine.ts";
import { findPooler } from "./pooler.ts";

export interface PostgresLimits {
  readonly connectMs: number;
  readonly statementMs: number;
  readonly lockMs: number;
  readonly migrationMs: number;
}

export const POSTGRES_LIMITS: PostgresLimits = {
  connectMs: STORE_CONNECT_MS,
  statementMs: STORE_STATEMENT_MS,
  lockMs: STORE_LOCK_MS,
  migrationMs: MIGRATION_MS,
};

/** What `pg_stat_activity` shows. */
const APPLICATION = "btc-lsp";

const INT8 = 20;
const NUMERIC = 1700;

/** Money and nonces are `bigint` here; the driver's own way is text. A numeric with a fraction stays text. */
export function parseInteger(text: string): bigint | string {
  return /^-?\d+$/.test(text) ? BigInt(text) : text;
}

const TYPES = {
  getTypeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
    if ((oid === INT8 || oid === NUMERIC) && format !== "binary") return parseInteger;
    return types.getTypeParser(oid, format);
  },
};

/**
 * A server, by its URL, which is asked for at each connection: a password that was changed counts for those to come.
 * Nothing is connected yet.
 *
 * @param onTrouble told of each connection that breaks: the server restarts, or the network is gone
 */
export function openPostgres(url: () => string, limits: PostgresLimits, onTrouble: (error: Error) => void): Engine {
  const config = (statementMs: number): ClientConfig => ({
    connectionString: url(),
    application_name: APPLICATION,
    connectionTimeoutMillis: limits.connectMs,
    // The server ends a statement itself, and says so (`settle`); the driver ends it if the server says nothing.
    query_timeout: statementMs + limits.connectMs,
    keepAlive: true,
    types: TYPES,
  });
  const pool = (max: number, idleTimeoutMillis: number): Pool => {
    /** The pool makes its connections with the options that it was given once. */
    class Current extends Client {
      constructor() {
        super(config(limits.statementMs));
      }
    }
    const onConnect = (client: ClientBase): Promise<void> => settle(client, limits.statementMs, limits.lockMs);
    const made = new Pool({ ...config(limits.statementMs), Client: Current, max, idleTimeoutMillis, onConnect });
    // Of every connection, also of one that an effect holds and does not use just then: an unheard "error" ends the
    // process. The pool says it once more of those that nobody holds.
    made.on("connect", (client) => client.on("error", onTrouble));
    made.on("error", () => undefined);
    return made;
  };
  // The driver's 0 is for ever.
  const age = { generation: 0 };
  const gate = withoutBroken(pool(NONCE_CONNECTIONS, 0), age);
  const effects = withoutBroken(pool(STORE_CONNECTIONS, STORE_UNUSED_MS), age);
  const single = async (): Promise<Client> => {
    const client = new Client(config(limits.migrationMs));
    // A connection that breaks while a statement waits also says so here, and an unheard "error" ends the process.
    client.on("error", () => undefined);
    try {
      await client.connect();
      await settle(client, limits.migrationMs, limits.migrationMs);
      return client;
    } catch (error) {
      await client.end();
      throw error;
    }
  };
  const on = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = await single();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  return {
    kind: "postgres",
    dialect: new PostgresDialect({ pool: effects }),
    inspect: () => on((client) => findPooler(client, single)),
    async run(statement, values) {
      const client = await gate.connect();
      try {
        const { rows } = await client.ask({ ...statement, values: [...values], rowMode: "array" });
        client.release();
        return rows;
      } catch (error) {
        // Whatever it was: nobody waits for this connection, and another is made in milliseconds.
        client.release(true);
        throw error;
      }
    },
    alone: (work) => on((client) => transaction(client, work)),
    // The other pool is ended by Kysely.
    close: () => gate.end(),
  };
}

/** How often all connections there were have been given up: those of an older generation are not used again. */
interface Age {
  generation: number;
}

/** A connection of a pool, as Kysely wants it, and as this file does. */
interface Held extends PostgresPoolClient {
  ask(config: QueryArrayConfig): Promise<QueryArrayResult<unknown[]>>;
  release(destroy?: boolean): void;
}

/**
 * A pool whose broken connections are not used again. One whose server has not answered in time: the driver gives up such a
 * statement, but goes on waiting for its answer before it sends the next. And all that were there when one of them is told
 * that it may not write: they lead to a server that was the primary, and would do so until they are idle for long.
 */
function withoutBroken(pool: Pool, age: Age): Omit<PostgresPool, "connect"> & { connect(): Promise<Held> } {
  const born = new WeakMap<ClientBase, number>();
  pool.on("connect", (client) => void born.set(client, age.generation));
  const current = async (): Promise<PoolClient> => {
    for (;;) {
      const client = await pool.connect();
      if ((born.get(client) ?? 0) === age.generation) return client;
      client.release(true);
    }
  };
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await current();
      let broken = false;
      const judge = (error: unknown): never => {
        const isReadOnly = error instanceof Error && "code" in error && error.code === READ_ONLY;
        if (isReadOnly && born.get(client) === age.generation) age.generation += 1;
        broken ||= isReadOnly || (error instanceof Error && error.message === "Query read timeout");
        throw error;
      };
      const query = (text: string, values: readonly unknown[]): Promise<unknown> =>
        client.query(text, [...values]).catch(judge);
      return {
        // Its other form is for cursors, which need a package that is not here.
        query: query as PostgresPoolClient["query"],
        ask: (config) => client.query<unknown[]>(config).catch(judge),
        release: (destroy) => client.release(destroy || broken),
      };
    },
  };
}

/** `read_only_sql_transaction`. */
const READ_ONLY = "25006";

/**
 * A commit is on disk before it is answered, and a statement sees what was committed before it, whatever is set for the
 * server, the database or the role. Said after connecting: parameters of the URL go before those of the driver, and a pooler
 * in session mode takes these, and no parameters.
 */
async function settle(client: ClientBase, statementMs: number, lockMs: number): Promise<void> {
  const settings = {
    synchronous_commit: "on",
    default_transaction_isolation: "'read committed'",
    statement_timeout: statementMs,
    lock_timeout: lockMs,
    idle_in_transaction_session_timeout: STORE_IDLE_MS,
  };
  await client.query(
    Object.entries(settings)
      .map(([name, value]) => `SET ${name} = ${value}`)
      .join("; "),
  );
}

async function transaction<T>(client: Client, work: (run: Run) => Promise<T>): Promise<T> {
  const run: Run = async (text, values = []): Promise<DatabaseRows> =>
    (await client.query<unknown[]>({ text, values: [...values], rowMode: "array" })).rows;
  await client.query("BEGIN");
  try {
    const result = await work(run);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    // A connection that is gone has rolled back already.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
