import type { Result } from "../../core/result.ts";
import { REPLY_NONCE_AHEAD_MS } from "../limits.ts";
import type { StoreError } from "./errors.ts";
import type { Store } from "./store.ts";

/** Who has reserved, in the table, after a person has set it back. */
const BY_HAND = "set back by hand";

export interface Setback {
  /** Microseconds since 1970. */
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Sets what is reserved for answers back to the time, where it is so far ahead that none is given.
 *
 * @param nowMs milliseconds since 1970
 * @returns undefined where there was nothing to set back
 */
export function setBack(
  store: Pick<Store, "transaction">,
  nowMs: number,
): Promise<Result<Setback | undefined, StoreError>> {
  const to = BigInt(Math.floor(nowMs * 1_000));
  return store.transaction(async (trx) => {
    const { ceiling: from } = await trx
      .selectFrom("reply_nonces")
      .select("ceiling")
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (from <= to + BigInt(REPLY_NONCE_AHEAD_MS) * 1_000n) return undefined;
    await trx
      .updateTable("reply_nonces")
      .set({ ceiling: to, owner: BY_HAND, updated_at: new Date(nowMs) })
      .execute();
    return { from, to };
  });
}
