/** The outcome of a request for a signature. */
export type SignOutcome =
  /** DER, over the SHA-256 of the frame. */
  | { readonly kind: "signed"; readonly signature: Uint8Array }
  /** The signer's policy; asked again, it says the same. */
  | { readonly kind: "refused"; readonly rule: string; readonly reason: string }
  /** No answer, and why: a code for the log. */
  | { readonly kind: "unavailable"; readonly code: string };

/** Signs responses with the node's identity key. */
export interface ResponseSigner {
  /** `frame` is the whole response frame, `method` its gRPC path. Never rejects, and ends within seconds. */
  sign(frame: Uint8Array, method: string): Promise<SignOutcome>;
  /** Whether a signature can be expected now. Asked before every effect, for an answer that cannot be signed cannot leave. */
  healthy(): boolean;
  close(): Promise<void>;
}

export interface SignerEvents {
  /** Milliseconds of a clock that never goes back. */
  readonly monotonic: () => number;
  /** Told of each outcome and how long it took. */
  readonly onOutcome?: (outcome: SignOutcome, ms: number) => void;
}
