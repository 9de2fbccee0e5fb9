import type { Status } from "../wire/status.ts";

/** One request whose headers and size are in order. Nothing in it has been parsed or verified. */
export interface Incoming {
  /** For the logs: 16 hex digits, unique over restarts. */
  readonly id: string;
  readonly path: string;
  /** Names in lower case, pseudo headers included; several values of one name are joined by ", ". Within the limits. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body as it came, flag and length included. */
  readonly wire: Buffer;
  /** The remote IP; IPv4 never in its mapped form. */
  readonly address: string;
  /** On the scale of `performance.now()`: the client's own deadline or the server's, whichever is first. */
  readonly deadline: number;
  /** Aborts when the client is gone or the deadline has passed. Made when first asked for. */
  readonly signal: AbortSignal;
}

/** What leaves: a signed reply, an unsigned one (`grpc.health.v1` only), or a status without a message. */
export type Outgoing =
  | { readonly kind: "reply"; readonly wire: Buffer; readonly signature: Uint8Array; readonly gzip: boolean }
  | { readonly kind: "plain"; readonly wire: Buffer }
  | { readonly kind: "status"; readonly status: Status; readonly message: string };
