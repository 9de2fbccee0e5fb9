import { printedError } from "../../core/errors.ts";

/**
 * Every code that `signer` can end with, and what it tells a person. A code is part of the interface: it is printed in
 * brackets before the sentence, it is the `code` of a log line, and docs/signer.md has a row for it.
 */
export const SIGNER_ERRORS = {
  usage: "the command line is not one of those that `signer --help` shows",
  failed: "internal error; see the line above",
  file_unreadable: "the text file cannot be read",
  file_exists: "the file exists already, and is not overwritten",

  config_syntax: "the configuration is not a YAML mapping",
  config_invalid: "invalid configuration",

  dumps_on: "core dumps of this process cannot be switched off; start it with coredump_filter 0",
  data_folder: "the data folder is open to others: it must be 0700 and the signer's own",

  file_not_read: "the file cannot be read",
  file_not_written: "the file cannot be written",
  file_mode: "others than this process may read the file",
  file_size: "the file is too large for its kind",
  identity_form: "the identity file is not one of signer recipient or age-keygen",
  identity_locked: "the identity file is encrypted, and no passphrase was given",
  identity_not_locked: "the identity file is not encrypted, and a passphrase was given",
  passphrase_wrong: "the passphrase does not open the identity file, or the file was changed",
  passphrase_no_terminal: "no terminal to ask for the passphrase at; --passphrase-fd reads a descriptor",
  passphrase_ended: "no passphrase was typed",
  passphrase_fd: "the descriptor does not hold the passphrase: one line, or two with --halves",
  passphrase_empty: "the passphrase, or a half of it, is empty",
  passphrase_short: "the passphrase is too short",
  passphrase_differs: "the second typing of the passphrase differs",
  bundle_damaged: "the bundle is no age file, or it was changed",
  bundle_recipient: "the bundle is encrypted to another recipient",
  bundle_version: "this signer does not know the bundle's version",
  bundle_form: "the content of the bundle is not what the ceremony writes",
  bundle_path: "the bundle holds another key than the identity key",
  bundle_network: "the bundle belongs to another network than the configured one",
  bundle_mode: "the bundle is of a rehearsal and the signer is in production, or the other way round",
  bundle_key: "the private key in the bundle is not the one of its node id",

  audit_locked: "another process uses the data folder",
  audit_damaged: "the audit log is not as it was written; see signer audit verify",
  audit_segment_missing: "a segment of the audit log is missing",
  audit_other_node: "the data folder holds the log of another node or network",
  audit_key: "the audit key cannot be used, or others may read it",
  audit_key_other: "the log is signed with another audit key",
  audit_io: "the disk refuses the audit log",

  key_mismatch: "the private key is not the one of the node id that it came with",
  key_library: "two libraries disagree about a signature: one of them is broken",
  accounts_format: "accounts.json is not the file that the ceremony writes",
  accounts_key: "accounts.json has no account m/84'/0'/0' of this network",

  socket_path: "the path of a socket is longer than a socket address",
  socket_taken: "the path of a socket holds something else",
  socket_in_use: "another process listens on the socket",
  socket_folder: "the folder of a socket is open to others: it must be 0750 or tighter",
  socket_group: "the group of a socket does not exist",
  socket_failed: "a socket cannot be made",
  tls_material: "a certificate or key for TLS cannot be used",
  tls_expired: "a TLS certificate has expired",
  tls_not_yet: "a TLS certificate is not valid yet, or this machine's clock is wrong",
  tls_listen: "the TLS port cannot be opened",
  metrics_listen: "the metrics port cannot be opened",

  admin_unreachable: "no signer answers on the admin socket",
  admin_failed: "the signer could not execute the command",
} as const satisfies Record<string, string>;

export type SignerErrorCode = keyof typeof SIGNER_ERRORS;

/** One line for a person: the code, the sentence, and what it is about. */
export function signerErrorLine(code: string, about = ""): string {
  const sentence = Object.hasOwn(SIGNER_ERRORS, code) ? SIGNER_ERRORS[code as SignerErrorCode] : "refused";
  return printedError("signer", code, sentence, about);
}
