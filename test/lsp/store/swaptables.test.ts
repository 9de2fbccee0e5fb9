import assert from "node:assert/strict";
import { type Insertable, sql, type Transaction } from "kysely";
import { DEPOSIT } from "../../../lsp/states/deposit.ts";
import type { Machine } from "../../../lsp/states/machine.ts";
import { OPENING } from "../../../lsp/states/opening.ts";
import { moveTrigger } from "../../../lsp/states/sql.ts";
import { SWAP } from "../../../lsp/states/swap.ts";
import { TRANSACTION } from "../../../lsp/states/transaction.ts";
import { hold, move } from "../../../lsp/store/moves.ts";
import type { Database } from "../../../lsp/store/schema.ts";
import type { Store } from "../../../lsp/store/store.ts";
import { onBoth, onPostgres } from "./kinds.ts";
import { numberedKey, value } from "./values.ts";

type Trx = Transaction<Database>;
type Row<Table extends keyof Database> = Partial<Insertable<Database[Table]>>;

const bytes = (n: number, length = 32): Buffer => Buffer.alloc(length, n);

/** Makes rows; what is given replaces a column's value. */
const rows = {
  swap: async (trx: Trx, n: number, change: Row<"swaps"> = {}): Promise<bigint> => {
    const user = { node_pub_key: numberedKey(n), latest_nonce: 1n, previous_nonce: 0n };
    const { id: user_id } = await trx.insertInto("users").values(user).returning("id").executeTakeFirstOrThrow();
    const row = {
      uuid: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
      user_id,
      fund_address: `fund ${n}`,
      lsp_address: `lsp ${n}`,
      refund_address: `refund ${n}`,
      status: "waiting_fund_chain" as const,
      privacy: "public" as const,
      pending_chan_id: null,
      expires_at: new Date(0),
      ...change,
    };
    return (await trx.insertInto("swaps").values(row).returning("id").executeTakeFirstOrThrow()).id;
  },
  deposit: async (trx: Trx, swap_id: bigint, n: number): Promise<bigint> => {
    const row = {
      ...{ swap_id, block_id: null, txid: bytes(n), vout: 0n, amount_msat: 1_000n, status: "unspent" as const },
      ...{ refund_txid: null, refund_block_id: null, lock_id: null, spender_id: null, raw: null, missing_since: null },
    };
    return (await trx.insertInto("deposits").values(row).returning("id").executeTakeFirstOrThrow()).id;
  },
  opening: async (trx: Trx, swap_id: bigint, n: number, change: Row<"openings"> = {}): Promise<bigint> => {
    const row = {
      ...{ swap_id, attempt: 1, status: "claimed" as const, pending_chan_id: bytes(n), node_pub_key: bytes(n, 33) },
      ...{ capacity_msat: 2_000n, push_msat: 1_000n, change_address: "change", fee_rate_sat_per_kw: 253n },
      ...{ psbt: null, txid: null, vout: null, transaction_id: null, backup: null, over_because: null },
      ...{ cancelled_at: null, first_confirmed_at: null, abandoned_at: null, ...change },
    };
    return (await trx.insertInto("openings").values(row).returning("id").executeTakeFirstOrThrow()).id;
  },
  transaction: async (trx: Trx, swap_id: bigint, n: number, change: Row<"transactions"> = {}): Promise<bigint> => {
    const row = {
      ...{ swap_id, kind: "refund" as const, status: "written" as const, txid: bytes(n), raw: bytes(n) },
      ...{ fee_msat: 1_000n, vsize: 110, block_id: null, refused: null, refused_since: null, ...change },
    };
    return (await trx.insertInto("transactions").values(row).returning("id").executeTakeFirstOrThrow()).id;
  },
  input: async (
    trx: Trx,
    of: { opening_id: bigint } | { transaction_id: bigint },
    outpoint: number,
  ): Promise<bigint> => {
    const spender = { opening_id: null, transaction_id: null, ...of };
    const row = {
      ...{ ...spender, deposit_id: null, txid: bytes(outpoint), vout: 0n, amount_msat: 1_000n, script: bytes(1, 22) },
    };
    return (await trx.insertInto("inputs").values(row).returning("id").executeTakeFirstOrThrow()).id;
  },
};

