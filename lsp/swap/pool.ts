import { sql } from "kysely";
import { ok, type Result } from "../../core/result.ts";
import { ADDRESS_POOL } from "../limits.ts";
import type { LndError } from "../node/trouble.ts";
import type { LndWallet } from "../node/wallet.ts";
import type { StoreError } from "../store/errors.ts";
import type { Store } from "../store/store.ts";

export interface PoolParts {
  readonly store: Pick<Store, "transaction" | "db">;
  readonly wallet: Pick<LndWallet, "nextAddress">;
  /** Pairs that are kept ready. */
  readonly size?: number;
}

/** Pairs of addresses that lnd made ahead. */
export interface AddressPool {
  /** Makes what is missing; how many there are now. Each pair is stored before the next is made. */
  fill(): Promise<Result<number, StoreError | LndError>>;
  /**
   * The longest run of deposit addresses that nobody has paid, in the order in which lnd made them, with those that are not
   * given out: a wallet that is restored from its seed has to look at least so far ahead. Reads every address.
   */
  longestUnpaid(): Promise<number>;
}

/**
 * First in, first out: an address is given out soon after it was made, so that lnd's index and what the signer has signed
 * stay close. Change addresses are of lnd's internal branch, and leave the index of deposits alone.
 */
export function openAddressPool({ store, wallet, size = ADDRESS_POOL }: PoolParts): AddressPool {
  let filling: ReturnType<AddressPool["fill"]> | undefined;
  return {
    fill() {
      // One at a time: two would make twice as many.
      filling ??= fill().finally(() => {
        filling = undefined;
      });
      return filling;
    },
    async longestUnpaid() {
      const { rows } = await sql<{ longest: bigint | null }>`
        WITH marked AS (
          SELECT a.id, EXISTS (SELECT 1 FROM deposits d WHERE d.swap_id = a.swap_id) AS paid FROM addresses a
        ), runs AS (
          SELECT paid, count(*) FILTER (WHERE paid) OVER (ORDER BY id) AS run FROM marked
        ), lengths AS (SELECT count(*) AS length FROM runs WHERE NOT paid GROUP BY run)
        SELECT max(length) AS longest FROM lengths`.execute(store.db);
      return Number(rows[0]?.longest ?? 0n);
    },
  };

  async function fill(): Promise<Result<number, StoreError | LndError>> {
    const counted = await store.transaction((trx) =>
      trx
        .selectFrom("addresses")
        .select(({ fn }) => fn.countAll<bigint>().as("free"))
        .where("swap_id", "is", null)
        .executeTakeFirstOrThrow(),
    );
    if (!counted.ok) return counted;
    let free = Number(counted.value.free);
    for (; free < size; free++) {
      const fund = await wallet.nextAddress("deposit");
      if (!fund.ok) return fund;
      const change = await wallet.nextAddress("change");
      if (!change.ok) return change;
      const pair = { fund_address: fund.value, change_address: change.value, swap_id: null };
      const stored = await store.transaction((trx) => trx.insertInto("addresses").values(pair).execute());
      if (!stored.ok) return stored;
    }
    return ok(free);
  }
}
