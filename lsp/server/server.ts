import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { isLoopback } from "../../core/hosts.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { type CallHost, type RequestReport, ServerCall } from "./call.ts";
import { Connection, type ConnectionHost } from "./connection.ts";
import type { ServerError } from "./errors.ts";
import type { Incoming, Outgoing } from "./exchange.ts";
import { openPlaceGate } from "./gate.ts";
import { type Full, openListener, remoteAddressOf } from "./listen.ts";
import { SERVER_LIMITS, type ServerLimits } from "./quotas.ts";
import { openTls, type TlsFiles, type TlsHost } from "./tls.ts";

export type { RequestReport } from "./call.ts";
export type { ServerError } from "./errors.ts";
export type { Incoming, Outgoing } from "./exchange.ts";
export type { ServerLimits } from "./quotas.ts";

/** Milliseconds between two looks whether all is finished. */
const FINISH_POLL_MS = 5;

/** Why a connection got no further, or was ended: `flood` is of pings, or of frames that belong to no call. */
export type TurnedAway = Full | "handshake" | "flood";

export interface ServerOptions {
  /** IP addresses only where `tls` is undefined. Port 0 takes any. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Undefined: plaintext, refused off loopback. */
  readonly tls: TlsFiles | undefined;
  /** Gets whole requests. What it throws is answered with INTERNAL and goes to `onRequest` alone. */
  readonly handle: (incoming: Incoming) => Promise<Outgoing>;
  /** False: UNIMPLEMENTED before the body is read. */
  readonly known: (path: string) => boolean;
  /** False: RESOURCE_EXHAUSTED before the body is read. */
  readonly admit: (address: string) => boolean;
  /** Once for each request, when it is answered or given up. */
  readonly onRequest?: (report: RequestReport) => void;
  /** Once for each connection that got no further; `detail` is the system's own word. */
  readonly onTurnedAway?: (why: TurnedAway, address: string, detail: string) => void;
  /** Tests lower some. */
  readonly limits?: Partial<ServerLimits>;
}

export interface Server {
  readonly port: number;
  /** Reads certificate and key again, for connections to come. */
  reloadTls(): Promise<Result<undefined, ServerError>>;
  /** TCP connections that are open. */
  connections(): number;
  /** No new connections and calls; those in flight may end, at most this long. */
  close(graceMs: number): Promise<void>;
}

/** Opens the public listener: gRPC over HTTP/2, its frames untouched. Errors: see `ServerError`. */
export async function openServer(options: ServerOptions): Promise<Result<Server, ServerError>> {
  const { listen, tls: files, onTurnedAway } = options;
  if (files === undefined && !isLoopback(listen.host)) return fail({ code: "server_plaintext", reason: listen.host });
  const limits = { ...SERVER_LIMITS, ...options.limits };
  const traffic = openTraffic(options, limits);
  const tls = files === undefined ? undefined : await openTls(files, tlsHost(options, limits, traffic));
  if (tls?.ok === false) return tls;
  const listener = await openListener(listen, {
    limits,
    onSocket: tls === undefined ? traffic.serve : tls.value.accept,
    onFull: (why, address, detail) => onTurnedAway?.(why, address, detail),
  });
  if (!listener.ok) return listener;
  const sweeper = setInterval(traffic.sweep, limits.sweepMs);
  return ok({
    port: listener.value.port,
    reloadTls: async () => (tls === undefined ? ok(undefined) : await tls.value.reload()),
    connections: listener.value.connections,
    async close(graceMs) {
      listener.value.stop();
      await traffic.finish(graceMs);
      clearInterval(sweeper);
      await listener.value.destroy();
    },
  });
}

/** Connections and calls of one server. */
interface Traffic {
  /** Speaks HTTP/2 on a socket that is connected, and secure where it has to be. */
  serve(socket: Socket): void;
  /** Ends what is overdue. */
  sweep(): void;
  /** GOAWAY to all; resolves when all have hung up and all handlers are done, or after `graceMs`. */
  finish(graceMs: number): Promise<void>;
}

function openTraffic(options: ServerOptions, limits: ServerLimits): Traffic {
  const { handle, known, admit, onRequest, onTurnedAway } = options;
  const connections = new Set<Connection>();
  const calls = new Set<ServerCall>();
  const report = (request: RequestReport): void => onRequest?.(request);
  const places = openPlaceGate<ServerCall>({
    places: limits.calls,
    share: limits.addressCalls,
    yields: (call) => call.yields(),
  });
  const callHost: CallHost = { limits, calls, places, newId: idSource(), handle, known, admit, report };
  const connectionHost: ConnectionHost = {
    limits,
    onStream: (connection, stream, headers) => void new ServerCall(stream, headers, connection, callHost),
    onClose: (connection) => void connections.delete(connection),
    onFlood: ({ address }) => onTurnedAway?.("flood", address, ""),
  };
  let finishing = false;
  return {
    serve(socket) {
      if (finishing || socket.destroyed) socket.destroy();
      else connections.add(new Connection(socket, remoteAddressOf(socket), connectionHost));
    },
    sweep() {
      const now = performance.now();
      for (const call of calls) call.sweep(now);
      for (const connection of connections) connection.sweep(now);
    },
    async finish(graceMs) {
      finishing = true;
      for (const connection of connections) connection.finish();
      const end = performance.now() + graceMs;
      while (connections.size + calls.size > 0 && performance.now() < end) await setTimeout(FINISH_POLL_MS);
      for (const connection of connections) connection.destroy();
    },
  };
}

function tlsHost({ onTurnedAway }: ServerOptions, { handshakeMs }: ServerLimits, { serve }: Traffic): TlsHost {
  return {
    handshakeMs,
    onSecure: serve,
    onFailed: (address, reason) => onTurnedAway?.("handshake", address, reason),
  };
}

/** A random half for the process and a counter: an id is made for each request, and 8 random bytes take as long as a hash. */
function idSource(): () => string {
  const process = randomBytes(4).toString("hex");
  let count = 0;
  return () => {
    count = (count + 1) % 2 ** 32;
    return process + count.toString(16).padStart(8, "0");
  };
}
