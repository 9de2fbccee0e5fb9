import assert from "node:assert/strict";
import { sql } from "kysely";
import { asMsat } from "../../../lsp/money/msat.ts";
import type { Store } from "../../../lsp/store/store.ts";
import { type CreationRules, createSwap } from "../../../lsp/swap/create.ts";
import { openAddressPool } from "../../../lsp/swap/pool.ts";
import { ResponseSchema } from "../../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { freshNonce } from "../../signer/service/frames.ts";
import { askAs } from "../service/requests.ts";
import { CREATION, type Customer, isRow, keySigner, newCustomer, openRig, readReply } from "../service/rig.ts";
import { onBoth, onPostgres } from "../store/kinds.ts";
import { numberedKey, value } from "../store/values.ts";

/** A wallet that numbers its addresses, and says which it was asked for. */
function countingWallet(): {
  asked: string[];
  nextAddress: Parameters<typeof openAddressPool>[0]["wallet"]["nextAddress"];
} {
  const asked: string[] = [];
  const count = { deposit: 0, change: 0 };
  return {
    asked,
    async nextAddress(branch) {
      const address = `bcrt1q${branch}${count[branch]++}`;
      asked.push(address);
      return { ok: true, value: address };
    },
  };
}

async function withPool(store: Store, size: number): Promise<void> {
  assert.equal(value(await openAddressPool({ store, wallet: countingWallet(), size }).fill()), size);
}

const wish = (customer: Customer, refund?: string) =>
  askAs(customer, { method: "SwapIntoLn", nonce: freshNonce(), ...(refund === undefined ? {} : { refund }) });

async function create(store: Store, customer: Customer, rules: Partial<CreationRules> = {}): Promise<string> {
  const outgoing = await openRig(store, { creation: { ...CREATION, ...rules } }).service.handle(wish(customer));
  const { either } = readReply(ResponseSchema, outgoing).message;
  if (either.case === "success") return either.value.fundOnChainAddress?.val?.val ?? "";
  assert(either.case === "failure");
  return String(either.value.internal[0]?.either.value);
}

const TOO_MANY = "too many open swaps with this key; finish one or let it expire";
const NO_LIQUIDITY = "no liquidity for a swap now; try again later";

onBoth("a swap has the oldest pair, the minimum of GetCfg, a week, and is written with its nonce", async ({ open }) => {
  const store = await open();
  await withPool(store, 3);
  const customer = newCustomer();
  const { service } = openRig(store, { creation: CREATION });
  const { either } = readReply(ResponseSchema, await service.handle(wish(customer))).message;
  assert(either.case === "success");
  assert.equal(either.value.fundOnChainAddress?.val?.val, "bcrt1qdeposit0");
  assert.equal(either.value.minFundMoney?.val?.val, CREATION.amounts.min);
  const swap = await store.db.selectFrom("swaps").selectAll().executeTakeFirstOrThrow();
  assert.equal(swap.lsp_address, "bcrt1qchange0");
  assert.equal(swap.status, "waiting_fund_chain");
  assert.equal(swap.privacy, "public");
  assert.equal(swap.expires_at.getTime() - swap.inserted_at.getTime(), 7 * 86_400_000);
  const pair = await store.db.selectFrom("addresses").selectAll().orderBy("id").executeTakeFirstOrThrow();
  assert.equal(pair.swap_id, swap.id);
  assert.equal(await create(store, newCustomer()), "bcrt1qdeposit1");
});

onBoth("a key has three open swaps, all have so many, and one that is over counts no more", async ({ open }) => {
  const store = await open();
  await withPool(store, 6);
  const customer = newCustomer();
  for (const n of [0, 1, 2]) assert.equal(await create(store, customer), `bcrt1qdeposit${n}`);
  assert.equal(await create(store, customer), TOO_MANY);
  assert.equal(await create(store, newCustomer(), { inAll: 3 }), "too many open swaps; try again later");
  value(
    await store.transaction((trx) =>
      sql`UPDATE swaps SET status = 'expired' WHERE fund_address = 'bcrt1qdeposit0'`.execute(trx),
    ),
  );
  assert.equal(await create(store, customer), "bcrt1qdeposit3");
  assert.equal(await create(store, customer), TOO_MANY);
  assert.equal(await create(store, newCustomer(), { inAll: 4 }), "bcrt1qdeposit4");
});

