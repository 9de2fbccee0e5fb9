import type { BlockWatch, BlockWatcher } from "./blocks.ts";
import type { LndNode } from "./lnd.ts";

/** An lnd whose certificate and macaroon may become others while the LSP runs. */
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
