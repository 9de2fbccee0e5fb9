import { KEY_KEPT_DAYS, PRUNE_AFTER_MS, PRUNE_EVERY_MS, PRUNE_ROWS } from "../limits.ts";
import type { BelievedClock } from "./clock.ts";
import type { DatabaseRows, Engine, Statement } from "./engine.ts";

/**
 * Forgets keys of one slice of the table. A key that has a swap stays for ever. What somebody holds a lock on is passed
 * over: a nonce of it is being taken, and two statements that wait for each other would be a deadlock. The earlier of two
 * clocks counts, the database's and ours.
 */
const PRUNE: Statement = {
  name: "prune-keys",
  text: `WITH slice AS (SELECT id FROM users WHERE id > $1::text::bigint ORDER BY id LIMIT ${PRUNE_ROWS}),
    old AS (
      SELECT u.id FROM users u
      WHERE u.id > $1::text::bigint AND u.id <= (SELECT max(id) FROM slice)
        AND u.updated_at < least(now(), to_timestamp($2::text::double precision)) - interval '${KEY_KEPT_DAYS} days'
        AND NOT EXISTS (SELECT 1 FROM swaps WHERE user_id = u.id)
      FOR UPDATE OF u SKIP LOCKED
    ),
    gone AS (DELETE FROM users WHERE id IN (SELECT id FROM old) RETURNING 1)
    SELECT (SELECT max(id) FROM slice), (SELECT count(*) FROM gone)`,
};

/** Forgets keys slice by slice, from the first again after the last. */
export interface Pruner {
  /** One slice; how many keys it forgot. Rejects with the errors of the driver. */
  step(): Promise<bigint>;
  close(): void;
}

/**
 * @param onForgotten told of each slice that had any
 * @param onError told of what the driver said; the slice is tried again
 */
export function openPruner(
  run: Engine["run"],
  clock: BelievedClock,
  { onForgotten, onError }: { onForgotten: (keys: bigint) => void; onError: (error: unknown) => void },
): Pruner {
  let at = 0n;
  const step = async (): Promise<bigint> => {
    const now = clock();
    if (now === undefined) return 0n;
    const [end, gone] = resultOf(await run(PRUNE, [String(at), String(now / 1_000)]));
    at = end ?? 0n;
    if (gone > 0n) onForgotten(gone);
    return gone;
  };
  const opened = performance.now();
  const timer = setInterval(() => {
    // By then a clock that was wrong at the start is right, or is what everybody goes by.
    if (performance.now() - opened >= PRUNE_AFTER_MS) step().catch(onError);
  }, PRUNE_EVERY_MS);
  timer.unref();
  return { step, close: () => clearInterval(timer) };
}

/** Where the slice ended, undefined after the last, and how many keys went. */
function resultOf(rows: DatabaseRows): readonly [bigint | undefined, bigint] {
  const [end, gone] = rows[0] ?? [];
  return [typeof end === "bigint" ? end : undefined, typeof gone === "bigint" ? gone : 0n];
}
