import { status } from "@grpc/grpc-js";

export type LndTrouble = "locked" | "not_synced" | "unavailable" | "certificate" | "denied" | "failed";

/** Why a call of lnd gave no answer. */
export interface LndError {
  readonly code: `lnd_${LndTrouble}`;
  /** What gRPC or lnd said, for the log only: it never goes to a client. */
  readonly detail: string;
}

/** What gRPC says of a call that failed; grpc-js's ServiceError is one. */
export interface CallFailure {
  readonly code: number;
  readonly details: string;
}

/** gRPC's own codes, where lnd or the connection uses them. */
const BY_STATUS: ReadonlyMap<number, LndTrouble> = new Map([
  [status.UNAVAILABLE, "unavailable"],
  [status.DEADLINE_EXCEEDED, "unavailable"],
  [status.CANCELLED, "unavailable"],
  [status.PERMISSION_DENIED, "denied"],
  [status.UNAUTHENTICATED, "denied"],
]);

/**
 * Nearly all that lnd refuses has gRPC's code UNKNOWN: its errors are plain Go errors, and only their text tells them
 * apart. Each row quotes the file of lnd 0.21 that has the text; the first that matches decides.
 */
const BY_TEXT: readonly (readonly [RegExp, LndTrouble])[] = [
  // rpcperms/interceptor.go: ErrWalletLocked.
  [/^wallet locked, unlock it to enable full RPC access$/, "locked"],
  // rpcperms/interceptor.go: ErrRPCStarting, ErrWaitingToStart; macaroons/store.go: ErrStoreLocked, a moment later.
  [/^the RPC server is in the process of starting up|^waiting to start, |\bmacaroon store is locked$/, "unavailable"],
  // Every server of lnd has a text of its own for its end.
  [/\bshutting down$/, "unavailable"],
  // rpcserver.go: ErrServerNotActive; lnd starts its server only after the wallet has followed the chain to its tip.
  [/^server is still in the process of starting$/, "not_synced"],
  // rpcserver.go, OpenChannel; funding/manager.go, where a peer asks.
  [/^channels cannot be created before the wallet is fully synced$|^Synchronizing blockchain$/, "not_synced"],
  // macaroon-bakery: not in the macaroon; signed by another root key; a caveat does not hold.
  [/^permission denied$|^verification failed\b|^caveat .* not satisfied\b/, "denied"],
  // macaroons/service.go and store.go: no macaroon, one of another kind, or of a root key that was deleted.
  [/^expected 1 macaroon|^unknown macaroon version\b|^invalid ID$|\broot key with id .* doesn't exist$/, "denied"],
  // macaroon.v2: bytes that are no macaroon.
  [/^unmarshal v[12]: |^cannot determine data format of binary-encoded macaroon$/, "denied"],
  // btcwallet: the password of the wallet.
  [/^invalid passphrase for master public key$/, "denied"],
];

/**
 * Node's words for a certificate that is not the trusted one (`X509_verify_cert_error_string`, and `checkServerIdentity`),
 * which gRPC puts behind "No connection established": lnd made itself a new one, or another program has its port.
 */
const BY_CERTIFICATE =
  /self[- ]signed certificate|unable to (?:verify the first|get (?:local )?issuer) certificate|certificate (?:has expired|is not yet valid|signature failure)|does not match certificate's altnames/i;

/** What a failed call means for the LSP. */
export function troubleOf({ code, details }: CallFailure): LndError {
  if (code === status.UNAVAILABLE && BY_CERTIFICATE.test(details)) return lndError("certificate", details);
  const trouble = BY_STATUS.get(code) ?? BY_TEXT.find(([text]) => text.test(details))?.[1] ?? "failed";
  return lndError(trouble, `${status[code] ?? code}: ${details}`);
}

export function lndError(trouble: LndTrouble, detail: string): LndError {
  return { code: `lnd_${trouble}`, detail };
}
