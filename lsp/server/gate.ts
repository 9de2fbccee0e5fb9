export interface GateLimits<Holder> {
  /** For all networks together. */
  readonly places: number;
  /** For one network: an IPv4 address or an IPv6 /64. */
  readonly share: number;
  /** Asks who holds a place to give it up: true if it does, at once. */
  readonly yields: (holder: Holder) => boolean;
}

/** Places that all networks share, each with no more than its share. */
export interface PlaceGate<Holder> {
  /**
   * Takes a place. Where all are taken, the network that has most of them gives up its oldest to one that has fewer: who
   * holds many cannot keep out who holds few.
   *
   * @param network as `networkOf` returns it
   * @returns the reason where there is none
   */
  enter(network: string, holder: Holder): "places" | "share" | undefined;
  /** Gives the place back, if it has one. */
  leave(network: string, holder: Holder): void;
  readonly size: number;
}

export function openPlaceGate<Holder>({ places, share, yields }: GateLimits<Holder>): PlaceGate<Holder> {
  /** Holders in the order in which they came. */
  const byNetwork = new Map<string, Set<Holder>>();
  let size = 0;
  const remove = (network: string, holders: Set<Holder>, holder: Holder): void => {
    if (!holders.delete(holder)) return;
    size -= 1;
    if (holders.size === 0) byNetwork.delete(network);
  };
  /** One place of the network with the most, if that has more than it would leave to who asks. */
  const takeFromLargest = (asking: number): boolean => {
    let [network, holders] = ["", new Set<Holder>()];
    for (const each of byNetwork) if (each[1].size > holders.size) [network, holders] = each;
    if (holders.size <= asking + 1) return false;
    for (const holder of holders) {
      if (!yields(holder)) continue;
      remove(network, holders, holder);
      return true;
    }
    return false;
  };
  return {
    get size() {
      return size;
    },
    enter(network, holder) {
      const count = byNetwork.get(network)?.size ?? 0;
      if (count >= share) return "share";
      if (size >= places && !takeFromLargest(count)) return "places";
      const holders = byNetwork.get(network) ?? new Set();
      byNetwork.set(network, holders.add(holder));
      size += 1;
      return undefined;
    },
    leave(network, holder) {
      const holders = byNetwork.get(network);
      if (holders !== undefined) remove(network, holders, holder);
    },
  };
}
