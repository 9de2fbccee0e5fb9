import type { Duplex } from "node:stream";
import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { CLIENT_CONNECTIONS_MAX, CONNECTION_STREAMS_MAX, MESSAGE_BYTES_MAX } from "../limits.ts";
import { type Gate, openGate } from "./gate.ts";
import type { Health } from "./health.ts";
import type { Pipeline } from "./sign.ts";
import { handleStream, type OpenStream, type ReadBatch } from "./stream.ts";
import { decodeBatch, decodeRequest, encodeResponse, type WireItem } from "./wire.ts";

export interface ServerParts {
  readonly pipeline: Pipeline;
  readonly health: Health;
  /** The encoded GetIdentityResponse: it never changes. */
  readonly identity: Buffer;
}

/** The gRPC service for one client. Who calls is told by the server that its connection was given to, and by nothing else. */
export interface ClientServer {
  readonly client: string;
  /** Takes a connection that is this client's; false when it has too many. */
  accept(connection: Duplex): boolean;
  /** Lets calls in flight finish, at most this long. */
  close(graceMs: number): Promise<void>;
}

interface ReadRequest {
  readonly item: WireItem | undefined;
  readonly bytes: number;
}

const same = (bytes: Buffer): Buffer => bytes;

function method<In, Out>(
  path: string,
  streams: { request: boolean; response: boolean },
  requestDeserialize: (bytes: Buffer) => In,
): MethodDefinition<In, Out> {
  // Answers are encoded by their handlers; the unused halves only satisfy the type.
  const never = (): never => {
    throw new Error("this side of the codec belongs to the client");
  };
  return {
    path,
    requestStream: streams.request,
    responseStream: streams.response,
    requestSerialize: never,
    requestDeserialize,
    responseSerialize: same as unknown as (value: Out) => Buffer,
    responseDeserialize: never,
  };
}

const UNARY = { request: false, response: false };
const METHODS = {
  Sign: method<ReadRequest, Buffer>("/signer.v1.Signer/Sign", UNARY, (bytes) => ({
    item: decodeRequest(bytes),
    bytes: bytes.length,
  })),
  SignStream: method<ReadBatch, Buffer>("/signer.v1.Signer/SignStream", { request: true, response: true }, (bytes) => ({
    items: decodeBatch(bytes),
    bytes: bytes.length,
  })),
  GetIdentity: method<Buffer, Buffer>("/signer.v1.Signer/GetIdentity", UNARY, same),
};
const HEALTH_METHODS = {
  Check: method<Buffer, Buffer>("/grpc.health.v1.Health/Check", UNARY, same),
  Watch: method<Buffer, Buffer>("/grpc.health.v1.Health/Watch", { request: false, response: true }, same),
};

export function openClientServer(client: string, { pipeline, health, identity }: ServerParts): ClientServer {
  const server = new Server({
    "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
    "grpc.max_concurrent_streams": CONNECTION_STREAMS_MAX,
    "grpc.enable_channelz": 0,
  });
  const gate = openGate();
  const streams = new Set<OpenStream>();
  const sign: handleUnaryCall<ReadRequest, Buffer> = unary(client, pipeline, gate);
  const signStream: handleBidiStreamingCall<ReadBatch, Buffer> = (call) => {
    const stream = handleStream(call, client, pipeline, gate);
    streams.add(stream);
    void stream.closed.then(() => streams.delete(stream));
  };
  const getIdentity: handleUnaryCall<Buffer, Buffer> = (_call, callback) => callback(null, identity);
  server.addService(METHODS, { Sign: sign, SignStream: signStream, GetIdentity: getIdentity });
  const watch: handleServerStreamingCall<Buffer, Buffer> = (call) => health.watch(call);
  server.addService(HEALTH_METHODS, { Check: health.check, Watch: watch });
  // The transport is ours (sockets.ts, tls.ts): these credentials say only that grpc-js is not to add one of its own.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  let connections = 0;
  return {
    client,
    accept(connection) {
      if (connections >= CLIENT_CONNECTIONS_MAX) return false;
      connections += 1;
      connection.once("close", () => {
        connections -= 1;
      });
      injector.injectConnection(connection);
      return true;
    },
    close(graceMs) {
      for (const stream of streams) stream.finish();
      return shutDown(server, graceMs);
    },
  };
}

/** Unary calls of one turn of the event loop share a flush, as the items of a batch do. */
function unary(client: string, pipeline: Pipeline, gate: Gate): handleUnaryCall<ReadRequest, Buffer> {
  let gathered: { readonly item: WireItem; readonly bytes: number; readonly callback: sendUnaryData<Buffer> }[] = [];
  const flush = async (): Promise<void> => {
    const calls = gathered;
    gathered = [];
    const { results, position } = await pipeline.submit(
      client,
      calls.map(({ item }) => item),
    );
    for (const [at, { callback, bytes }] of calls.entries()) {
      gate.leave(1, bytes);
      const result = results[at];
      if (result !== undefined) callback(null, encodeResponse(result, position));
    }
  };
  return ({ request: { item, bytes } }, callback) => {
    if (item === undefined) return callback({ code: status.INVALID_ARGUMENT, details: "not a SignRequest" });
    if (gate.full()) return callback({ code: status.RESOURCE_EXHAUSTED, details: "too much in flight" });
    gate.enter(1, bytes);
    gathered.push({ item, bytes, callback });
    if (gathered.length === 1) setImmediate(() => void flush());
  };
}

function shutDown(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(late);
      resolve();
    });
  });
}
