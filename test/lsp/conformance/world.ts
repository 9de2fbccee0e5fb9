import type { LndNode } from "../../../lsp/node/lnd.ts";

/** Peers of the LSP's lnd: one of lnd's default settings, and one that takes no push and nothing below 500,000 sat. */
export type PeerName = "customer" | "strict";

export const STRICT_LEAST = 500_000n;

/**
 * An LSP's lnd with its chain and peers, in memory or real: what the cases of the suite see and do. Ids are as people read
 * them. After each step all that changed may come a moment later: cases wait for it.
 */
export interface World {
  readonly kind: "fake" | "real";
  readonly node: Pick<LndNode, "wallet" | "funding">;
  nodeId(peer: PeerName): string;
  height(): Promise<number>;
  blockHash(height: number): Promise<string>;
  mine(blocks: number): Promise<void>;
  reorg(depth: number, options?: { readonly longer?: number; readonly lose?: readonly string[] }): Promise<void>;
  /** A payment of the world outside; its id. */
  pay(address: string, sat: bigint): Promise<string>;
  /** Spends the coin of such a payment otherwise. */
  takeBack(txid: string, address?: string, sat?: bigint): Promise<string>;
  inMempool(txid: string): Promise<boolean>;
  /** Kills the LSP's lnd as a power cut would, and starts it again. */
  restart(): Promise<void>;
  /** Connects it again, or nothing to do. */
  connect(peer: PeerName): Promise<void>;
  /** Ends the peer's process, and starts it again; it is not connected then. */
  crashPeer(peer: PeerName): Promise<void>;
  /** Outpoints of channels that the peer has, pending or open. */
  channelsOf(peer: PeerName): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface Case {
  readonly name: string;
  /** `false`: the fake alone is held to it so far; why, is said at the case. */
  readonly real?: false;
  run(world: World): Promise<void>;
}
