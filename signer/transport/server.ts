import { type IncomingHttpHeaders, performServerHandshake, type ServerHttp2Session } from "node:http2";
import type { Duplex } from "node:stream";
import {
  CLIENT_CONNECTIONS_MAX,
  CLIENT_STREAMS_MAX,
  CLIENT_UNFINISHED_BYTES_MAX,
  CONNECTION_STREAMS_MAX,
  MESSAGE_MS,
  SWEEP_MS,
} from "../limits.ts";
import { SIGNER_STATUS, StreamCall, type Unfinished } from "./call.ts";
import { type MethodParts, methodsOf } from "./methods.ts";
import type { OpenStream } from "./stream.ts";

/** The gRPC service for one client. Who calls is told by the server that its connection was given to, and by nothing else. */
export interface ClientServer {
  readonly client: string;
  /** Takes a connection that is this client's; false when it has too many. */
  accept(connection: Duplex): boolean;
  /** Lets calls in flight finish, at most this long. */
  close(graceMs: number): Promise<void>;
}

export function openClientServer(client: string, parts: MethodParts): ClientServer {
  const sessions = new Set<ServerHttp2Session>();
  const calls = new Set<StreamCall>();
  const streams = new Set<OpenStream>();
  const methods = methodsOf(client, parts, (stream) => {
    streams.add(stream);
    void stream.closed.then(() => streams.delete(stream));
  });
  const unfinished = countUnfinished();
  let connections = 0;

  const begin = (call: StreamCall, headers: IncomingHttpHeaders): void => {
    const method = methods.get(String(headers[":path"]));
    const encoding = headers["grpc-encoding"] ?? "identity";
    if (method === undefined) call.end(SIGNER_STATUS.unimplemented, "no such method");
    else if (encoding !== "identity") call.end(SIGNER_STATUS.unimplemented, "messages are not compressed here");
    else if (calls.size > CLIENT_STREAMS_MAX)
      call.end(SIGNER_STATUS.resourceExhausted, "this client has too many open calls");
    else call.begin(method.open(call), method.unary);
  };

  const sweeper = setInterval(() => {
    const overdue = performance.now() - MESSAGE_MS;
    for (const call of calls) call.sweep(overdue);
  }, SWEEP_MS);

  return {
    client,
    accept(connection) {
      if (connections >= CLIENT_CONNECTIONS_MAX) return false;
      connections += 1;
      const session = performServerHandshake(
        connection as Parameters<typeof performServerHandshake>[0],
        {
          settings: { enablePush: false, maxConcurrentStreams: CONNECTION_STREAMS_MAX },
        } as Parameters<typeof performServerHandshake>[1],
      );
      sessions.add(session);
      // Of its transport or its framing: it is closed then, and with it all its calls.
      session.on("error", () => undefined);
      session.on("stream", (stream, headers) => {
        const call = new StreamCall(stream, unfinished);
        calls.add(call);
        stream.once("close", () => calls.delete(call));
        if (isGrpc(headers)) begin(call, headers);
        else stream.respond({ ":status": 415 }, { endStream: true });
      });
      connection.once("close", () => {
        connections -= 1;
        sessions.delete(session);
        session.destroy();
      });
      return true;
    },
    async close(graceMs) {
      for (const stream of streams) stream.finish();
      const ended = [...sessions].map(
        (session) => new Promise<void>((resolve) => (session.destroyed ? resolve() : session.close(resolve))),
      );
      let late: NodeJS.Timeout | undefined;
      const grace = new Promise<void>((resolve) => {
        late = setTimeout(resolve, graceMs);
      });
      await Promise.race([Promise.all(ended), grace]);
      clearTimeout(late);
      clearInterval(sweeper);
      for (const session of sessions) session.destroy();
    },
  };
}

function isGrpc(headers: IncomingHttpHeaders): boolean {
  return headers[":method"] === "POST" && /^application\/grpc(?:[+;]|$)/.test(headers["content-type"] ?? "");
}

/** One for all calls of a client: a limit of each call would be multiplied by their number. */
function countUnfinished(): Unfinished {
  let held = 0;
  return {
    hold(bytes) {
      held += bytes;
      return held <= CLIENT_UNFINISHED_BYTES_MAX;
    },
  };
}
