import { sql, type Transaction, type Updateable } from "kysely";
import type { DEPOSIT } from "../states/deposit.ts";
import type { After, StateOf } from "../states/machine.ts";
import type { OPENING } from "../states/opening.ts";
import type { SWAP } from "../states/swap.ts";
import type { TRANSACTION } from "../states/transaction.ts";
import type { Database } from "./schema.ts";

/** A process's claim of a swap: whoever claims it later has a greater token. */
export interface Claim {
  readonly swapId: bigint;
  readonly fence: bigint;
}

declare const held: unique symbol;

/** A swap whose row is locked in this transaction, under a claim that counts. */
export interface Held {
  readonly [held]: true;
  readonly trx: Transaction<Database>;
  readonly swapId: bigint;
}

/** Tables whose rows are a swap's and go through states. */
interface Machines {
  readonly swaps: typeof SWAP;
  readonly deposits: typeof DEPOSIT;
  readonly openings: typeof OPENING;
  readonly transactions: typeof TRANSACTION;
}

/**
 * Locks a swap until the transaction's end, if the claim is still the newest one. Undefined: another process has claimed it
 * since, and nothing may be written.
 */
export async function hold(trx: Transaction<Database>, { swapId, fence }: Claim): Promise<Held | undefined> {
  const found = await trx
    .selectFrom("swaps")
    .select("id")
    .where("id", "=", swapId)
    .where("fence", "=", fence)
    .forUpdate()
    .executeTakeFirst();
  return found === undefined ? undefined : ({ trx, swapId } as Held);
}

/**
 * Moves a row of the swap from one state to another, with what changes in it. A move that the table of states does not have
 * does not compile; one of a row that is in another state, or another swap's, changes nothing.
 *
 * @throws what the driver throws for a rule of the tables, for `Store.transaction` to judge
 */
export async function move<Table extends keyof Machines, From extends StateOf<Machines[Table]>>(
  { trx, swapId }: Held,
  table: Table,
  row: { readonly id: bigint; readonly from: From; readonly to: After<Machines[Table], From> },
  change?: Omit<Updateable<Database[Table]>, "id" | "swap_id" | "status" | "updated_at">,
): Promise<"moved" | "elsewhere"> {
  const { id, from, to } = row;
  const changes = { ...change, status: to, updated_at: sql<Date>`now()` };
  // The compiler follows no union of tables through the builder; that the values are the table's is in the parameters.
  const one = trx.updateTable(table as "deposits").set(changes as never);
  const { numUpdatedRows } = await one
    .where("id", "=", id)
    .where("status", "=", from as "unspent")
    .where(sql.ref(table === "swaps" ? "id" : "swap_id"), "=", swapId)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n ? "moved" : "elsewhere";
}
