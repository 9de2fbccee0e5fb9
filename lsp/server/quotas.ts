import { FRAME_BYTES_MAX } from "../../proto/frame.ts";
import {
  ADDRESS_CALLS_MAX,
  ADDRESS_CONNECTIONS_MAX,
  ADDRESS_CONNECTIONS_PER_SECOND,
  BODY_MS_MAX,
  CALL_MS_MAX,
  CALLS_MAX,
  CONNECTIONS_MAX,
  HANDSHAKE_MS_MAX,
  HEADERS_MAX,
  IDLE_MS_MAX,
  LSP_CONNECTION_STREAMS_MAX,
  LSP_SWEEP_MS,
  METADATA_BYTES_MAX,
  PINGS_MAX,
  RESETS_MAX,
  RESETS_PER_SECOND_MAX,
  SMALL_MS_MAX,
  STRAY_BYTES_MAX,
  STRAY_BYTES_PER_SECOND,
} from "../limits.ts";

/** Every bound of the public listener; the reasons are with the constants. */
export interface ServerLimits {
  readonly connections: number;
  /** Of one IPv4 address or one IPv6 /64. */
  readonly addressConnections: number;
  /** New ones of it each second, after as many at once as it may have. */
  readonly addressConnectionsPerSecond: number;
  /** Open on one connection. */
  readonly streams: number;
  /** In flight, on all connections. */
  readonly calls: number;
  /** In flight of one IPv4 address or one IPv6 /64. */
  readonly addressCalls: number;
  readonly bodyBytes: number;
  readonly headerBytes: number;
  readonly headers: number;
  /** From the headers of a request to its answer. */
  readonly callMs: number;
  /** From the headers to the end of the body, and from the answer until the client has taken it. */
  readonly bodyMs: number;
  /** The same, for a body of which less than `SMALL_BYTES_MAX` has come, and for an answer that has no more. */
  readonly smallMs: number;
  /** From TCP to the first SETTINGS, and from our GOAWAY until the client hangs up. */
  readonly handshakeMs: number;
  readonly idleMs: number;
  /** Without an answer between them. */
  readonly pings: number;
  readonly resets: number;
  readonly resetsPerSecond: number;
  /** Bytes of a connection that belong to no admitted call, at once and each second. */
  readonly strayBytes: number;
  readonly strayBytesPerSecond: number;
  /** Between two looks at what is overdue: no deadline is missed by more. */
  readonly sweepMs: number;
}

export const SERVER_LIMITS: ServerLimits = {
  connections: CONNECTIONS_MAX,
  addressConnections: ADDRESS_CONNECTIONS_MAX,
  addressConnectionsPerSecond: ADDRESS_CONNECTIONS_PER_SECOND,
  streams: LSP_CONNECTION_STREAMS_MAX,
  calls: CALLS_MAX,
  addressCalls: ADDRESS_CALLS_MAX,
  bodyBytes: FRAME_BYTES_MAX,
  headerBytes: METADATA_BYTES_MAX,
  headers: HEADERS_MAX,
  callMs: CALL_MS_MAX,
  bodyMs: BODY_MS_MAX,
  smallMs: SMALL_MS_MAX,
  handshakeMs: HANDSHAKE_MS_MAX,
  idleMs: IDLE_MS_MAX,
  pings: PINGS_MAX,
  resets: RESETS_MAX,
  resetsPerSecond: RESETS_PER_SECOND_MAX,
  strayBytes: STRAY_BYTES_MAX,
  strayBytesPerSecond: STRAY_BYTES_PER_SECOND,
  sweepMs: LSP_SWEEP_MS,
};
