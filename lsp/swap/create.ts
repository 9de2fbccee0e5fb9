import { sql, type Transaction } from "kysely";
import { OPEN_SWAPS_MAX, OPEN_SWAPS_PER_KEY } from "../limits.ts";
import type { Amounts } from "../money/amounts.ts";
import type { Msat } from "../money/msat.ts";
import { hold, move } from "../store/moves.ts";
import type { Database } from "../store/schema.ts";

/** What a customer wants. */
export interface SwapWish {
  /** 33 bytes, compressed; its row is there, for its nonce was taken in this transaction. */
  readonly key: Uint8Array;
  /** Checked already, and as it came. */
  readonly refundAddress: string;
  readonly privacy: "public" | "private";
}

export interface CreationRules {
  readonly amounts: Amounts;
  /** How long a swap may take before its coins go back. */
  readonly expiryHours: number;
  /** Open swaps of one key, and of all. */
  readonly perKey?: number;
  readonly inAll?: number;
  /** Whether the operator has stopped new swaps. */
  readonly paused: () => boolean;
  /** The LSP's own coins that are free, as lnd told them last; undefined: it has not yet. */
  readonly liquidity: () => Msat | undefined;
}

/** Why there is no swap. */
export type CreationRefusal =
  | "refund_own"
  | "paused"
  | "too_many_swaps"
  | "too_many_swaps_all"
  | "no_liquidity"
  | "no_address";

export type Creation =
  | { readonly kind: "created"; readonly swapId: bigint; readonly fundAddress: string }
  | { readonly kind: "refused"; readonly why: CreationRefusal };

/**
 * Creates a swap and gives it the oldest pair of addresses of the pool. Only statements of `trx`: no call of lnd is waited
 * for while the key's row is locked, by which the swaps of one key are counted exactly. Of all keys, those that are created
 * at the same moment do not see each other: a limit of 10,000 may be passed by as many as there are connections.
 */
export async function createSwap(
  trx: Transaction<Database>,
  { key, refundAddress, privacy }: SwapWish,
  rules: CreationRules,
): Promise<Creation> {
  const refuse = (why: CreationRefusal): Creation => ({ kind: "refused", why });
  // A refund to an address that waits for a deposit would be the deposit of somebody's swap.
  if (await isOwn(trx, refundAddress)) return refuse("refund_own");
  if (rules.paused()) return refuse("paused");
  const user = await trx.selectFrom("users").select("id").where("node_pub_key", "=", key).executeTakeFirstOrThrow();
  const open = await openSwaps(trx, user.id, rules.amounts);
  if (open.own >= BigInt(rules.perKey ?? OPEN_SWAPS_PER_KEY)) return refuse("too_many_swaps");
  if (open.all >= BigInt(rules.inAll ?? OPEN_SWAPS_MAX)) return refuse("too_many_swaps_all");
  const free = rules.liquidity();
  if (free === undefined || free < open.heldMsat + rules.amounts.min) return refuse("no_liquidity");
  const pair = await trx
    .selectFrom("addresses")
    .select(["id", "fund_address", "change_address"])
    .where("swap_id", "is", null)
    .orderBy("id")
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (pair === undefined) return refuse("no_address");
  const swap = await trx
    .insertInto("swaps")
    .values({
      uuid: sql<string>`gen_random_uuid()`,
      user_id: user.id,
      fund_address: pair.fund_address,
      lsp_address: pair.change_address,
      refund_address: refundAddress,
      status: "waiting_fund_chain",
      privacy,
      pending_chan_id: null,
      expires_at: sql<Date>`now() + ${rules.expiryHours} * interval '1 hour'`,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await trx.updateTable("addresses").set({ swap_id: swap.id }).where("id", "=", pair.id).executeTakeFirstOrThrow();
  return { kind: "created", swapId: swap.id, fundAddress: pair.fund_address };
}

/**
 * Ends a swap whose address nobody was told, so that it does not count against its key. The address is not used again: who
 * signs may have seen it.
 */
export async function forgetSwap(trx: Transaction<Database>, swapId: bigint): Promise<void> {
  // Nobody can have claimed it: what is claimed has a deposit.
  const held = await hold(trx, { swapId, fence: 0n });
  if (held === undefined) return;
  await move(held, "swaps", { id: swapId, from: "waiting_fund_chain", to: "expired" }, { ended_at: new Date() });
}

/** In lower case, as lnd writes them: a customer may write it in capitals (BIP173). */
async function isOwn(trx: Transaction<Database>, address: string): Promise<boolean> {
  const text = address.toLowerCase();
  const { rows } = await sql`SELECT 1 FROM addresses WHERE fund_address = ${text} OR change_address = ${text}`.execute(
    trx,
  );
  return rows.length > 0;
}

interface OpenSwaps {
  readonly own: bigint;
  readonly all: bigint;
  /** What the LSP will add to those that are not opening yet: the minimum for an hour, the real amount from the deposit on. */
  readonly heldMsat: bigint;
}

async function openSwaps(trx: Transaction<Database>, userId: bigint, { min, max }: Amounts): Promise<OpenSwaps> {
  const { rows } = await sql<OpenSwaps>`
    SELECT count(*) FILTER (WHERE s.user_id = ${userId}) AS own, count(*) AS "all",
      coalesce(sum(CASE
        WHEN s.status NOT IN ('waiting_fund_chain', 'waiting_peer') THEN 0
        WHEN s.chan_cap_lsp_msat > 0 THEN s.chan_cap_lsp_msat
        WHEN d.paid > 0 THEN least(greatest(d.paid, ${min}::bigint), ${max}::bigint)
        WHEN s.inserted_at > now() - interval '1 hour' THEN ${min}::bigint
        ELSE 0
      END), 0) AS "heldMsat"
    FROM swaps s LEFT JOIN (
      SELECT swap_id, sum(amount_msat) AS paid FROM deposits
      WHERE status IN ('unspent', 'unspent_dust', 'unspent_chan_reserve') GROUP BY swap_id
    ) d ON d.swap_id = s.id
    WHERE s.status NOT IN ('succeeded', 'expired')`.execute(trx);
  return rows[0] as OpenSwaps;
}
