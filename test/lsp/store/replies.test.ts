import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { REPLY_NONCE_AHEAD_MS, REPLY_NONCE_WINDOW_MS } from "../../../lsp/limits.ts";
import type { Engine } from "../../../lsp/store/engine.ts";
import { openReplyNonces, type ReplyNonces } from "../../../lsp/store/replies.ts";
import { eventually } from "../../tools/wait.ts";
import { onBoth, onPostgres } from "./kinds.ts";
import { value } from "./values.ts";

const WINDOW = BigInt(REPLY_NONCE_WINDOW_MS) * 1_000n;
const START = 1_700_000_000_000;

/** The row of `reply_nonces`, with the statements that go to it; `fault` says what becomes of the next one. */
class Row {
  ceiling = 0n;
  owner = "";
  fault: "none" | "refused" | "lost answer" = "none";

  readonly run: Engine["run"] = async ({ name }, [ceiling = "", owner = "", before = "", holder = ""]) => {
    await null;
    if (name === "read-ceiling") return [[this.ceiling, this.owner]];
    const { fault } = this;
    this.fault = "none";
    if (fault === "refused") throw down();
    if (this.ceiling !== BigInt(before) || this.owner !== holder) return [];
    [this.ceiling, this.owner] = [BigInt(ceiling), owner];
    if (fault === "lost answer") throw down();
    return [[1]];
  };
}

function down(): Error {
  return Object.assign(new Error("reset"), { code: "ECONNRESET" });
}

interface Rig {
  readonly row: Row;
  readonly troubles: string[];
  /** Milliseconds. */
  now: number;
  open(owner: string): Promise<ReplyNonces>;
}

function rig(): Rig {
  const troubles: string[] = [];
  const row = new Row();
  const made: Rig = {
    row,
    troubles,
    now: START,
    open: async (owner) =>
      value(
        await openReplyNonces({
          run: row.run,
          clock: () => made.now,
          owner,
          onError: ({ code }) => troubles.push(code),
        }),
      ),
  };
  return made;
}

