import { CompiledQuery, sql, type Transaction } from "kysely";
import { fail, ok, type Result } from "../../core/result.ts";
import { NONCE_COMPANY, NONCE_KEYS_MAX, NONCES_WAITING_MAX } from "../limits.ts";
import type { Engine, Statement } from "./engine.ts";
import { type StoreError, storeError } from "./errors.ts";
import type { Database } from "./schema.ts";

export type NonceVerdict = "accepted" | "stale";

export interface NonceGate {
  /**
   * Takes a nonce if it is greater than every one that this key has used. When this says `accepted`, that is on disk.
   * All calls of one turn of the event loop go in one statement, and are decided in the order in which they came. Never
   * rejects.
   *
   * @param key 33 bytes, and `nonce` unsigned 64-bit; the wire allows nothing else
   * @throws RangeError if they are not
   */
  take(key: Uint8Array, nonce: bigint): Promise<Result<NonceVerdict, StoreError>>;
}

/**
 * One row per key, in the order of the keys: the same key twice is an error of Postgres, and two statements that lock
 * rows in different orders deadlock.
 *
 * A row comes back only if its nonce was greater, together with the nonce before, by which a key's smaller nonces of the
 * same turn are judged. A column has to hold that: what a subquery reads is the row as it was when the statement began,
 * which another process may have changed by the time that this one has the lock.
 */
const TAKE: Statement = {
  name: "take-nonces",
  text: `INSERT INTO users AS u (node_pub_key, latest_nonce, previous_nonce)
    SELECT key, nonce, 0 FROM unnest($1::text::bytea[], $2::text::numeric[]) AS offered (key, nonce) ORDER BY key
    ON CONFLICT (node_pub_key) DO UPDATE
      SET previous_nonce = u.latest_nonce, latest_nonce = excluded.latest_nonce, updated_at = now()
      WHERE u.latest_nonce < excluded.latest_nonce
    RETURNING encode(u.node_pub_key, 'hex') AS key, u.previous_nonce AS previous`,
};

const UINT64_MAX = 2n ** 64n - 1n;
const KEY_BYTES = 33;

interface Waiting {
  readonly key: string;
  readonly nonce: bigint;
  readonly resolve: (result: Result<NonceVerdict, StoreError>) => void;
}

/** Told of each statement: its keys, its milliseconds, and its error if it failed. */
export type OnStatement = (keys: number, ms: number, error: StoreError | undefined) => void;

/**
 * Takes a nonce inside the transaction of an effect: it is used up if, and only if, the effect is committed. Locks the
 * key's row until then, so it comes first in a transaction, and a transaction takes one only.
 *
 * @throws what the driver throws, for `Store.transaction` to judge; RangeError as `NonceGate.take`
 */
export async function takeNonce(trx: Transaction<Database>, key: Uint8Array, nonce: bigint): Promise<NonceVerdict> {
  check(key, nonce);
  if (nonce === 0n) return "stale";
  const values = literals(new Map([[hex(key), nonce]]));
  const { rows } = await trx.executeQuery(CompiledQuery.raw(TAKE.text, values));
  return rows.length === 1 ? "accepted" : "stale";
}

/**
 * A nonce with what it is for: both are committed, or neither. What `work` has written is taken back where it is not a
 * success; the nonce stays used all the same.
 *
 * @throws as `takeNonce`, and what `work` throws
 */
export async function takeNonceWith<Done extends { readonly outcome: string }>(
  trx: Transaction<Database>,
  key: Uint8Array,
  nonce: bigint,
  work: (trx: Transaction<Database>) => Promise<Done>,
): Promise<Done | "stale"> {
  if ((await takeNonce(trx, key, nonce)) === "stale") return "stale";
  await sql`SAVEPOINT work`.execute(trx);
  const done = await work(trx);
  if (done.outcome !== "success") await sql`ROLLBACK TO SAVEPOINT work`.execute(trx);
  return done;
}

export function openNonces(run: Engine["run"], onStatement: OnStatement): NonceGate & { close(): Promise<void> } {
  return new Gate(run, onStatement);
}

/** A class: callers, the turn's end and the database's answer share the queue. */
class Gate implements NonceGate {
  readonly #run: Engine["run"];
  readonly #onStatement: OnStatement;
  #queue: Waiting[] = [];
  #scheduled = false;
  #closed = false;
  /**
   * The statement under way. One at a time: what comes meanwhile shares the next one and its flush, and is decided after
   * it. Measured, 64 calls: one statement of 64 keys 70-80k a second, two of 32 beside each other 40-60k.
   */
  #running: Promise<void> | undefined;
  /** Size of the last batch; decides whether the next one waits for more. */
  #lastKeys = 0;
  #company: NodeJS.Timeout | undefined;

