import type { WireResult } from "../wire/batch.ts";

/** What the signer counts. Called once a batch, not once an item: a labelled counter costs a microsecond. */
export interface Meters {
  answered(client: string, results: readonly WireResult[], ms: number): void;
  flushed(ms: number, records: number): void;
  /** A connection that was closed before it said anything: why TLS refused it, or that there were too many. */
  turnedAway(why: "handshake" | "not_pinned" | "connections"): void;
  /** Signatures and refusals since the start. */
  totals(): { readonly signed: number; readonly refused: number };
}
