/**
 * What lnd says of a channel, in the original's names. It is a copy: any of them may follow any other, because the LSP may
 * not have been there for what came between.
 */
export const CHANNEL_STATES = {
  pending_open: "its funding transaction is not deep enough yet",
  opened: "open, and not yet seen active",
  active: "payments can pass",
  fully_resolved: "closed, and every output of it is spent",
  inactive: "open, and its peer is away",
  pending_close: "its closing transaction is not in a block yet",
  closed: "its closing transaction is in a block",
} as const satisfies Record<string, string>;

export type ChannelStatus = keyof typeof CHANNEL_STATES;
