/** Why the public listener could not be opened, or its certificate not be exchanged. */
export interface ServerError {
  readonly code: "server_plaintext" | "server_tls" | "server_listen";
  /** The system's own word, or the address. */
  readonly reason: string;
}
