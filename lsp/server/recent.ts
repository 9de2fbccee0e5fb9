/** A map that forgets: it holds at least the last `entries` / 2 keys that were used, and never more than `entries`. */
export interface Recent<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  readonly size: number;
}

/**
 * Two generations. The young one takes what is used; when it has half of the entries it becomes the old one, and the old
 * one is dropped whole. Every step is O(1), with no list to keep and no timer.
 */
export function openRecent<V>(entries: number): Recent<V> {
  const half = Math.max(1, Math.floor(entries / 2));
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  const set = (key: string, value: V): void => {
    if (young.size >= half && !young.has(key)) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };
  return {
    get(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const older = old.get(key);
      // Used again, it belongs to the young.
      if (older !== undefined) {
        old.delete(key);
        set(key, older);
      }
      return older;
    },
    set(key, value) {
      old.delete(key);
      set(key, value);
    },
    get size() {
      return young.size + old.size;
    },
  };
}
