import { fail, ok, type Result } from "../../ceremony/result.ts";
import { REPLY_NONCE_AHEAD_MS, REPLY_NONCE_RENEW_MS, REPLY_NONCE_WINDOW_MS } from "../limits.ts";
import type { Engine, Statement } from "./engine.ts";
import { type StoreError, storeError } from "./errors.ts";

/**
 * Nonces of replies: microseconds of the clock, each greater than every one before, over restarts and crashes too. A
 * ceiling is kept in the database ahead of what is given; who starts after a crash begins above it.
 */
export interface ReplyNonces {
  /** Undefined: nothing is reserved, since the database is down for too long, or the clock was set back too far. */
  next(): bigint | undefined;
  close(): void;
}

/** A range of which all nonces are this process's own: above `floor`, up to `ceiling`. */
export interface Reservation {
  readonly floor: bigint;
  readonly ceiling: bigint;
}

const READ: Statement = { name: "read-ceiling", text: "SELECT ceiling, owner FROM reply_nonces" };

/** Only if nobody else reserved since the ceiling was read. */
const RESERVE: Statement = {
  name: "reserve-nonces",
  text: `UPDATE reply_nonces SET ceiling = $1::text::numeric, owner = $2, updated_at = now()
    WHERE ceiling = $3::text::numeric AND owner = $4 RETURNING 1`,
};

/** Of reading and reserving: more than that in a row, and processes fight for it. */
const TRIES = 5;

const WINDOW = BigInt(REPLY_NONCE_WINDOW_MS) * 1_000n;
const AHEAD = BigInt(REPLY_NONCE_AHEAD_MS) * 1_000n;

/**
 * What to reserve next. A range of one's own is extended if the ceiling is still its own; above any other ceiling a new
 * range begins. So no two processes ever give the same nonce, and each gives increasing ones.
 *
 * @param now microseconds
 * @param ceiling what the database has
 * @param own the range that this process reserved up to just there
 */
export function extend(now: bigint, ceiling: bigint, own: Reservation | undefined): Reservation {
  if (own !== undefined) return { floor: own.floor, ceiling: max(ceiling, now + WINDOW) };
  const floor = max(now, ceiling);
  return { floor, ceiling: floor + WINDOW };
}

export interface ReplyOptions {
  readonly run: Engine["run"];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** By which this process knows its own reservation again; random. */
  readonly owner: string;
  readonly onError: (error: StoreError) => void;
}

/** Reserves before it returns, and from then on ahead of time. */
export async function openReplies(options: ReplyOptions): Promise<Result<ReplyNonces, StoreError>> {
  const replies = new Replies(options);
  const first = await replies.renew();
  if (!first.ok) {
    replies.close();
    return first;
  }
  return ok(replies);
}

/** A class: the timer, the database's answers and those who ask share the reservation. */
class Replies implements ReplyNonces {
  readonly #options: ReplyOptions;
  readonly #timer: NodeJS.Timeout;
  #own: Reservation | undefined;
  /** Asked for, and no answer: the database may have it. */
  #asked: Reservation | undefined;
  #last = 0n;
  #renewing = false;
  #closed = false;

  constructor(options: ReplyOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#tick(), REPLY_NONCE_RENEW_MS);
    this.#timer.unref();
  }

  next(): bigint | undefined {
    const now = this.#now();
    const nonce = max(now, this.#last + 1n);
    if (this.#own === undefined || nonce > this.#own.ceiling) {
      // The timer may be late, or the process was stopped for a while: who asks next finds it done.
      void this.#tick();
      return undefined;
    }
    if (nonce > now + AHEAD) return undefined;
    this.#last = nonce;
    return nonce;
  }

  close(): void {
    this.#closed = true;
    this.#own = undefined;
    clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    if (this.#renewing || this.#closed) return;
    this.#renewing = true;
    const result = await this.renew();
    this.#renewing = false;
    if (!result.ok && !this.#closed) this.#options.onError(result.error);
  }

  async renew(): Promise<Result<undefined, StoreError>> {
    const { run, owner } = this.#options;
    try {
      for (let i = 0; i < TRIES; i += 1) {
        const [[ceiling, holder] = []] = await run(READ, []);
        if (typeof ceiling !== "bigint" || typeof holder !== "string")
          return fail({ code: "store_failed", detail: "no row of reply nonces" });
        const mine = holder === owner ? [this.#own, this.#asked].find((one) => one?.ceiling === ceiling) : undefined;
        const next = extend(this.#now(), ceiling, mine);
        this.#asked = next;
        const done = await run(RESERVE, [String(next.ceiling), owner, String(ceiling), holder]);
        if (done.length === 1) {
          this.#adopt(next);
          return ok(undefined);
        }
      }
      return fail({ code: "store_busy", detail: "other processes reserve reply nonces" });
    } catch (error) {
      return fail(storeError(error) ?? { code: "store_failed", detail: String(error) });
    }
  }

  #adopt(reservation: Reservation): void {
    if (this.#closed) return;
    this.#own = reservation;
    this.#last = max(this.#last, reservation.floor);
  }

  #now(): bigint {
    return BigInt(Math.floor(this.#options.clock() * 1_000));
  }
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