/** Does it, or says which rule of the tables was in the way. */
async function tried(store: Store, work: (trx: Trx) => Promise<unknown>): Promise<string> {
  const done = await store.transaction(work);
  return done.ok ? "done" : (done.error.detail.split(" ").at(-1) ?? "");
}

const setStatus = (trx: Trx, table: string, id: bigint, status: string, more = sql``): Promise<unknown> =>
  sql`UPDATE ${sql.table(table)} SET status = ${status} ${more} WHERE id = ${id}`.execute(trx);

onBoth("the triggers in the database are those of the tables of states", async ({ open }) => {
  const store = await open();
  const source = async (name: string): Promise<string> => {
    const { rows: found } = await sql<{
      src: string;
    }>`SELECT prosrc AS src FROM pg_proc WHERE proname = ${name}`.execute(store.db);
    return found[0]?.src ?? "";
  };
  for (const machine of [SWAP, DEPOSIT, OPENING, TRANSACTION] as readonly Machine[]) {
    const wanted = moveTrigger(machine)[0]?.split("$$")[1];
    assert.equal(await source(`${machine.table}_moves`), wanted, `${machine.table}: a new step has to make it again`);
    const { rows: triggers } = await sql`SELECT 1 FROM pg_trigger WHERE tgname = ${`${machine.table}_moves`}
      AND tgrelid = ${machine.table}::text::regclass AND tgenabled = 'O'`.execute(store.db);
    assert.equal(triggers.length, 1, machine.table);
  }
});

onBoth("an output has one live spender: attempt or transaction, whatever their kind", async ({ open }) => {
  const store = await open();
  const of = value(
    await store.transaction(async (trx) => {
      const [one, two] = [await rows.swap(trx, 1), await rows.swap(trx, 2)];
      const opening = await rows.opening(trx, one, 1);
      await rows.input(trx, { opening_id: opening }, 7);
      return { one, two, opening };
    }),
  );
  const refund =
    (n: number) =>
    async (trx: Trx): Promise<unknown> =>
      rows.input(trx, { transaction_id: await rows.transaction(trx, of.two, n) }, 7);
  const second = async (trx: Trx): Promise<unknown> =>
    rows.input(trx, { opening_id: await rows.opening(trx, of.two, 2) }, 7);
  assert.equal(await tried(store, refund(10)), "inputs_one_live_spender", "a refund beside an attempt");
  assert.equal(await tried(store, second), "inputs_one_live_spender", "a second attempt");
  const over = (trx: Trx): Promise<unknown> =>
    setStatus(trx, "openings", of.opening, "over", sql`, over_because = 'x'`);
  assert.equal(await tried(store, over), "done");
  assert.equal(await tried(store, refund(11)), "done", "after the attempt");
  assert.equal(await tried(store, refund(12)), "inputs_one_live_spender", "a second refund");
  assert.equal(await tried(store, second), "inputs_one_live_spender", "an attempt beside a refund");
  const first = value(
    await store.transaction((trx) =>
      trx.selectFrom("transactions").select("id").where("txid", "=", bytes(11)).executeTakeFirstOrThrow(),
    ),
  ).id;
  const replace = async (trx: Trx): Promise<unknown> => {
    await setStatus(trx, "transactions", first, "replaced");
    return refund(12)(trx);
  };
  assert.equal(await tried(store, replace), "done", "the newer one in its place");
  const back = (trx: Trx): Promise<unknown> => setStatus(trx, "transactions", first, "published");
  assert.equal(await tried(store, back), "inputs_one_live_spender", "while the newer one stands");
  const claimsToBeDead = (trx: Trx): Promise<unknown> =>
    sql`UPDATE inputs SET live = false WHERE txid = ${bytes(7)}`.execute(trx);
  assert.equal(await tried(store, claimsToBeDead), "done");
  assert.equal(await tried(store, refund(13)), "inputs_one_live_spender", "nobody but the spender's state says so");
  const nobody = (trx: Trx): Promise<unknown> =>
    sql`INSERT INTO inputs (txid, vout, amount_msat, script) VALUES (${bytes(8)}, 0, 1000, ${bytes(1)})`.execute(trx);
  assert.equal(await tried(store, nobody), "inputs_of_one");
});

