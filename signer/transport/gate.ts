import { CLIENT_BYTES_MAX, CLIENT_ITEMS_MAX } from "../limits.ts";

/** How much of one client is between reading and answer, over all its connections. */
export interface ItemGate {
  /** Takes items in. They were read already, so this never refuses: whoever calls looks at `full` before reading on. */
  enter(items: number, bytes: number): void;
  leave(items: number, bytes: number): void;
  full(): boolean;
  /** Calls back, once, when the gate is full no more. */
  whenOpen(callback: () => void): void;
}

export function openItemGate(itemsMax: number = CLIENT_ITEMS_MAX, bytesMax: number = CLIENT_BYTES_MAX): ItemGate {
  let items = 0;
  let bytes = 0;
  const waiting = new Set<() => void>();
  const full = (): boolean => items >= itemsMax || bytes >= bytesMax;
  return {
    enter(moreItems, moreBytes) {
      items += moreItems;
      bytes += moreBytes;
    },
    leave(lessItems, lessBytes) {
      items -= lessItems;
      bytes -= lessBytes;
      if (waiting.size === 0 || full()) return;
      const woken = [...waiting];
      waiting.clear();
      for (const callback of woken) callback();
    },
    full,
    whenOpen: (callback) => void waiting.add(callback),
  };
}
