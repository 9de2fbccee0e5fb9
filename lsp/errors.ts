import { printedError } from "../core/errors.ts";

/**
 * Every code that `lsp` can end with or log, and what it tells a person. A code is part of the interface: it is printed
 * in brackets before the sentence, it is the `code` of a log line, and docs/lsp.md has a row for it.
 */
export const LSP_ERRORS = {
  usage: "the command line is not one of those that `lsp --help` shows",
  failed: "internal error; see the line above",

  config_syntax: "the configuration is not a YAML mapping",
  config_invalid: "invalid configuration",
  file_unreadable: "the file cannot be read",
  file_mode: "the file holds a secret, and everybody may read it",
  file_size: "the file is too large for its kind",
  file_form: "the file does not hold what it should",

  lnd_other_node: "lnd is another node than the configured one",
  lnd_other_network: "lnd is on another network than the configured one",
  lnd_locked: "lnd's wallet is locked",
  lnd_not_synced: "lnd does not follow the chain yet",
  lnd_unavailable: "lnd does not answer",
  lnd_certificate: "lnd shows another TLS certificate than the configured one; copy its tls.cert again",
  lnd_denied: "lnd refuses the macaroon, or the wallet's password",
  lnd_failed: "unexpected answer from lnd",
  signer_unreachable: "the signer does not answer",
  signer_other_node: "the signer holds the key of another node than the configured one",
  signer_other_network: "the signer is on another network than the configured one",
  signer_not_serving: "the signer does not sign now: paused, over its budget, or without a log that it can write",
  signer_refuses: "the signer's policy refuses an answer that every customer would get; the rule's name follows",
  signer_witness: "the file of the witness of the signer's log is damaged, or cannot be written",
  signer_log: "the signer's log went back or was rewritten; see `signer audit verify`",
  admin_listen: "the admin port cannot be opened",
  server_plaintext: "without TLS the API listens on a loopback address only",
  server_tls: "the TLS certificate and its key cannot be used",
  server_listen: "the API's port cannot be opened",
  tls_expired: "a TLS certificate has expired",
  tls_not_yet: "a TLS certificate is not valid yet, or this machine's clock is wrong",
  files_few: "the limit of open files is low, so fewer connections are taken: raise LimitNOFILE",
  files_none: "no file descriptor is left: connections are lost; raise LimitNOFILE",
  starting: "the process is starting",
  stopping: "the process is stopping",

  file_exists: "the file exists already, and is not overwritten",
  file_unwritable: "the file cannot be written",
  client_address: "the address is not HOST:PORT",
  client_plaintext: "without TLS the client speaks to this machine only",
  client_node_id: "the LSP's node id is not 33 bytes in hex that are a public key",
  client_key: "the request could not be signed",
  client_key_signature: "the request's signature is not by the key that the request names",
  client_address_network: "the bitcoin address is not one of this network",
  client_busy: "too many calls wait for this client already",
  client_closed: "the client was closed",
  client_unreachable: "the LSP's address does not answer",
  client_tls: "the LSP's TLS certificate is not trusted, or the other side does not speak TLS",
  client_not_done: "the LSP did not take the request; nothing was done",
  client_deadline: "there was no answer in time; what was asked for may have been done",
  client_disconnected: "the connection ended before the answer; what was asked for may have been done",
  client_http: "the server that answers does not speak gRPC",
  client_frame: "the answer is not one gRPC message",
  client_status: "the answer is a gRPC status, which is not signed and proves nothing",
  client_unsigned: "the answer has no signature",
  client_signature: "the answer is not signed by the LSP's node id",
  client_reply_form: "the LSP signed this answer, and it is no message of the contract",
  client_no_context: "the answer is signed but has no ctx: it may be an old one",
  client_other_node: "the LSP signed this answer, and it names another node",
  client_nonce_old: "the answer is not newer than one that came before it",
  client_nonce_time: "the answer's time is too far from this machine's clock",
  client_empty: "the LSP signed an answer with neither success nor failure: it does not offer this method yet",
  client_refused: "the LSP refused, in a signed answer",

  store_url: "the database URL is not one of a Postgres server",
  store_plaintext: "a database on another machine needs sslmode=verify-full in its URL",
  store_embedded:
    "the embedded database never flushes to disk: it is for regtest and simnet; other networks need a URL",
  store_folder: "the folder of the embedded database cannot be used",
  store_locked: "another process uses the folder of the embedded database",
  store_network: "the database belongs to another network",
  store_unsafe: "the database server does not flush to disk (fsync or full_page_writes is off)",
  store_read_only: "the database takes no writes: it is a standby, or was the primary before a failover",
  store_password: "the database server refuses the password",
  store_protocol: "the server refuses the protocol: it is a pooler such as PgBouncer, or no Postgres",
  store_certificate: "the database server's certificate is not trusted",
  store_pooler:
    "a pooler shares connections between transactions, as PgBouncer does in transaction mode: use its session mode, or the server",
  store_denied: "the database server refuses this user, or what this user asks for",
  store_unavailable: "the database does not answer; the statement may have been executed",
  store_busy: "the database is overloaded, or another transaction holds the row; nothing was done",
  store_constraint: "the statement would break a constraint of the tables",
  store_failed: "the database refuses a statement",
  store_clock:
    "this machine's clock has jumped, ahead or back; nonces of answers go on when it is right, or has stayed so: see docs/lsp.md",
  store_nonces: "no nonces for answers are reserved: the database was unavailable for long, or the clock was set back",
  store_closed: "the store was closed",
  migration_changed: "a migration in the database differs from this program's",
  migration_unknown: "the database has a migration that this version does not know",
  migration_failed: "a migration failed; the database is as before",
} as const satisfies Record<string, string>;

export type LspErrorCode = keyof typeof LSP_ERRORS;

/** One line for a person: the code, the sentence, and what it is about. */
export function lspErrorLine(code: LspErrorCode, about = ""): string {
  return printedError("lsp", code, LSP_ERRORS[code], about);
}
