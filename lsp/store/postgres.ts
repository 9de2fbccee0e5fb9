import { PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import { Client, type ClientBase, type ClientConfig, Pool, types } from "pg";
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
import type { Engine, Rows, Run } from "./engine.ts";

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
  const config = (statementMs: number, lockMs: number): ClientConfig => ({
    connectionString: url(),
    application_name: APPLICATION,
    connectionTimeoutMillis: limits.connectMs,
    // The server ends a statement itself, and says so; the driver ends it if the server says nothing.
    statement_timeout: statementMs,
    query_timeout: statementMs + limits.connectMs,
    lock_timeout: lockMs,
    idle_in_transaction_session_timeout: STORE_IDLE_MS,
    keepAlive: true,
    types: TYPES,
  });
  const pool = (max: number, idleTimeoutMillis: number): Pool => {
    /** The pool makes its connections with the options that it was given once. */
    class Current extends Client {
      constructor() {
        super(config(limits.statementMs, limits.lockMs));
      }
    }
    const made = new Pool({
      ...config(limits.statementMs, limits.lockMs),
      Client: Current,
      max,
      idleTimeoutMillis,
      onConnect: settle,
    });
    // Of every connection, also of one that an effect holds and does not use just then: an unheard "error" ends the
    // process. The pool says it once more of those that nobody holds.
    made.on("connect", (client) => client.on("error", onTrouble));
    made.on("error", () => undefined);
    return made;
  };
  // The driver's 0 is for ever.
  const gate = pool(NONCE_CONNECTIONS, 0);
  const effects = pool(STORE_CONNECTIONS, STORE_UNUSED_MS);
  return {
    kind: "postgres",
    dialect: new PostgresDialect({ pool: withoutHung(effects) }),
    async run(statement, values) {
      const { rows } = await gate.query<unknown[]>({ ...statement, values: [...values], rowMode: "array" });
      return rows;
    },
    async alone(work) {
      const client = new Client(config(limits.migrationMs, limits.migrationMs));
      // A connection that breaks while a statement waits also says so here, and an unheard "error" ends the process.
      client.on("error", () => undefined);
      try {
        await client.connect();
        await settle(client);
        return await transaction(client, work);
      } finally {
        await client.end();
      }
    },
    // The other pool is ended by Kysely.
    close: () => gate.end(),
  };
}

/**
 * The pool as Kysely wants it, with one thing more: a connection whose server has not answered in time is not used
 * again. The driver gives up such a statement, but goes on waiting for its answer before it sends the next.
 */
function withoutHung(pool: Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      let hung = false;
      const query = async (text: string, values: readonly unknown[]): Promise<unknown> => {
        try {
          return await client.query(text, [...values]);
        } catch (error) {
          hung ||= error instanceof Error && error.message === "Query read timeout";
          throw error;
        }
      };
      // Its other form is for cursors, which need a package that is not here.
      return { query: query as PostgresPoolClient["query"], release: (destroy) => client.release(destroy || hung) };
    },
  };
}

/**
 * A commit is on disk before it is answered, and a statement sees what was committed before it, whatever is set for the
 * server, the database or the role. Said after connecting, because parameters of the URL go before those of the driver.
 */
const SETTINGS = "SET synchronous_commit = on; SET default_transaction_isolation = 'read committed'";

async function settle(client: ClientBase): Promise<void> {
  await client.query(SETTINGS);
}

async function transaction<T>(client: Client, work: (run: Run) => Promise<T>): Promise<T> {
  const run: Run = async (text, values = []): Promise<Rows> =>
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
