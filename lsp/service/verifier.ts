import { verifyFrame } from "../wire/signature.ts";

/** Checks a request's signature: whether `der` is one by `publicKey` (33 bytes) over the frame as it came. */
export interface Verifier {
  /** A promise only where the work has left this thread. Neither throws nor rejects. */
  verify(wire: Uint8Array, der: Uint8Array, publicKey: Uint8Array): boolean | Promise<boolean>;
  close(): Promise<void>;
}

export function openVerifier(): Verifier {
  return { verify: verifyFrame, close: () => Promise.resolve() };
}