  constructor(run: Engine["run"], onStatement: OnStatement) {
    this.#run = run;
    this.#onStatement = onStatement;
  }

  take(key: Uint8Array, nonce: bigint): Promise<Result<NonceVerdict, StoreError>> {
    check(key, nonce);
    if (this.#closed) return Promise.resolve(fail({ code: "store_closed", detail: "" }));
    // Greater than nothing: the original refuses it also from a key that it has never seen.
    if (nonce === 0n) return Promise.resolve(ok("stale"));
    if (this.#queue.length >= NONCES_WAITING_MAX)
      return Promise.resolve(fail({ code: "store_busy", detail: "too many nonces wait" }));
    return new Promise((resolve) => {
      this.#queue.push({ key: hex(key), nonce, resolve });
      this.#schedule();
    });
  }

  /** What waits is still decided. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#queue.length > 0 || this.#running !== undefined) {
      this.#send();
      await this.#running;
    }
  }

  /**
   * After all that this turn has read from the network; in a crowd when enough have come, or a little later. A statement of
   * 30 keys costs little more than one of 5, and what answers them comes in larger pieces too: through the whole service,
   * 64 in flight, 3 and 6 % more calls a second and 11 and 17 of 270 us of CPU less for each (two runs of ten alternating
   * rounds). Who is alone waits for nobody.
   */
  #schedule(): void {
    if (this.#running !== undefined || this.#queue.length === 0) return;
    const waits = this.#lastKeys >= NONCE_COMPANY.crowd && this.#queue.length < NONCE_COMPANY.keys;
    if (waits) {
      this.#company ??= setTimeout(() => this.#send(), NONCE_COMPANY.ms);
      return;
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#running !== undefined || this.#queue.length === 0) return;
    clearTimeout(this.#company);
    this.#company = undefined;
    const batch = this.#cut();
    this.#lastKeys = batch.size;
    this.#running = this.#decide(batch).finally(() => {
      this.#running = undefined;
      this.#schedule();
    });
  }

  /** The calls of the next statement by key, each in the order in which they came. */
  #cut(): Map<string, Waiting[]> {
    const batch = new Map<string, Waiting[]>();
    let at = 0;
    for (; at < this.#queue.length; at += 1) {
      const waiting = this.#queue[at] as Waiting;
      const same = batch.get(waiting.key);
      if (same === undefined && batch.size === NONCE_KEYS_MAX) break;
      if (same === undefined) batch.set(waiting.key, [waiting]);
      else same.push(waiting);
    }
    this.#queue = at === this.#queue.length ? [] : this.#queue.slice(at);
    return batch;
  }

  async #decide(batch: Map<string, Waiting[]>): Promise<void> {
    const start = performance.now();
    const highest = new Map<string, bigint>();
    for (const [key, calls] of batch)
      highest.set(
        key,
        calls.reduce((most, { nonce }) => max(most, nonce), 0n),
      );
    let before: Map<unknown, unknown>;
    try {
      const rows = await this.#run(TAKE, literals(highest));
      before = new Map(rows.map(([key, previous]) => [key, previous]));
    } catch (error) {
      const known = storeError(error) ?? { code: "store_failed", detail: String(error) };
      for (const { resolve } of [...batch.values()].flat()) resolve(fail(known));
      this.#onStatement(batch.size, performance.now() - start, known);
      return;
    }
    const ms = performance.now() - start;
    for (const [key, calls] of batch) {
      // Without a row even the highest was not greater.
      let latest = (before.get(key) as bigint | undefined) ?? UINT64_MAX;
      for (const { nonce, resolve } of calls) {
        resolve(ok(nonce > latest ? "accepted" : "stale"));
        latest = max(latest, nonce);
      }
    }
    this.#onStatement(batch.size, ms, undefined);
  }
}

/** The two parameters of `TAKE`, as Postgres writes arrays: both drivers pass text as it is. */
function literals(nonces: ReadonlyMap<string, bigint>): [string, string] {
  const keys = [...nonces.keys()].map((key) => `"\\\\x${key}"`);
  return [`{${keys.join()}}`, `{${[...nonces.values()].join()}}`];
}

function check(key: Uint8Array, nonce: bigint): void {
  if (key.length !== KEY_BYTES) throw new RangeError("a key has 33 bytes");
  if (nonce < 0n || nonce > UINT64_MAX) throw new RangeError("a nonce is an unsigned 64-bit number");
}

function hex(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString("hex");
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
