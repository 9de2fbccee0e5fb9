/** What crosses between the two threads: one flat array each way, moved and not copied. */
export interface SigningJob {
  /** SHA-256 digests, one after the other. */
  readonly digests: Uint8Array;
}

export interface WorkerStart {
  /** Moved to the worker, which takes it and overwrites it. */
  readonly privateKey: ArrayBuffer;
  readonly nodeId: string;
}

export const DIGEST_BYTES = 32;
/** A DER signature of secp256k1 with a low S is at most 71 bytes long, with a high one 72; its length stands before it. */
const SIGNATURE_BYTES = 72;
export const DIGEST_OF_SIGNATURE = 1 + SIGNATURE_BYTES;
export const SLOT_BYTES = DIGEST_OF_SIGNATURE + DIGEST_BYTES;
