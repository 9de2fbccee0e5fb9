import type { LspErrorCode } from "../errors.ts";

export type StoreCode = Extract<LspErrorCode, `store_${string}` | `migration_${string}`>;

export interface StoreError {
  readonly code: StoreCode;
  /** For the log alone: what the server or the driver said. Never the URL, never a row's values. */
  readonly detail: string;
}

/** Conditions of Postgres (its documentation, appendix A) that are something else than a statement refused. */
const CONDITIONS: Readonly<Record<string, StoreCode>> = {
  "40001": "store_busy", // serialization_failure
  "40P01": "store_busy", // deadlock_detected
  "55P03": "store_busy", // lock_not_available
  "57014": "store_busy", // query_canceled: statement_timeout
  "53300": "store_busy", // too_many_connections
  "25P03": "store_busy", // idle_in_transaction_session_timeout
  "57P01": "store_unavailable", // admin_shutdown
  "57P02": "store_unavailable", // crash_shutdown
  "57P03": "store_unavailable", // cannot_connect_now
  "3D000": "store_denied", // invalid_catalog_name: no such database
  "42501": "store_denied", // insufficient_privilege
  "25006": "store_read_only", // read_only_sql_transaction: a standby, or what was a primary
  "28P01": "store_password", // invalid_password
  "08P01": "store_protocol", // protocol_violation: what a pooler says to all that it does not take
};

/** Whole classes of them. */
const CLASSES: Readonly<Record<string, StoreCode>> = {
  "08": "store_unavailable", // connection exception
  "23": "store_constraint", // integrity constraint violation
  "28": "store_denied", // invalid authorization specification
  "53": "store_unavailable", // insufficient resources: disk full, out of memory
  "58": "store_unavailable", // system error
};

/** What the driver says itself, without a code. */
const SAYINGS: readonly (readonly [RegExp, StoreCode])[] = [
  // All connections of the pool are in use: nothing was sent.
  [/^timeout exceeded when trying to connect$/, "store_busy"],
  [
    /^(Connection terminated|Query read timeout|timeout expired|Client has encountered a connection error)/,
    "store_unavailable",
  ],
  [/^The server does not support SSL connections$/, "store_denied"],
  // Of authentication: no password where one is asked for, or a server that does not know it either.
  [/^SASL: /, "store_denied"],
];

/** Of certificates, which OpenSSL names without a common prefix. */
const CERTIFICATE = /^(?!ERR_SSL_)[A-Z0-9_]*(CERT|SIGNATURE|ISSUER|CRL|INVALID_CA|HOSTNAME_MISMATCH)[A-Z_]*$/;

/** Of the system, and of TLS. */
const SYSTEM = /^(E[A-Z]+|EAI_[A-Z]+|ERR_(SSL|TLS|SOCKET)_[A-Z_]+)$/;

/** What an error of the driver means; undefined if it is none: then it is a fault of the program. */
export function storeError(error: unknown): StoreError | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (/^[0-9A-Z]{5}$/.test(code) && "severity" in error) {
    const constraint = "constraint" in error && typeof error.constraint === "string" ? ` ${error.constraint}` : "";
    // A message of the server may quote a value (`invalid input syntax … "x"`); its code and the name of a rule do not.
    const found = CONDITIONS[code] ?? CLASSES[code.slice(0, 2)];
    return { code: found ?? "store_failed", detail: `SQLSTATE ${code}${constraint}` };
  }
  if (CERTIFICATE.test(code)) return { code: "store_certificate", detail: code };
  if (SYSTEM.test(code)) return { code: "store_unavailable", detail: code };
  const saying = SAYINGS.find(([words]) => words.test(error.message));
  return saying && { code: saying[1], detail: error.message };
}
