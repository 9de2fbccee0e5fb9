import type { OpeningRequest, PendingChannel } from "../../../lsp/node/funding.ts";
import { parseOutpoint } from "../../../lsp/node/wallet.ts";

/** Of the opener: two anchors, and a commitment at 253 sat/kw. */
const COMMITMENT_SAT = 660n + 284n;

export interface FakeChannel {
  readonly point: string;
  readonly request: OpeningRequest;
  shortChannelId: bigint | undefined;
  edge: boolean;
}

/** The opener pays the commitment. */
export function sidesOf({ point, request: { nodeId, capacity, push } }: FakeChannel): PendingChannel {
  return {
    ...parseOutpoint(point),
    nodeId,
    capacity,
    local: capacity - push - COMMITMENT_SAT,
    remote: push,
  };
}
