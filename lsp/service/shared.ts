/** Answers that many get: one is made when somebody asks, and whoever asks within the time after gets the same. */
export interface Shared<Key, Value> {
  get(key: Key, make: () => Promise<Value>): Promise<Value>;
}

interface Made<Value> {
  readonly value: Promise<Value>;
  readonly atMs: number;
  isDone: boolean;
}

/**
 * Computes at most one value per key per `everyMs`, failures included, so that a signer in trouble is not asked more often
 * than a healthy one. While a value is being computed, no other is begun.
 */
export function openShared<Key, Value>(monotonic: () => number, everyMs: number): Shared<Key, Value> {
  const last = new Map<Key, Made<Value>>();
  return {
    get(key, make) {
      const now = monotonic();
      const known = last.get(key);
      if (known !== undefined && (!known.isDone || now - known.atMs < everyMs)) return known.value;
      const made: Made<Value> = { value: make(), atMs: now, isDone: false };
      const done = (): void => {
        made.isDone = true;
      };
      made.value.then(done, done);
      last.set(key, made);
      return made.value;
    },
  };
}
