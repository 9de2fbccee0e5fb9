import type { BlockWatch, BlockWatcher } from "./blocks.ts";
import type { LndNode } from "./lnd.ts";

/**
 * An lnd whose certificate and macaroon may become others while the LSP runs. A negotiation of a channel ends with the
 * connection that it began on.
 */
export interface RenewableLnd extends LndNode {
  /** Takes the place of the one before for all calls to come; who watches blocks goes on watching. */
  renew(next: LndNode): void;
}

export function renewable(first: LndNode): RenewableLnd {
  let node = first;
  let closed = false;
  const watches = new Map<BlockWatcher, BlockWatch>();
  return {
    info: () => node.info(),
    signMessage: (bytes) => node.signMessage(bytes),
    unlock: (password) => node.unlock(password),
    state: () => node.state(),
    watchBlocks(watcher) {
      watches.set(watcher, node.watchBlocks(watcher));
      return {
        close() {
          watches.get(watcher)?.close();
          watches.delete(watcher);
        },
      };
    },
    wallet: following(() => node.wallet),
    funding: following(() => node.funding),
    renew(next) {
      if (closed) return next.close();
      const old = node;
      node = next;
      for (const [watcher, watch] of watches) {
        watch.close();
        watches.set(watcher, node.watchBlocks(watcher));
      }
      old.close();
    },
    close() {
      closed = true;
      node.close();
    },
  };
}

/** The same calls, each of whichever lnd is the one at that moment. */
function following<T extends object>(now: () => T): T {
  const calls = Object.keys(now()) as (keyof T)[];
  return Object.fromEntries(
    calls.map((name) => [
      name,
      (...args: unknown[]): unknown => (now()[name] as (...args: unknown[]) => unknown)(...args),
    ]),
  ) as T;
}
