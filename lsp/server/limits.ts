import {
  ADDRESS_CONNECTIONS_MAX,
  BODY_BYTES_MAX,
  BODY_MS_MAX,
  CALL_MS_MAX,
  CALLS_MAX,
  CONNECTION_STREAMS_MAX,
  CONNECTIONS_MAX,
  HANDSHAKE_MS_MAX,
  HEADERS_MAX,
  IDLE_MS_MAX,
  METADATA_BYTES_MAX,
  PINGS_MAX,
  RESETS_MAX,
  RESETS_PER_SECOND_MAX,
  SWEEP_MS,
} from "../limits.ts";

/** Every bound of the public listener; the reasons are with the constants. */
export interface ServerLimits {
  readonly connections: number;
  /** Of one IPv4 address or one IPv6 /64. */
  readonly addressConnections: number;
  /** Open on one connection. */
  readonly streams: number;
  /** In flight, on all connections. */
  readonly calls: number;
  readonly bodyBytes: number;
  readonly headerBytes: number;
  readonly headers: number;
  /** From the headers of a request to its answer. */
  readonly callMs: number;
  /** From the headers to the end of the body, and from the answer until the client has taken it. */
  readonly bodyMs: number;
  /** From TCP to the first SETTINGS, and from our GOAWAY until the client hangs up. */
  readonly handshakeMs: number;
  readonly idleMs: number;
  /** Without an answer between them. */
  readonly pings: number;
  readonly resets: number;
  readonly resetsPerSecond: number;
  /** Between two looks at what is overdue: no deadline is missed by more. */
  readonly sweepMs: number;
}

export const SERVER_LIMITS: ServerLimits = {
  connections: CONNECTIONS_MAX,
  addressConnections: ADDRESS_CONNECTIONS_MAX,
  streams: CONNECTION_STREAMS_MAX,
  calls: CALLS_MAX,
  bodyBytes: BODY_BYTES_MAX,
  headerBytes: METADATA_BYTES_MAX,
  headers: HEADERS_MAX,
  callMs: CALL_MS_MAX,
  bodyMs: BODY_MS_MAX,
  handshakeMs: HANDSHAKE_MS_MAX,
  idleMs: IDLE_MS_MAX,
  pings: PINGS_MAX,
  resets: RESETS_MAX,
  resetsPerSecond: RESETS_PER_SECOND_MAX,
  sweepMs: SWEEP_MS,
};
