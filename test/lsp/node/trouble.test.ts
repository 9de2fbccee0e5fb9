import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { LSP_ERRORS } from "../../../lsp/errors.ts";
import { type LndTrouble, lndError, troubleOf } from "../../../lsp/node/trouble.ts";

/** What lnd 0.21 was heard to say, or what its files have where a test cannot easily bring it to that. */
const SAID: readonly (readonly [number, string, LndTrouble])[] = [
  [status.UNKNOWN, "wallet locked, unlock it to enable full RPC access", "locked"],
  [status.UNKNOWN, "the RPC server is in the process of starting up, but not yet ready to accept calls", "unavailable"],
  [status.UNKNOWN, "waiting to start, RPC services not available", "unavailable"],
  [status.UNKNOWN, "macaroon store is locked", "unavailable"],
  [status.UNAVAILABLE, "chain notifier RPC is still in the process of starting", "unavailable"],
  [status.UNKNOWN, "chain notifier RPC subserver shutting down", "unavailable"],
  [status.UNKNOWN, "chain notifier shutting down", "unavailable"],
  [status.UNAVAILABLE, "Connection dropped", "unavailable"],
  [
    status.UNAVAILABLE,
    "No connection established. Last error: self-signed certificate. Resolution note: ",
    "certificate",
  ],
  [
    status.UNAVAILABLE,
    "No connection established. Last error: certificate has expired. Resolution note: ",
    "certificate",
  ],
  [
    status.UNAVAILABLE,
    "No connection established. Last error: Hostname/IP does not match certificate's altnames: IP",
    "certificate",
  ],
  [status.DEADLINE_EXCEEDED, "Deadline exceeded after 5.001s", "unavailable"],
  [status.CANCELLED, "Cancelled on client", "unavailable"],
  [status.UNKNOWN, "server is still in the process of starting", "not_synced"],
  [status.UNKNOWN, "channels cannot be created before the wallet is fully synced", "not_synced"],
  [status.UNKNOWN, "permission denied", "denied"],
  [status.UNKNOWN, "verification failed: signature mismatch after caveat verification", "denied"],
  [status.UNKNOWN, 'caveat "time-before 2026-01-01T00:00:00Z" not satisfied: macaroon has expired', "denied"],
  [status.UNKNOWN, "cannot get macaroon: root key with id 8444 doesn't exist", "denied"],
  [status.UNKNOWN, "expected 1 macaroon, got 0", "denied"],
  [status.UNKNOWN, "unknown macaroon version: 1", "denied"],
  [status.UNKNOWN, "invalid ID", "denied"],
  [status.UNKNOWN, "unmarshal v2: field data extends past end of buffer", "denied"],
  [status.UNKNOWN, "cannot determine data format of binary-encoded macaroon", "denied"],
  [status.UNKNOWN, "invalid passphrase for master public key", "denied"],
  [status.PERMISSION_DENIED, "", "denied"],
  [status.UNAUTHENTICATED, "", "denied"],
  [status.UNKNOWN, "wallet not created, create one to enable full RPC access", "failed"],
  [status.UNKNOWN, "the permission denied by nobody", "failed"],
  [status.UNIMPLEMENTED, "unknown service signrpc.Signer", "failed"],
  [status.INTERNAL, "", "failed"],
  [99, "no code of gRPC", "failed"],
];

test("what lnd says is told apart", () => {
  for (const [code, details, trouble] of SAID) {
    assert.equal(troubleOf({ code, details }).code, `lnd_${trouble}`, details);
  }
});

test("the detail has gRPC's name for the code, and the text", () => {
  assert.equal(troubleOf({ code: status.UNKNOWN, details: "permission denied" }).detail, "UNKNOWN: permission denied");
  assert.equal(troubleOf({ code: 99, details: "?" }).detail, "99: ?");
});

test("each of lnd's troubles is in the registry of codes", () => {
  for (const trouble of ["locked", "not_synced", "unavailable", "certificate", "denied", "failed"] as const) {
    assert.ok(Object.hasOwn(LSP_ERRORS, lndError(trouble, "").code), trouble);
  }
});