onBoth("paused, without an address, without coins: each by its own text, and nothing is written", async ({ open }) => {
  const store = await open();
  assert.equal(await create(store, newCustomer()), "no address to fund now; try again later");
  await withPool(store, 1);
  assert.equal(await create(store, newCustomer(), { paused: () => true }), "swaps are paused; try again later");
  assert.equal(await create(store, newCustomer(), { liquidity: () => undefined }), NO_LIQUIDITY, "lnd has not said");
  const { min } = CREATION.amounts;
  assert.equal(await create(store, newCustomer(), { liquidity: () => asMsat(min - 1_000n) }), NO_LIQUIDITY);
  assert.deepEqual(await store.db.selectFrom("swaps").select("id").execute(), []);
  assert.equal(await create(store, newCustomer(), { liquidity: () => min }), "bcrt1qdeposit0");
});

onBoth(
  "the minimum is held for an hour, what was paid from the deposit on, nothing once it opens",
  async ({ open }) => {
    const store = await open();
    await withPool(store, 3);
    const { min } = CREATION.amounts;
    await create(store, newCustomer());
    const set = async (text: ReturnType<typeof sql>): Promise<void> => {
      value(await store.transaction((trx) => text.execute(trx)));
    };
    /** Whether one more fits into so many minimums. */
    const fits = async (minimums: bigint): Promise<boolean> => {
      const liquidity = () => asMsat(min * minimums);
      const user = { node_pub_key: numberedKey(Number(minimums)), latest_nonce: 1n, previous_nonce: 0n };
      const made = await store
        .transaction(async (trx) => {
          await trx.insertInto("users").values(user).execute();
          const tried = await createSwap(
            trx,
            { key: user.node_pub_key, refundAddress: "elsewhere", privacy: "private" },
            { ...CREATION, liquidity },
          );
          throw Object.assign(new Error("only a try"), { tried });
        })
        .catch((error: { tried: { kind: string } }) => error.tried.kind);
      return made === "created";
    };
    assert.deepEqual([await fits(1n), await fits(2n)], [false, true], "the minimum");
    await set(sql`UPDATE swaps SET inserted_at = now() - interval '61 minutes'`);
    assert.deepEqual([await fits(1n)], [true], "after an hour");
    await set(sql`INSERT INTO deposits (swap_id, txid, vout, amount_msat, status)
    SELECT id, decode(repeat('aa', 32), 'hex'), 0, ${3n * min}::bigint, 'unspent' FROM swaps`);
    assert.deepEqual([await fits(3n), await fits(4n)], [false, true], "what was paid");
    await set(
      sql`UPDATE swaps SET status = 'waiting_peer', chan_cap_user_msat = ${2n * min}::bigint, chan_cap_lsp_msat = ${2n * min}::bigint`,
    );
    assert.deepEqual([await fits(2n), await fits(3n)], [false, true], "what it will add");
    await set(sql`UPDATE swaps SET status = 'in_psbt_thread', pending_chan_id = decode(repeat('aa', 32), 'hex')`);
    assert.deepEqual([await fits(1n)], [true], "its coins are leased: lnd counts them no more");
  },
);

