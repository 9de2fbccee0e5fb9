import { fail, type Result } from "../../core/result.ts";
import { LSP_CLIENT_WAITING_MAX } from "../limits.ts";
import { type ClientError, fault } from "./fault.ts";

/** Node fires a longer timer at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Work of one call: `deadline` is on the scale of `performance.now()`, and `signal` aborts there or at `close`. */
export type ClientTurn<T> = (deadline: number, signal: AbortSignal) => Promise<Result<T, ClientError>>;

export interface ClientTurns {
  take<T>(work: ClientTurn<T>): Promise<Result<T, ClientError>>;
  /** Ends what is under way and what waits with `client_closed`. */
  close(): void;
}

/**
 * One call after the other, in the order of asking: nonces have to arrive in order, and requests of one key that are
 * under way together overtake each other (with 64 of them, 5 to 18 in 100 were refused).
 *
 * @param deadlineMs of each call, waiting included. All have the same, so nobody waits behind a later deadline.
 */
export function openClientTurns(deadlineMs: number): ClientTurns {
  let isClosed = false;
  let current: AbortController | undefined;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  const inTime = async <T>(work: ClientTurn<T>, deadline: number): Promise<Result<T, ClientError>> => {
    const left = deadline - performance.now();
    if (isClosed || left <= 0)
      return fail(fault("client_not_done", "the deadline passed while earlier calls were made"));
    const abort = new AbortController();
    current = abort;
    const timer = setTimeout(() => abort.abort(), Math.min(left, TIMER_MS_MAX));
    try {
      return await work(deadline, abort.signal);
    } finally {
      clearTimeout(timer);
      current = undefined;
    }
  };

  return {
    async take(work) {
      if (waiting >= LSP_CLIENT_WAITING_MAX) return fail(fault("client_busy"));
      const deadline = performance.now() + deadlineMs;
      waiting += 1;
      const turn = last.then(() => inTime(work, deadline));
      last = turn.catch(() => undefined);
      try {
        const result = await turn;
        return result.ok || !isClosed ? result : fail(fault("client_closed"));
      } finally {
        waiting -= 1;
      }
    },
    close() {
      isClosed = true;
      current?.abort();
    },
  };
}