onPostgres("of two processes that spend an output at once, one does", async ({ open }) => {
  const store = await open();
  const swaps = value(
    await store.transaction((trx) => Promise.all([rows.swap(trx, 1), rows.swap(trx, 2), rows.swap(trx, 3)])),
  );
  const tries = await Promise.all(
    swaps.map((swap, i) =>
      tried(store, async (trx) => rows.input(trx, { transaction_id: await rows.transaction(trx, swap, i + 1) }, 7)),
    ),
  );
  assert.deepEqual(tries.sort(), ["done", "inputs_one_live_spender", "inputs_one_live_spender"]);
});

onBoth("one attempt a swap, one negotiation a peer", async ({ open }) => {
  const store = await open();
  const peer = { node_pub_key: bytes(9, 33) };
  const [one, two] = value(
    await store.transaction(async (trx) => [await rows.swap(trx, 1), await rows.swap(trx, 2)] as const),
  );
  const opening = value(await store.transaction((trx) => rows.opening(trx, one, 1, peer)));
  const again = (change: Row<"openings">) => (trx: Trx) => rows.opening(trx, one, 2, { attempt: 2, ...change });
  assert.equal(await tried(store, again({})), "openings_one_a_swap");
  assert.equal(await tried(store, (trx) => rows.opening(trx, two, 3, peer)), "openings_one_a_peer");
  const over = (trx: Trx): Promise<unknown> => setStatus(trx, "openings", opening, "over", sql`, over_because = 'x'`);
  assert.equal(await tried(store, over), "done");
  assert.equal(await tried(store, again({ attempt: 1 })), "openings_attempt");
  assert.equal(await tried(store, again({ pending_chan_id: bytes(1) })), "openings_pending_chan_id");
  assert.equal(await tried(store, again(peer)), "done");
  assert.equal(await tried(store, (trx) => rows.opening(trx, two, 3, peer)), "openings_one_a_peer");
});

onBoth("a row of an attempt or a transaction has what its state says", async ({ open }) => {
  const store = await open();
  const { opening, funding } = value(
    await store.transaction(async (trx) => {
      const swap = await rows.swap(trx, 1);
      return {
        opening: await rows.opening(trx, swap, 1),
        funding: await rows.transaction(trx, swap, 1, { kind: "funding" }),
      };
    }),
  );
  const to =
    (status: string, more = sql``) =>
    (trx: Trx) =>
      setStatus(trx, "openings", opening, status, more);
  const txTo =
    (status: string, more = sql``) =>
    (trx: Trx) =>
      setStatus(trx, "transactions", funding, status, more);
  assert.equal(await tried(store, to("over")), "openings_over");
  assert.equal(await tried(store, to("funded")), "openings_funded");
  assert.equal(await tried(store, to("funded", sql`, psbt = '\x01', txid = ${bytes(1)}, vout = 0`)), "done");
  assert.equal(await tried(store, to("signed")), "openings_signed");
  assert.equal(await tried(store, to("signed", sql`, transaction_id = ${funding}`)), "done");
  assert.equal(await tried(store, txTo("published")), "transactions_return", "before the point of no return");
  assert.equal(
    await tried(store, to("over", sql`, over_because = 'x'`)),
    "openings_return",
    "its raw bytes could leave",
  );
  assert.equal(await tried(store, to("negotiating")), "done");
  assert.equal(await tried(store, txTo("published")), "transactions_return");
  assert.equal(await tried(store, to("publishing")), "openings_backup");
  assert.equal(await tried(store, to("publishing", sql`, backup = '\x01'`)), "done");
  assert.equal(await tried(store, to("over", sql`, over_because = 'x'`)), "openings_moves", "past it");
  assert.equal(await tried(store, txTo("published")), "done");
  assert.equal(await tried(store, txTo("confirmed")), "transactions_in_block");
  assert.equal(await tried(store, to("confirmed")), "openings_confirmed");
  assert.equal(await tried(store, to("retreated")), "openings_retreated");
  const refunds = (change: Row<"transactions">) => async (trx: Trx) =>
    rows.transaction(trx, await rows.swap(trx, 2), 2, change);
  assert.equal(await tried(store, refunds({ swap_id: null })), "transactions_of_swap");
  assert.equal(await tried(store, refunds({ txid: bytes(1) })), "transactions_txid");
  assert.equal(await tried(store, refunds({ status: "published" })), "transactions_moves");
  const pairs = (fund: string, change: string) => (trx: Trx) =>
    trx.insertInto("addresses").values({ fund_address: fund, change_address: change, swap_id: null }).execute();
  assert.equal(await tried(store, pairs("a", "a")), "addresses_differ");
  assert.equal(await tried(store, pairs("a", "b")), "done");
  assert.equal(await tried(store, pairs("a", "c")), "addresses_fund");
  assert.equal(await tried(store, pairs("c", "b")), "addresses_change");
});