/** Lets a renewal that `next` began come to its end. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await null;
}

test("a nonce is the clock's microsecond, or one more than the last", async () => {
  const { open, ...rest } = rig();
  const replies = await open("a");
  const first = replies.next();
  assert.equal(first, BigInt(rest.now) * 1_000n + 1n);
  assert.equal(replies.next(), first + 1n);
  await replies.close();
});

test("never above the ceiling that the database has", async () => {
  const at = rig();
  const replies = await at.open("a");
  at.now += REPLY_NONCE_WINDOW_MS;
  const last = replies.next();
  assert.ok(last !== undefined && last <= at.row.ceiling);
  at.row.fault = "refused";
  at.now += 1;
  assert.equal(replies.next(), undefined, "nothing reserved");
  await settled();
  assert.deepEqual(at.troubles, ["store_unavailable"]);
  assert.equal(replies.next(), undefined, "and this one made it reserve again");
  await settled();
  assert.equal(replies.next(), BigInt(at.now) * 1_000n);
  await replies.close();
});

test("after a crash it begins above the old ceiling; after a stop, above the last that was given", async () => {
  const at = rig();
  const crashed = await at.open("a");
  crashed.next();
  const ceiling = at.row.ceiling;
  const second = await at.open("b");
  const nonce = second.next() as bigint;
  assert.ok(nonce > ceiling);
  await second.close();
  assert.equal(at.row.ceiling, nonce);
  const third = await at.open("c");
  assert.equal(third.next(), nonce + 1n);
  await third.close();
});

test("a clock set back: the same order for a while; too far back, none until it has caught up", async () => {
  const at = rig();
  const before = await at.open("a");
  const last = before.next() as bigint;
  at.now -= REPLY_NONCE_AHEAD_MS / 2;
  assert.equal(before.next(), last + 1n);
  at.now -= REPLY_NONCE_AHEAD_MS;
  assert.equal(before.next(), undefined);
  const after = await at.open("b");
  assert.equal(after.next(), undefined);
  await settled();
  assert.deepEqual(new Set(at.troubles), new Set(["store_clock"]));
  at.now = START + REPLY_NONCE_WINDOW_MS;
  assert.equal(after.next(), undefined);
  await settled();
  assert.ok((after.next() as bigint) > last + 1n);
  await before.close();
  await after.close();
});

test("an answer that was lost is no other process: the range is its own", async () => {
  const at = rig();
  const replies = await at.open("a");
  for (let i = 0; i < 10; i += 1) {
    at.row.fault = "lost answer";
    at.now += REPLY_NONCE_WINDOW_MS + 1;
    assert.equal(replies.next(), undefined);
    await settled();
    replies.next();
    await settled();
    assert.equal(at.row.ceiling, BigInt(at.now) * 1_000n + WINDOW, "no further ahead than any other time");
  }
  await replies.close();
});

test("any processes, clocks and faults: no nonce twice, each process's increase, none far ahead", async () => {
  const step = fc.record({
    process: fc.integer({ min: 0, max: 2 }),
    act: fc.constantFrom("next", "next", "next", "next", "restart", "crash"),
    fault: fc.constantFrom("none" as const, "none" as const, "refused" as const, "lost answer" as const),
    // Few values, so that processes meet at the same microsecond.
    ms: fc.constantFrom(0, 0, 0, 1, 500, 1_000, 3_000, 6_000, -500),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: "max" }), async (steps) => {
      const at = rig();
      const given: bigint[] = [];
      const processes: (ReplyNonces | undefined)[] = [];
      const lasts: bigint[] = [];
      let owners = 0;
      for (const { process, act, fault, ms } of steps) {
        at.now += ms;
        at.row.fault = processes[process] === undefined ? "none" : fault;
        if (act === "restart") await processes[process]?.close();
        if (act !== "next" || processes[process] === undefined) {
          at.row.fault = "none";
          owners += 1;
          processes[process] = await at.open(`owner ${owners}`);
          lasts[process] = 0n;
        }
        const nonce = processes[process]?.next();
        await settled();
        if (nonce === undefined) continue;
        assert.ok(nonce > (lasts[process] as bigint));
        assert.ok(nonce <= at.row.ceiling);
        assert.ok(nonce <= BigInt(at.now + REPLY_NONCE_AHEAD_MS) * 1_000n);
        lasts[process] = nonce;
        given.push(nonce);
      }
      assert.equal(new Set(given).size, given.length);
    }),
    { numRuns: 500 },
  );
});

onBoth("a store that was closed and opened again goes on upwards", async ({ open }) => {
  const given: (bigint | undefined)[] = [];
  for (let i = 0; i < 3; i += 1) {
    const store = await open();
    given.push(store.replyNonces.next(), store.replyNonces.next());
    await store.close();
  }
  for (const [i, nonce] of given.entries()) {
    const before = given[i - 1] ?? 0n;
    assert.ok(nonce !== undefined && nonce > before, given.join());
  }
});

onPostgres("two stores on one database for longer than a reservation: no nonce twice", async ({ open }) => {
  const stores = await Promise.all([open(), open()]);
  const given: bigint[] = [];
  const lasts = [0n, 0n];
  const end = BigInt(Math.ceil(Date.now() + 1.5 * REPLY_NONCE_WINDOW_MS)) * 1_000n;
  const take = (): boolean => {
    for (const [i, store] of stores.entries()) {
      const nonce = store.replyNonces.next();
      if (nonce !== undefined) {
        assert.ok(nonce > (lasts[i] as bigint));
        lasts[i] = nonce;
        given.push(nonce);
      }
    }
    return lasts.every((last) => last > end);
  };
  await eventually("nonces of both from beyond their first reservations", take, { pauseMs: 5 });
  assert.equal(new Set(given).size, given.length);
});
