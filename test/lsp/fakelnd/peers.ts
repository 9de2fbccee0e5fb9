/** What a peer of the fake is like: an lnd of the default settings, where nothing else is said. */
export interface PeerSettings {
  readonly online: boolean;
  /** Numbers of feature bits; 23: anchors, 19: wumbo (BOLT 9, optional ones). */
  readonly features: readonly number[];
  readonly rejectPush: boolean;
  /** Satoshis. */
  readonly minChannel: bigint;
  readonly maxChannel: bigint;
  /** Negotiations and pending channels of ours at once. */
  readonly slots: number;
  /** Blocks on its funding until it uses a channel. */
  readonly confirmations: number;
  /** Takes no part in a negotiation, and says nothing. */
  readonly silent: boolean;
}

export const DEFAULT_PEER: PeerSettings = {
  online: true,
  features: [9, 13, 15, 17, 23],
  rejectPush: false,
  minChannel: 20_000n,
  maxChannel: 16_777_215n,
  slots: 1,
  confirmations: 1,
  silent: false,
};

/** A peer as the tests hold it; each setting may change at any time. */
export interface FakePeer {
  readonly nodeId: string;
  settings: PeerSettings;
  /** Pending ids of negotiations, each a slot. */
  readonly negotiating: Set<string>;
  /** Channels that it has, by outpoint, with the height from which it waits for the funding; undefined once mined. */
  readonly channels: Map<string, { waitsFrom: number | undefined }>;
}

/** funding/manager.go: how long a peer that did not open waits for a funding. */
const FORGETS_AFTER = 2_016;

export function slotsTaken({ negotiating, channels }: FakePeer, height: number): number {
  const waiting = [...channels.values()].filter(
    ({ waitsFrom }) => waitsFrom !== undefined && height - waitsFrom < FORGETS_AFTER,
  );
  return negotiating.size + waiting.length;
}

/** Why the peer refuses a channel, in lnd's words as ours passes them on; undefined: it accepts. */
export function objection(peer: FakePeer, capacity: bigint, push: bigint, height: number): string | undefined {
  const { settings, nodeId } = peer;
  const told = (text: string): string =>
    `remote canceled funding, possibly timed out: received funding error from ${nodeId}: chan_id=, err=${text}`;
  if (slotsTaken(peer, height) >= settings.slots) return told("Number of pending channels exceed maximum");
  if (capacity < settings.minChannel) {
    return told(`chan size of ${capacity} is below min chan size of ${settings.minChannel}`);
  }
  if (capacity > settings.maxChannel) {
    return told(`chan size of ${capacity} exceeds maximum chan size of ${settings.maxChannel}`);
  }
  if (settings.rejectPush && push > 0n) return told("non-zero push amounts are disabled");
  return undefined;
}
