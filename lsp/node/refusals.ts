/**
 * What lnd, the node of the chain behind it, and peers say when they refuse something of a swap. Almost all of it comes
 * with gRPC's code UNKNOWN, so that only the text tells the refusals apart. Each row quotes the file that has the text, of
 * lnd 0.21 if nothing else is said.
 */

/**
 * - `spent`: another transaction spends an input, or no such output exists. Said as well of a transaction that is in a
 *   block when all its outputs are spent: whoever asks looks for it in the chain first.
 * - `fee`: under what the mempool asks for. Said as well while one that pays more spends the same input and may itself be
 *   replaced (BIP 125).
 */
export type PublishRefusal = "spent" | "fee" | "other";

/** `leased`: under another id. `unknown`: no output of the wallet is that one, or no longer. */
export type LeaseRefusal = "leased" | "unknown";

/**
 * - `offline`: the peer is not connected, or went away.
 * - `slots`: the peer has as many pending channels of ours as it lets anyone have; a negotiation under way is one.
 * - `push`, `small`, `large`: the peer takes no channel in which it is given coins, or none of this size.
 * - `id`: a negotiation has the pending id already.
 * - `reserve`: it would leave too little for the anchors of our public channels.
 */
export type OpeningRefusal = "offline" | "slots" | "push" | "small" | "large" | "id" | "reserve" | "other";

type Rows<R> = readonly (readonly [RegExp, R])[];

const PUBLISHING: Rows<PublishRefusal> = [
  // lnwallet/interface.go: ErrDoubleSpend, what lnd makes of every node's words for it, but of the two below
  // (btcwallet.go, mapRpcclientError): bitcoind's `sendrawtransaction`, and a mempool without replacement.
  [/\btransaction rejected: output already spent\b/, "spent"],
  [/\bbad txns inputs missingorspent\b|\bbip125 replacement disallowed\b/, "spent"],
  // lnwallet/interface.go: ErrMempoolFee.
  [/\btransaction rejected by the mempool because of low fees\b/, "fee"],
  // btcwallet, chain/errors.go: ErrInsufficientFee (rules 3 and 4 of BIP 125, btcd's priority), ErrMempoolFull.
  [/\binsufficient fee\b|\bmempool full\b/, "fee"],
];

const LEASING: Rows<LeaseRefusal> = [
  // wtxmgr/tx.go of btcwallet: ErrOutputAlreadyLocked, ErrUnknownOutput.
  [/\boutput already locked$/, "leased"],
  [/\bunknown output$/, "unknown"],
];

const OPENING: Rows<OpeningRefusal> = [
  // server.go, OpenChannel; funding/manager.go, CancelPeerReservations.
  [/\bpeer (?:[0-9a-f]{66} )?(?:is not online|disconnected)\b/, "offline"],
  // lnwire/error.go: ErrMaxPendingChannels.
  [/\bNumber of pending channels exceed maximum\b/, "slots"],
  // lnwallet/errors.go: ErrNonZeroPushAmount, ErrChanTooSmall, ErrChanTooLarge; rpcserver.go, parseOpenChannelReq.
  [/\bnon-zero push amounts are disabled\b/, "push"],
  [/\bis below min chan size of\b|\bchannel is too small, the minimum channel size is\b/, "small"],
  [/\bexceeds maximum chan size of\b|\bfunding amount is too large, the max channel size is\b/, "large"],
  // funding/manager.go, handleInitFundingMsg.
  [/\bpendingChannelID\([0-9a-f]{64}\) already present\b/, "id"],
  // lnwallet/wallet.go: ErrReservedValueInvalidated.
  [/\breserved wallet balance invalidated\b/, "reserve"],
];

export function publishRefusal(detail: string): PublishRefusal {
  return find(PUBLISHING, detail) ?? "other";
}

/** Undefined: lnd failed in another way. */
export function leaseRefusal(detail: string): LeaseRefusal | undefined {
  return find(LEASING, detail);
}

/** A peer writes the end of the text as it likes: nothing but waiting and giving up may hang on it. */
export function openingRefusal(detail: string): OpeningRefusal {
  return find(OPENING, detail) ?? "other";
}

/** btcd's and bitcoind's words for a height that the chain does not have yet. */
export function isAboveTip(detail: string): boolean {
  return /\bBlock (?:number|height) out of range$/i.test(detail);
}

/** walletrpc/walletkit_server.go, RemoveTransaction. */
export function isUnknownTransaction(detail: string): boolean {
  return /\btransaction with txid=[0-9a-f]{64} not found in the internal wallet store$/.test(detail);
}

/** lnwallet/wallet.go: what `shim_cancel` says of an id that is gone, was never there, or whose channel is pending. */
export function isNoIntent(detail: string): boolean {
  return /\bno funding intent found for pendingChannelID\(/.test(detail);
}

/** graph/db/errors.go: ErrEdgeNotFound, ErrZombieEdge. */
export function isNoEdge(detail: string): boolean {
  return /^NOT_FOUND: edge not found\b|\bedge marked as zombie\b/.test(detail);
}

/** grpc-js, of an answer above `LND_BYTES_MAX`. */
export function isTooLarge(detail: string): boolean {
  return /\bReceived message larger than max \(/.test(detail);
}

function find<R>(rows: Rows<R>, detail: string): R | undefined {
  return rows.find(([text]) => text.test(detail))?.[1];
}