onBoth(
  "a row moves from the state that it is in, under the newest claim, and otherwise not at all",
  async ({ open }) => {
    const store = await open();
    const { one, other, deposit } = value(
      await store.transaction(async (trx) => {
        const [one, other] = [await rows.swap(trx, 1, { fence: 3n }), await rows.swap(trx, 2)];
        return { one, other, deposit: await rows.deposit(trx, one, 1) };
      }),
    );
    const moved = (swapId: bigint, fence: bigint): Promise<string> =>
      store
        .transaction(async (trx) => {
          const held = await hold(trx, { swapId, fence });
          if (held === undefined) return "fenced";
          return await move(
            held,
            "deposits",
            { id: deposit, from: "unspent", to: "unspent_chan_reserve" },
            { raw: bytes(1) },
          );
        })
        .then(value);
    assert.equal(await moved(one, 2n), "fenced", "an older token");
    assert.equal(await moved(other, 0n), "elsewhere", "another swap's row");
    assert.equal(await moved(one, 3n), "moved");
    assert.equal(await moved(one, 3n), "elsewhere", "it is not there any more");
    const found = await store.db.selectFrom("deposits").select(["status", "raw"]).executeTakeFirstOrThrow();
    assert.equal(found.status, "unspent_chan_reserve");
    assert.deepEqual(Buffer.from(found.raw ?? []), bytes(1));
    const expired = await store.transaction(async (trx) => {
      const held = await hold(trx, { swapId: one, fence: 3n });
      assert(held !== undefined);
      const row = { id: one, from: "waiting_fund_chain", to: "expired" } as const;
      return [
        await move(held, "swaps", { ...row, id: other }),
        await move(held, "swaps", row, { ended_at: new Date(0) }),
      ];
    });
    assert.deepEqual(value(expired), ["elsewhere", "moved"]);
    type Illegal = Parameters<typeof move<"swaps", "waiting_peer">>[2]["to"] & "succeeded";
    const illegal: [Illegal] extends [never] ? true : false = true;
    assert.ok(illegal);
  },
);

onPostgres(
  "what holds a swap keeps a newer claim waiting, and then the older token is worth nothing",
  async ({ open }) => {
    const store = await open();
    const swap = value(await store.transaction((trx) => rows.swap(trx, 1)));
    const order: string[] = [];
    let claimed: Promise<unknown> | undefined;
    await store.transaction(async (trx) => {
      const held = await hold(trx, { swapId: swap, fence: 0n });
      assert(held !== undefined);
      claimed = store
        .transaction((newer) => sql`UPDATE swaps SET fence = fence + 1 WHERE id = ${swap}`.execute(newer))
        .then(() => order.push("claimed"));
      const waits = sql`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%fence + 1%'`;
      while ((await waits.execute(store.db)).rows.length === 0);
      order.push("moved");
      await move(held, "swaps", { id: swap, from: "waiting_fund_chain", to: "expired" });
    });
    await claimed;
    assert.deepEqual(order, ["moved", "claimed"]);
    assert.equal(value(await store.transaction((trx) => hold(trx, { swapId: swap, fence: 0n }))), undefined);
  },
);