onBoth("a refund address of the LSP's own is not valid, given out or not, in capitals too", async ({ open }) => {
  const store = await open();
  const own = ["bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "bcrt1qcr8te4kr609gcawutmrza0j4xv80jy8zeqchgx"] as const;
  value(
    await store.transaction((trx) =>
      trx.insertInto("addresses").values({ fund_address: own[0], change_address: own[1], swap_id: null }).execute(),
    ),
  );
  const { service } = openRig(store, { creation: { ...CREATION, paused: () => true } });
  for (const refund of [...own, own[0].toUpperCase()]) {
    assert.ok(isRow(await service.handle(wish(newCustomer(), refund)), "refund_not_valid"), refund);
  }
  const { service: offered } = openRig(store, { creation: CREATION });
  const foreign = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry";
  assert.equal(
    readReply(ResponseSchema, await offered.handle(wish(newCustomer(), foreign))).message.either.case,
    "success",
  );
});

onBoth(
  "a swap whose address could not be signed does not count against its key, nor is its address given again",
  async ({ open }) => {
    const store = await open();
    await withPool(store, 4);
    const signer = keySigner();
    const customer = newCustomer();
    const rig = openRig(store, { creation: { ...CREATION, perKey: 1 }, signer });
    signer.trouble = { kind: "unavailable", code: "signer_unreachable" };
    assert.ok(isRow(await rig.service.handle(wish(customer)), "unsigned"));
    const [swap] = await store.db.selectFrom("swaps").select(["status", "ended_at"]).execute();
    assert.equal(swap?.status, "expired");
    assert.ok(swap.ended_at instanceof Date);
    assert.equal(await create(store, customer, { perKey: 1 }), "bcrt1qdeposit1");
  },
);

onPostgres("many at once: each key its limit, no address twice", async ({ open }) => {
  const store = await open();
  await withPool(store, 20);
  const greedy = newCustomer();
  // Nonces in order, in as many processes: the row of the key is what they wait for.
  const asked = [...Array.from({ length: 6 }, () => greedy), ...Array.from({ length: 8 }, () => newCustomer())];
  const answers = await Promise.all(asked.map((customer) => create(store, customer).catch(() => "stale")));
  const got = answers.filter((answer) => answer.startsWith("bcrt1q"));
  assert.equal(new Set(got).size, got.length);
  assert.ok(answers.slice(0, 6).filter((answer) => answer.startsWith("bcrt1q")).length <= 3);
  assert.ok(answers.slice(6).every((answer) => answer.startsWith("bcrt1q")));
  const counts = await store.db
    .selectFrom("addresses")
    .select(({ fn }) => fn.countAll<bigint>().as("given"))
    .where("swap_id", "is not", null)
    .executeTakeFirstOrThrow();
  assert.equal(counts.given, BigInt(got.length));
});

onBoth("the pool makes what is missing, each pair stored before the next is asked for", async ({ open }) => {
  const store = await open();
  const wallet = countingWallet();
  const stored: bigint[] = [];
  const nextAddress: typeof wallet.nextAddress = async (branch) => {
    const { rows } = await sql<{ n: bigint }>`SELECT count(*) AS n FROM addresses`.execute(store.db);
    stored.push(rows[0]?.n ?? -1n);
    return wallet.nextAddress(branch);
  };
  const pool = openAddressPool({ store, wallet: { nextAddress }, size: 3 });
  assert.deepEqual((await Promise.all([pool.fill(), pool.fill()])).map(value), [3, 3], "twice at once is once");
  assert.deepEqual(stored, [0n, 0n, 1n, 1n, 2n, 2n]);
  assert.deepEqual(wallet.asked.slice(0, 2), ["bcrt1qdeposit0", "bcrt1qchange0"]);
  await create(store, newCustomer());
  assert.equal(value(await pool.fill()), 3);
  assert.equal(wallet.asked.at(-1), "bcrt1qchange3");
  const away = openAddressPool({
    store,
    wallet: { nextAddress: async () => ({ ok: false, error: { code: "lnd_unavailable", detail: "" } }) },
    size: 4,
  });
  const failed = await away.fill();
  assert(!failed.ok);
  assert.equal(failed.error.code, "lnd_unavailable");
});

onBoth("the longest run of unpaid addresses is between two that are paid, or up to the last", async ({ open }) => {
  const store = await open();
  const pool = openAddressPool({ store, wallet: countingWallet(), size: 9 });
  assert.equal(await pool.longestUnpaid(), 0);
  value(await pool.fill());
  assert.equal(await pool.longestUnpaid(), 9);
  for (let n = 0; n < 7; n++) await create(store, newCustomer());
  const pay = async (n: number): Promise<void> => {
    value(
      await store.transaction((trx) =>
        sql`INSERT INTO deposits (swap_id, txid, vout, amount_msat, status)
          SELECT id, decode(repeat('aa', 32), 'hex'), ${n}, 1000, 'unspent' FROM swaps
          WHERE fund_address = ${`bcrt1qdeposit${n}`}`.execute(trx),
      ),
    );
  };
  await pay(1);
  assert.equal(await pool.longestUnpaid(), 7, "2 to 8");
  await pay(6);
  assert.equal(await pool.longestUnpaid(), 4, "2 to 5");
  await pay(3);
  assert.equal(await pool.longestUnpaid(), 2, "4 and 5, or 7 and 8");
});
