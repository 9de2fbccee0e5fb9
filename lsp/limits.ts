/** Every limit of the LSP, each with its reason. Tests lower some of them; nothing else changes them. */

/** Payload of one frame. The largest message of the contract is a few hundred bytes; the signer's policy has the same bound. */
export const FRAME_BYTES_MAX = 65_536;

/** Of a request's metadata, names and values: grpc-core refuses more than this by default. */
export const METADATA_BYTES_MAX = 8_192;
