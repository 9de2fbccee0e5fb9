import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from "node:http2";
import { fail, ok, type Result } from "../../core/result.ts";
import { FRAME_BYTES_MAX } from "../../proto/frame.ts";
import { METADATA_BYTES_MAX } from "../limits.ts";
import { encodeBinary, SIGNATURE_HEADER } from "../wire/metadata.ts";
import type { LspPlace } from "./address.ts";
import { dialLsp } from "./dial.ts";
import { type ClientError, fault } from "./fault.ts";

/** One request, whole and signed. */
export interface RawCall {
  readonly path: string;
  readonly frame: Uint8Array;
  readonly signature: Uint8Array;
  /** Whether the frame is gzip, which is also what is offered for the answer. */
  readonly gzip: boolean;
}

/** What came back, byte for byte; nothing of it is judged yet. */
export interface RawReply {
  /** Of HTTP. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly wire: Buffer;
}

export interface Transport {
  /** @param deadline on the scale of `performance.now()`; `signal` ends the call there */
  call(call: RawCall, deadline: number, signal: AbortSignal): Promise<Result<RawReply, ClientError>>;
  close(): void;
}

/** gRPC spec, PROTOCOL-HTTP2: "TimeoutValue → positive integer as ASCII string of at most 8 digits". */
const TIMEOUT_MS_MAX = 99_999_999;

/** One connection, made with the first call and again when it is gone. */
export function openTransport(place: LspPlace): Transport {
  let session: ClientHttp2Session | undefined;

  const connected = async (signal: AbortSignal): Promise<Result<ClientHttp2Session, ClientError>> => {
    if (session !== undefined && !session.closed && !session.destroyed) return ok(session);
    const socket = await dialLsp(place, signal);
    if (!socket.ok) return socket;
    const fresh = connect(`${place.tls === undefined ? "http" : "https"}://${place.authority}`, {
      createConnection: () => socket.value,
      settings: { enablePush: false, maxHeaderListSize: METADATA_BYTES_MAX },
    });
    // After GOAWAY what is under way is still answered, and Node has closed the session for what comes.
    fresh.on("error", () => undefined);
    // An idle client does not keep the process alive.
    fresh.unref();
    session = fresh;
    return ok(fresh);
  };

  const attempt = async (call: RawCall, deadline: number, signal: AbortSignal): Promise<Exchanged> => {
    const ready = await connected(signal);
    if (!ready.ok) return ready;
    const ms = Math.min(Math.max(Math.ceil(deadline - performance.now()), 1), TIMEOUT_MS_MAX);
    try {
      ready.value.ref();
      const reply = await exchange(ready.value.request(headersOf(call, ms)), call.frame, signal);
      // A connection that a router has forgotten swallows one call after the other, for a quarter of an hour.
      if (reply === "refused" || !reply.ok) ready.value.destroy();
      return reply;
    } catch {
      // `request` throws for a session that has just ended.
      return "refused";
    } finally {
      ready.value.unref();
    }
  };

  return {
    async call(call, deadline, signal) {
      const first = await attempt(call, deadline, signal);
      // The same bytes again: an LSP that is being stopped refuses what crosses its GOAWAY, and another one may be there.
      const reply = first === "refused" ? await attempt(call, deadline, signal) : first;
      return reply === "refused" ? fail(fault("client_not_done", "refused twice")) : reply;
    },
    close() {
      session?.destroy();
      session = undefined;
    },
  };
}

/** As the original's client sends them (docs/contract.md#the-original-client), its list without spaces too: the original's server trims none. */
function headersOf({ path, signature, gzip }: RawCall, timeoutMs: number): Record<string, string> {
  return {
    ":method": "POST",
    ":path": path,
    te: "trailers",
    "content-type": "application/grpc+proto",
    "grpc-encoding": gzip ? "gzip" : "identity",
    "grpc-accept-encoding": gzip ? "identity,gzip" : "identity",
    "grpc-timeout": `${timeoutMs}m`,
    "user-agent": "btc-lsp-client",
    [SIGNATURE_HEADER]: encodeBinary(signature),
  };
}

/** `refused`: REFUSED_STREAM, "closed prior to any processing having occurred" (RFC 9113 8.7); a GOAWAY makes it, too. */
type Exchanged = Result<RawReply, ClientError> | "refused";

function exchange(stream: ClientHttp2Stream, frame: Uint8Array, signal: AbortSignal): Promise<Exchanged> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let [status, bytes] = [0, 0];
    let [headers, trailers]: [IncomingHttpHeaders, IncomingHttpHeaders] = [{}, {}];
    const end = (result: Exchanged): void => {
      signal.removeEventListener("abort", onAbort);
      if (result !== "refused" && !result.ok) stream.close(constants.NGHTTP2_CANCEL);
      resolve(result);
    };
    const onAbort = (): void => end(fail(fault("client_deadline")));
    signal.addEventListener("abort", onAbort, { once: true });
    stream.on("response", (received) => {
      status = received[":status"] ?? 0;
      headers = received;
    });
    stream.on("trailers", (received) => {
      trailers = received;
    });
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > FRAME_BYTES_MAX) end(fail(fault("client_frame", "too long")));
      else chunks.push(chunk);
    });
    stream.on("error", () => undefined);
    // After the last of everything, in whichever order it came.
    stream.on("close", () => {
      const isWhole = status !== 0 && stream.rstCode === constants.NGHTTP2_NO_ERROR;
      end(isWhole ? ok({ status, headers, trailers, wire: Buffer.concat(chunks) }) : cut(stream));
    });
    if (signal.aborted) onAbort();
    else stream.end(frame);
  });
}

function cut(stream: ClientHttp2Stream): Exchanged {
  if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) return "refused";
  return fail(fault("client_disconnected", `HTTP/2 code ${stream.rstCode}`));
}
