import assert from "node:assert/strict";
import { test } from "node:test";
import { LSP_ERRORS } from "../../../lsp/errors.ts";
import { storeError } from "../../../lsp/store/errors.ts";

/** As the server's errors look in both drivers. */
function ofServer(code: string, more: object = {}): Error {
  return Object.assign(new Error('invalid input syntax: "a secret"'), { code, severity: "ERROR", ...more });
}

function ofSystem(code: string, message = "connect"): Error {
  return Object.assign(new Error(message), { code });
}

const TABLE: readonly (readonly [Error, string | undefined])[] = [
  [ofServer("40001"), "store_busy"],
  [ofServer("40P01"), "store_busy"],
  [ofServer("55P03"), "store_busy"],
  [ofServer("57014"), "store_busy"],
  [ofServer("53300"), "store_busy"],
  [ofServer("25P03"), "store_busy"],
  [ofServer("57P01"), "store_unavailable"],
  [ofServer("57P03"), "store_unavailable"],
  [ofServer("08006"), "store_unavailable"],
  [ofServer("53100"), "store_unavailable"],
  [ofServer("58030"), "store_unavailable"],
  [ofServer("23505"), "store_constraint"],
  [ofServer("23514"), "store_constraint"],
  [ofServer("28P01"), "store_password"],
  [ofServer("3D000"), "store_denied"],
  [ofServer("42501"), "store_denied"],
  [ofServer("25006"), "store_read_only"],
  [ofServer("42601"), "store_failed"],
  [ofSystem("ECONNREFUSED"), "store_unavailable"],
  [ofSystem("ENOTFOUND"), "store_unavailable"],
  [ofSystem("EAI_AGAIN"), "store_unavailable"],
  [ofSystem("DEPTH_ZERO_SELF_SIGNED_CERT"), "store_certificate"],
  [ofSystem("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "store_certificate"],
  [ofSystem("ERR_TLS_CERT_ALTNAME_INVALID"), "store_certificate"],
  [ofSystem("CERT_HAS_EXPIRED"), "store_certificate"],
  [ofSystem("SELF_SIGNED_CERT_IN_CHAIN"), "store_certificate"],
  [ofSystem("UNABLE_TO_GET_ISSUER_CERT_LOCALLY"), "store_certificate"],
  [ofSystem("ERR_SSL_WRONG_VERSION_NUMBER"), "store_unavailable"],
  [ofServer("08P01"), "store_protocol"],
  [new Error("Connection terminated unexpectedly"), "store_unavailable"],
  [new Error("Connection terminated due to connection timeout"), "store_unavailable"],
  [new Error("Query read timeout"), "store_unavailable"],
  [new Error("Client has encountered a connection error and is not queryable"), "store_unavailable"],
  [new Error("timeout exceeded when trying to connect"), "store_busy"],
  [new Error("The server does not support SSL connections"), "store_denied"],
  [new Error("SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string"), "store_denied"],
  // Faults of the program, which nobody may take for the database's.
  [new TypeError("x is not a function"), undefined],
  [ofSystem("ERR_INVALID_ARG_TYPE"), undefined],
  [ofSystem("ERR_ASSERTION"), undefined],
];

test("what an error of the driver means", () => {
  for (const [error, code] of TABLE) {
    const found = storeError(error);
    assert.equal(found?.code, code, `${error.message} ${"code" in error ? error.code : ""}`);
    if (found !== undefined) assert.ok(Object.hasOwn(LSP_ERRORS, found.code));
  }
  assert.equal(storeError("a string"), undefined);
});

test("nothing that the server quotes is repeated; the name of a broken rule is", () => {
  const found = storeError(ofServer("23505", { constraint: "users_key", detail: "Key (node_pub_key)=(02ab) exists." }));
  assert.deepEqual(found, { code: "store_constraint", detail: "SQLSTATE 23505 users_key" });
  assert.deepEqual(storeError(ofServer("22P02")), { code: "store_failed", detail: "SQLSTATE 22P02" });
});
