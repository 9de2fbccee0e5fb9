import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "kysely";
import { CLOCK_SETTLED_MS, KEY_KEPT_DAYS } from "../../../lsp/limits.ts";
import { openClock } from "../../../lsp/store/clock.ts";
import { openPruner } from "../../../lsp/store/prune.ts";
import { setBack } from "../../../lsp/store/setback.ts";
import { onBoth } from "./kinds.ts";
import { numberedKey, value } from "./values.ts";

const YEAR = 365 * 86_400_000;

test("a clock that jumps ahead is not believed until it has stayed so; set back, it is at once", () => {
  let [wall, elapsed] = [1_000_000, 0];
  const clock = openClock(
    () => wall,
    () => elapsed,
  );
  const pass = (ms: number): void => {
    wall += ms;
    elapsed += ms;
  };
  assert.equal(clock(), 1_000_000);
  wall += 60_000;
  assert.equal(clock(), wall, "what the signer would sign too");
  wall += YEAR;
  assert.equal(clock(), undefined);
  pass(5_000);
  assert.equal(clock(), undefined);
  wall -= YEAR;
  assert.equal(clock(), wall);
  wall += YEAR;
  assert.equal(clock(), undefined);
  pass(CLOCK_SETTLED_MS - 1);
  assert.equal(clock(), undefined, "from the second jump on");
  pass(1);
  assert.equal(clock(), wall);
  wall -= YEAR;
  assert.equal(clock(), wall);
});

onBoth("five seconds of a clock one year ahead: no answers meanwhile, and all is as before", async ({ open }) => {
  let ahead = 0;
  const store = await open({ clock: () => Date.now() + ahead });
  const before = store.replyNonces.next() as bigint;
  ahead = YEAR;
  assert.equal(store.replyNonces.next(), undefined);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.equal(store.replyNonces.next(), undefined);
  ahead = 0;
  let after = store.replyNonces.next();
  for (; after === undefined; after = store.replyNonces.next()) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(after > before && after < before + 600_000_000n);
});

onBoth("a start by a wrong clock is put right by hand, and only where something is wrong", async ({ open, kind }) => {
  const wrong = await open({ clock: () => Date.now() + YEAR });
  assert.notEqual(wrong.replyNonces.next(), undefined);
  await wrong.close();
  const store = await open();
  assert.equal(store.replyNonces.next(), undefined, kind);
  const done = value(await setBack(store, Date.now()));
  assert.ok(done !== undefined && done.from > done.to + 300n * 86_400_000_000n);
  let nonce = store.replyNonces.next();
  for (; nonce === undefined; nonce = store.replyNonces.next()) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(nonce < done.from);
  assert.equal(value(await setBack(store, Date.now())), undefined);
});

onBoth("keys without a swap are forgotten after their time; no clock alone decides it", async ({ open }) => {
  const store = await open();
  for (let at = 1; at <= 4; at += 1) value(await store.nonces.take(numberedKey(at), 5n));
  const days = KEY_KEPT_DAYS + 1;
  await sql`UPDATE users SET updated_at = now() - ${`${days} days`}::interval WHERE node_pub_key <> ${numberedKey(4)}`.execute(
    store.db,
  );
  await store.db
    .insertInto("swaps")
    .values(({ selectFrom }) => ({
      uuid: "00000000-0000-4000-8000-000000000001",
      user_id: selectFrom("users").select("id").where("node_pub_key", "=", numberedKey(1)),
      fund_address: "a",
      lsp_address: "b",
      refund_address: "c",
      status: "waiting_fund_chain",
      privacy: "public",
      pending_chan_id: null,
      expires_at: new Date(0),
    }))
    .execute();
  await store.db.updateTable("swaps").set({ status: "expired" }).execute();
  let now: number | undefined;
  const forgotten: bigint[] = [];
  const run = async ({ text }: { readonly text: string }, [at, seconds]: readonly string[]) => {
    const query = text.replaceAll("$1", `'${at}'`).replaceAll("$2", `'${seconds}'`);
    const { rows } = await sql.raw<Record<string, unknown>>(query).execute(store.db);
    return rows.map((row) => Object.values(row));
  };
  const pruner = openPruner(run, () => now, {
    onForgotten: (keys) => forgotten.push(keys),
    onError: (error) => assert.fail(String(error)),
  });
  assert.equal(await pruner.step(), 0n, "a clock that is not believed");
  now = Date.now() - 20 * 86_400_000;
  assert.equal(await pruner.step(), 0n, "ours is behind the database's");
  now = Date.now() + YEAR;
  await pruner.step();
  await pruner.step();
  pruner.close();
  assert.deepEqual(forgotten, [2n]);
  const known = await Promise.all([1, 2, 3, 4].map((at) => store.knowsKey(numberedKey(at))));
  assert.deepEqual(known.map(value), [true, false, false, true], "with a swap; old; old; young");
  assert.equal(value(await store.nonces.take(numberedKey(2), 5n)), "accepted", "what a replay can do");
});
