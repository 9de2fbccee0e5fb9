import assert from "node:assert/strict";
import { type RawBuilder, sql } from "kysely";
import { DEPOSIT } from "../../lsp/states/deposit.ts";
import { OPENING } from "../../lsp/states/opening.ts";
import { SWAP } from "../../lsp/states/swap.ts";
import { TRANSACTION } from "../../lsp/states/transaction.ts";
import { BLOCK_STATUSES, CHANNEL_STATUSES } from "../../lsp/store/schema.ts";
import type { Store } from "../../lsp/store/store.ts";
import { onBoth } from "./kinds.ts";
import { errorCode, keyOf, value } from "./values.ts";

const bytes = (fill: number): Buffer => Buffer.alloc(32, fill);

async function rows<T>(store: Store, text: RawBuilder<T>): Promise<T[]> {
  return (await text.execute(store.db)).rows;
}

/** A user, a swap, a block and a deposit; what is given replaces a column's value. */
async function addSwap(store: Store, n: number, change: Record<string, unknown> = {}): Promise<bigint> {
  return value(
    await store.transaction(async (trx) => {
      const user = await trx
        .insertInto("users")
        .values({ node_pub_key: keyOf(n), latest_nonce: 1n, previous_nonce: 0n })
        .onConflict((conflict) => conflict.column("node_pub_key").doUpdateSet({ updated_at: new Date() }))
        .returning("id")
        .executeTakeFirstOrThrow();
      const swap = await trx
        .insertInto("swaps")
        .values({
          uuid: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
          user_id: user.id,
          fund_address: `fund ${n}`,
          lsp_address: `lsp ${n}`,
          refund_address: `refund ${n}`,
          status: "waiting_fund_chain",
          privacy: "public",
          pending_chan_id: null,
          expires_at: new Date(0),
          ...change,
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      return swap.id;
    }),
  );
}

onBoth("every foreign key has an index, so that nothing is searched row by row", async ({ open }) => {
  const store = await open();
  const bare = await rows(
    store,
    sql<{ name: string }>`
      SELECT c.conname AS name FROM pg_constraint c
      WHERE c.contype = 'f' AND NOT EXISTS (
        SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1]
      )`,
  );
  assert.deepEqual(bare, []);
  const [count] = await rows(store, sql<{ n: bigint }>`SELECT count(*) AS n FROM pg_constraint WHERE contype = 'f'`);
  assert.equal(count?.n, 13n);
});

onBoth("the statuses of the code are those of the tables", async ({ open }) => {
  const store = await open();
  for (const [table, statuses] of [
    ["swaps", Object.keys(SWAP.states)],
    ["deposits", Object.keys(DEPOSIT.states)],
    ["openings", Object.keys(OPENING.states)],
    ["transactions", Object.keys(TRANSACTION.states)],
    ["blocks", BLOCK_STATUSES],
    ["channels", CHANNEL_STATUSES],
  ] as const) {
    const [check] = await rows(
      store,
      sql<{ text: string }>`
        SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint
        WHERE conrelid = ${table}::text::regclass AND conname = ${`${table}_status_check`}`,
    );
    const found = [...(check?.text ?? "").matchAll(/'(\w+)'/g)].map(([, status]) => status);
    assert.deepEqual(found, [...statuses], table);
  }
});

onBoth("whole numbers are bigint, whatever their size", async ({ open }) => {
  const store = await open();
  const id = await addSwap(store, 1, { chan_cap_user_msat: 2n ** 53n * 1_000n });
  const swap = await store.db.selectFrom("swaps").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  assert.equal(swap.chan_cap_user_msat, 2n ** 53n * 1_000n);
  assert.equal(swap.fee_lsp_msat, 0n);
  assert.deepEqual(swap.expires_at, new Date(0));
  value(
    await store.transaction((trx) =>
      trx
        .insertInto("channels")
        .values({
          swap_id: id,
          funding_txid: bytes(1),
          funding_vout: 2n ** 32n - 1n,
          closing_txid: null,
          // lnd's alias range, as it is on the wire.
          short_channel_id: 16_000_000n << 40n,
          backup: null,
          status: "pending_open",
        })
        .execute(),
    ),
  );
  const channel = await store.db.selectFrom("channels").selectAll().executeTakeFirstOrThrow();
  assert.equal(channel.short_channel_id, 16_000_000n << 40n);
  assert.deepEqual(Buffer.from(channel.funding_txid), bytes(1));
  const [sum] = await rows(store, sql<{ sum: bigint }>`SELECT sum(chan_cap_user_msat) AS sum FROM swaps`);
  assert.equal(sum?.sum, 2n ** 53n * 1_000n);
});

onBoth("what would break a rule is refused by its name, and nothing of it stays", async ({ open }) => {
  const store = await open();
  const swap = await addSwap(store, 1);
  const insert = (table: string, columns: Record<string, RawBuilder<unknown> | string | number | bigint>) =>
    store.transaction((trx) => {
      const names = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
      return sql`INSERT INTO ${sql.table(table)} (${names}) VALUES (${sql.join(Object.values(columns))})`.execute(trx);
    });
  const hash = (fill: string): RawBuilder<unknown> => sql`decode(${fill.repeat(32)}, 'hex')`;
  const block = (height: number, fill: string, status = "confirmed") =>
    insert("blocks", { height, hash: hash(fill), status });
  value(await block(1, "b1"));
  const [{ id: blockId } = { id: 0n }] = await store.db.selectFrom("blocks").select("id").execute();
  const deposit = (change: Record<string, RawBuilder<unknown> | string | number | bigint> = {}) =>
    insert("deposits", {
      swap_id: swap,
      block_id: blockId,
      txid: hash("d1"),
      vout: 0,
      amount_msat: 546_000n,
      status: "unspent",
      ...change,
    });
  value(await deposit());
  const change = (status: string, refundTxid: RawBuilder<unknown> = sql`NULL`) =>
    store.transaction((trx) => sql`UPDATE deposits SET status = ${status}, refund_txid = ${refundTxid}`.execute(trx));
  const users = (key: RawBuilder<unknown>, latest: string, previous: string) =>
    insert("users", { node_pub_key: key, latest_nonce: latest, previous_nonce: previous });

  const refused: readonly (readonly [string, () => Promise<{ ok: boolean }>])[] = [
    ["users_key", () => users(sql`(SELECT node_pub_key FROM users)`, "2", "1")],
    ["users_node_pub_key_check", () => users(sql`decode('0203', 'hex')`, "2", "1")],
    ["uint64_check", () => users(hash("02"), "18446744073709551616", "1")],
    ["uint64_check", () => users(hash("02"), "-1", "1")],
    ["users_nonces_increase", () => users(sql`decode(${"02".repeat(33)}, 'hex')`, "2", "2")],
    ["blocks_hash", () => block(2, "b1")],
    ["blocks_one_a_height", () => block(1, "b2")],
    ["blocks_status_check", () => block(2, "b2", "lost")],
    ["blocks_hash_check", () => insert("blocks", { height: 2, hash: sql`decode('b2', 'hex')`, status: "orphan" })],
    ["deposits_outpoint", () => deposit()],
    ["msat_check", () => deposit({ vout: 1, amount_msat: 546_001n })],
    ["msat_check", () => deposit({ vout: 1, amount_msat: -1_000n })],
    ["deposits_amount_msat_check", () => deposit({ vout: 1, amount_msat: 0n })],
    ["deposits_vout_check", () => deposit({ vout: 2n ** 32n })],
    ["deposits_moves", () => deposit({ vout: 1, status: "Unspent" })],
    ["deposits_moves", () => deposit({ vout: 1, status: "spent_refund" })],
    ["deposits_(refunded|spent)", () => change("spent_refund")],
    ["deposits_spent", () => change("spent_refund", sql`txid`)],
    ["deposits_refund_block", () => deposit({ vout: 1, refund_block_id: blockId })],
    ["deposits_swap_id_fkey", () => deposit({ vout: 1, swap_id: 999n })],
    ["deposits_block_id_fkey", () => deposit({ vout: 1, block_id: 999n })],
  ];
  for (const [rule, attempt] of refused) {
    const result = (await attempt()) as Awaited<ReturnType<typeof deposit>>;
    assert.equal(errorCode(result), "store_constraint", rule);
    assert.match(result.ok ? "" : result.error.detail, new RegExp(` ${rule}$`));
  }
  for (const column of ["txid", "refund_txid", "lock_id"]) {
    const short = await deposit({ vout: 1, [column]: sql`decode('d1', 'hex')` });
    assert.equal(errorCode(short), "store_constraint", column);
  }
  value(await block(1, "b2", "orphan"));
  const swaps: readonly (readonly [string, Record<string, unknown>])[] = [
    ["swaps_uuid", { uuid: "00000000-0000-4000-8000-000000000001" }],
    ["swaps_fund_address", { fund_address: "fund 1" }],
    ["swaps_addresses_differ", { refund_address: "fund 2" }],
    ["swaps_moves", { status: "lost", chan_cap_user_msat: 1_000n, chan_cap_lsp_msat: 1_000n }],
    ["swaps_funded", { status: "waiting_peer" }],
    ["swaps_opening", { status: "in_psbt_thread", chan_cap_user_msat: 1_000n, chan_cap_lsp_msat: 1_000n }],
    ["swaps_privacy_check", { privacy: "Public" }],
    ["swaps_pending_chan_id_check", { pending_chan_id: Buffer.alloc(31) }],
  ];
  for (const [rule, change] of swaps) {
    await assert.rejects(addSwap(store, 2, change), new RegExp(rule));
  }
  const counts = await rows(
    store,
    sql<{ n: bigint }>`SELECT (SELECT count(*) FROM swaps) + (SELECT count(*) FROM users)
    + (SELECT count(*) FROM deposits) AS n`,
  );
  assert.deepEqual(counts, [{ n: 3n }]);
});
