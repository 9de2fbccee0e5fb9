/**
 * Every code that `signer` can end with, and what it tells a person. A code is part of the interface: it is printed in
 * brackets before the sentence, it is the `code` of a log line, and docs/signer.md has a row for it.
 */
export const ERRORS = {
  usage: "the command line is not one of those that `signer --help` shows",
  failed: "something failed that should not; the line above says what",
  file_unreadable: "a file that was named cannot be read",
  file_exists: "a file that would be written is there already",

  config_syntax: "the configuration is not a YAML mapping",
  config_invalid: "the configuration says something that it may not",

  dumps_on: "core dumps of this process cannot be switched off; start it with coredump_filter 0",
  data_folder: "the data folder is open to others: it must be 0700 and the signer's own",

  key_mismatch: "the private key is not the one of the node id that it came with",
  key_library: "two libraries disagree about a signature: one of them is broken",
  accounts_format: "accounts.json is not the file that the ceremony writes",
  accounts_key: "accounts.json has no account m/84'/0'/0' of this network",

  socket_path: "the path of a socket is longer than a socket address",
  socket_taken: "something that is no socket is at the path of a socket",
  socket_in_use: "somebody listens on the socket already",
  socket_folder: "the folder of a socket is open to others: it must be 0750 or tighter",
  socket_group: "the group of a socket does not exist",
  socket_failed: "a socket cannot be made",
  tls_material: "a certificate or key for TLS cannot be used",
  tls_listen: "the TLS port cannot be opened",
  metrics_listen: "the metrics port cannot be opened",

  admin_unreachable: "no signer answers on the admin socket",
  admin_failed: "the signer could not do it",
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof ERRORS;

export const EXIT = { done: 0, refused: 1, usage: 2 } as const;

/** One line for a person: the code, the sentence, and what it is about. */
export function errorLine(code: string, about = ""): string {
  const sentence = Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : "refused";
  return `signer: [${code}] ${sentence}${about === "" ? "" : ` (${about})`}\n`;
}
