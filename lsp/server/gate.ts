import { networkOf } from "./address.ts";

/** Counts connections, in all and by network. */
export interface Gate {
  /** Takes a place; the reason where there is none. */
  enter(address: string): "connections" | "address" | undefined;
  /** Gives the place back. */
  leave(address: string): void;
  readonly size: number;
}

export function openGate(limits: { readonly connections: number; readonly addressConnections: number }): Gate {
  const byNetwork = new Map<string, number>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    enter(address) {
      if (size >= limits.connections) return "connections";
      const network = networkOf(address);
      const count = byNetwork.get(network) ?? 0;
      if (count >= limits.addressConnections) return "address";
      byNetwork.set(network, count + 1);
      size += 1;
      return undefined;
    },
    leave(address) {
      const network = networkOf(address);
      const count = byNetwork.get(network) ?? 0;
      if (count > 1) byNetwork.set(network, count - 1);
      else byNetwork.delete(network);
      size -= 1;
    },
  };
}
