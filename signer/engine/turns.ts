/**
 * Work of several clients on one thread, by turns: each client with something waiting gives one slice, then the next one.
 * A slice ends at a number of items or at a time, whichever comes first, and then the event loop gets to read what others
 * ask. So a client with a thousand frames, each as slow as can be made, is in nobody's way for longer than the slices
 * that are under way.
 */
export interface JudgeTurns {
  /** Queues a job behind those of the same client, and begins at once where nothing is in the way. */
  add(client: string, job: TurnJob): void;
  /** So many items are finished: there is room for others. */
  done(items: number): void;
}

export interface TurnJob {
  /** Items that are left. */
  left(): number;
  /** Starts up to `max` items, fewer when `isOver` says so between two of them; returns how many. At least one. */
  start(max: number, isOver: () => boolean): number;
}

export interface TurnsLimits {
  /** Items of one slice, and of all that are under way. */
  readonly sliceItems: number;
  readonly underWayItems: number;
  /** Milliseconds on this thread before the event loop gets its turn. */
  readonly sliceMs: number;
  /** Milliseconds that only rise. */
  readonly monotonic: () => number;
  /** Calls back when the event loop has taken in what is there. */
  readonly later: (callback: () => void) => void;
}

export function openJudgeTurns({ sliceItems, underWayItems, sliceMs, monotonic, later }: TurnsLimits): JudgeTurns {
  /** In the order of their turns: a Map keeps it. */
  const waiting = new Map<string, TurnJob[]>();
  let underWay = 0;
  let resting = false;

  const turn = (isOver: () => boolean): void => {
    const [client, jobs] = waiting.entries().next().value as [string, [TurnJob, ...TurnJob[]]];
    const [job] = jobs;
    underWay += job.start(Math.min(sliceItems, job.left()), isOver);
    if (job.left() === 0) jobs.shift();
    // Behind all others, if there is more.
    waiting.delete(client);
    if (jobs.length > 0) waiting.set(client, jobs);
  };

  const run = (): void => {
    if (resting) return;
    const end = monotonic() + sliceMs;
    const isOver = (): boolean => monotonic() >= end;
    while (waiting.size > 0 && underWay < underWayItems) {
      turn(isOver);
      if (waiting.size === 0 || !isOver()) continue;
      resting = true;
      later(() => {
        resting = false;
        run();
      });
      return;
    }
  };

  return {
    add(client, job) {
      const jobs = waiting.get(client);
      if (jobs === undefined) waiting.set(client, [job]);
      else jobs.push(job);
      run();
    },
    done(items) {
      underWay -= items;
      run();
    },
  };
}
