/** Every limit of the LSP, each with its reason. Tests lower some of them; nothing else changes them. */

/** Payload of one frame. The largest message of the contract is a few hundred bytes; the signer's policy has the same bound. */
export const FRAME_BYTES_MAX = 65_536;

/** Of a request's metadata, names and values: grpc-core refuses more than this by default. */
export const METADATA_BYTES_MAX = 8_192;

/** Of a call of our client, from asking to the answer: a person waits no longer, and a signer that restarts is back by then. */
export const CLIENT_DEADLINE_MS = 10_000;

/** How far the nonce of an answer, which is its time, may be from the client's clock: the window of the signer's policy. */
export const CLIENT_NONCE_WINDOW_MS = 60_000;

/** Calls that wait in one client, which makes one at a time: a caller that is so far behind has to hear of it. */
export const CLIENT_WAITING_MAX = 1_000;
