import { fail, ok, type Result } from "../../core/result.ts";
import { REPLY_NONCE_AHEAD_MS, REPLY_NONCE_RENEW_MS, REPLY_NONCE_TRIES, REPLY_NONCE_WINDOW_MS } from "../limits.ts";
import { type BelievedClock, openClock } from "./clock.ts";
import type { DatabaseRows, Engine, Statement } from "./engine.ts";
import { type StoreError, storeError } from "./errors.ts";

/**
 * Nonces of replies: microseconds of the clock, each greater than every one before, over restarts and crashes too. A
 * ceiling is kept in the database ahead of what is given; who starts after a crash begins above it.
 */
export interface ReplyNonces {
  /** Undefined: nothing is reserved, since the database is down for too long, or the clock was set back too far. */
  next(): bigint | undefined;
  /** Gives back what was not given, so that the next start does not jump over it. */
  close(): Promise<void>;
}

/** A range of which all nonces are this process's own: above `floor`, up to `ceiling`. */
interface Reservation {
  readonly floor: bigint;
  readonly ceiling: bigint;
}

/** What the database has. */
interface Row {
  readonly ceiling: bigint;
  readonly owner: string;
}

const READ: Statement = { name: "read-ceiling", text: "SELECT ceiling, owner FROM reply_nonces" };

/** Only if nobody reserved since the row was read. */
const RESERVE: Statement = {
  name: "reserve-nonces",
  text: `UPDATE reply_nonces SET ceiling = $1::text::numeric, owner = $2, updated_at = now()
    WHERE ceiling = $3::text::numeric AND owner = $4 RETURNING 1`,
};

const micro = (ms: number): bigint => BigInt(Math.floor(ms * 1_000));
const WINDOW = micro(REPLY_NONCE_WINDOW_MS);
const AHEAD = micro(REPLY_NONCE_AHEAD_MS);
/** Renew only when less than this is left: half an interval of slack for late timers. Renewing earlier would make two
 * processes push the ceiling ever further ahead. */
const ENOUGH = WINDOW - micro(REPLY_NONCE_RENEW_MS / 2);

/**
 * What to reserve next. A range of one's own is extended if the ceiling is still its own; above any other ceiling a new
 * range begins. So no two processes ever give the same nonce, and each gives increasing ones.
 *
 * @param now microseconds
 * @param ceiling what the database has
 * @param own the range that this process reserved up to just there
 * @returns undefined if it would begin too far ahead of the clock
 */
function extend(now: bigint, ceiling: bigint, own: Reservation | undefined): Reservation | undefined {
  if (own !== undefined) return { floor: own.floor, ceiling: max(ceiling, now + WINDOW) };
  const floor = max(now, ceiling);
  return floor > now + AHEAD ? undefined : { floor, ceiling: floor + WINDOW };
}

export interface ReplyOptions {
  readonly run: Engine["run"];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Milliseconds that never jump; without it every clock is believed. */
  readonly monotonic?: () => number;
  /** Random text by which this process recognises its own reservation. */
  readonly owner: string;
  readonly onError: (error: StoreError) => void;
}

/** Reserves before it returns, and from then on ahead of time. A clock that was set back is no error: it catches up. */
export async function openReplyNonces(options: ReplyOptions): Promise<Result<ReplyNonces, StoreError>> {
  const replies = new Replies(options);
  const first = await replies.renew();
  if (!first.ok && first.error.code !== "store_clock") return first;
  if (!first.ok) options.onError(first.error);
  replies.start();
  return ok(replies);
}

/** A class: the timer, the database's answers and those who ask share the reservation. */
class Replies implements ReplyNonces {
  readonly #options: ReplyOptions;
  readonly #clock: BelievedClock;
  #timer: NodeJS.Timeout | undefined;
  #own: Reservation | undefined;
  /** A reservation whose commit is unknown: the database may have it or not. */
  #asked: Reservation | undefined;
  #last = 0n;
  #renewing: Promise<void> | undefined;
  #closed = false;

  constructor(options: ReplyOptions) {
    this.#options = options;
    this.#clock = openClock(options.clock, options.monotonic);
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), REPLY_NONCE_RENEW_MS);
    this.#timer.unref();
  }

  next(): bigint | undefined {
    if (this.#closed) return undefined;
    const believed = this.#clock();
    if (believed === undefined) return undefined;
    const now = micro(believed);
    const nonce = max(now, this.#last + 1n);
    if (this.#own === undefined || nonce > this.#own.ceiling) {
      // The timer may be late, or the process was stopped for a while: who asks next finds it done.
      this.#tick();
      return undefined;
    }
    if (nonce > now + AHEAD) return undefined;
    this.#last = nonce;
    return nonce;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#renewing;
    const { run, owner } = this.#options;
    const own = this.#own;
    if (own === undefined) return;
    // Only if nobody reserved since; that it fails costs the next start a jump, no more.
    await run(RESERVE, [String(this.#last), owner, String(own.ceiling), owner]).catch(() => undefined);
  }

  #tick(): void {
    if (this.#renewing !== undefined || this.#closed) return;
    this.#renewing = this.renew().then((result) => {
      this.#renewing = undefined;
      if (!result.ok) this.#options.onError(result.error);
    });
  }

  async renew(): Promise<Result<undefined, StoreError>> {
    const { run, owner } = this.#options;
    try {
      for (let i = 0; i < REPLY_NONCE_TRIES; i += 1) {
        const believed = this.#clock();
        if (believed === undefined) return fail({ code: "store_clock", detail: "it has jumped ahead" });
        const now = micro(believed);
        if (this.#last > now + AHEAD) return behind(this.#last - now);
        if (this.#own !== undefined && this.#own.ceiling >= now + ENOUGH) return ok(undefined);
        const row = rowOf(await run(READ, []));
        const mine =
          row.owner === owner ? [this.#own, this.#asked].find((one) => one?.ceiling === row.ceiling) : undefined;
        const next = extend(now, row.ceiling, mine);
        if (next === undefined) return behind(row.ceiling - now);
        this.#asked = next;
        const done = await run(RESERVE, [String(next.ceiling), owner, String(row.ceiling), row.owner]);
        if (done.length === 1) {
          this.#own = next;
          this.#last = max(this.#last, next.floor);
          return ok(undefined);
        }
      }
      return fail({ code: "store_busy", detail: "other processes reserve reply nonces" });
    } catch (error) {
      return fail(storeError(error) ?? { code: "store_failed", detail: String(error) });
    }
  }
}

/** @throws if somebody removed the row: a table that every migration leaves with one */
function rowOf(rows: DatabaseRows): Row {
  const [ceiling, owner] = rows[0] ?? [];
  if (typeof ceiling !== "bigint" || typeof owner !== "string") throw new TypeError("no row of reply nonces");
  return { ceiling, owner };
}

function behind(by: bigint): Result<never, StoreError> {
  return fail({ code: "store_clock", detail: `${by / 1_000n} ms` });
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
