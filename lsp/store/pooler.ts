import type { Client } from "pg";
import { type StoreError, storeError } from "./errors.ts";

/** Of two connections that take turns: a pooler that shares gives one of them the other's server at the first or second. */
const ROUNDS = 8;

/**
 * A pooler that shares its connections between transactions, as PgBouncer does in transaction mode: what is set for one
 * connection holds for another, or for none (`synchronous_commit` was on in 2 of 5), and a prepared statement is not there.
 *
 * A server says its process id twice: as it connects, and when asked. A pooler makes the first one up. In session mode each
 * of its connections keeps a server of its own, which is all that is needed.
 *
 * @param connect opens one connection more
 * @returns what was found, if anything
 */
export async function findPooler(client: Client, connect: () => Promise<Client>): Promise<StoreError | undefined> {
  if ((await serverOf(client)) === processOf(client)) return undefined;
  const other = await connect();
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = await serverOf(client);
      await other.query("BEGIN");
      const held = await serverOf(other);
      const after = await serverOf(client);
      await other.query("COMMIT");
      if (held === before || after !== before) return pooler(`server process ${held} answers for two connections`);
    }
    return undefined;
  } catch (error) {
    // "transaction blocks not allowed in statement pooling mode"
    if (storeError(error)?.code === "store_protocol") return pooler("no transactions");
    throw error;
  } finally {
    await other.end();
  }
}

function pooler(detail: string): StoreError {
  return { code: "store_pooler", detail };
}

/** Of the key for cancelling, that the driver keeps. */
function processOf(client: Client): unknown {
  return "processID" in client ? client.processID : undefined;
}

async function serverOf(client: Client): Promise<unknown> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  return rows[0]?.pid;
}
