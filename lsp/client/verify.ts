import type { IncomingHttpHeaders } from "node:http2";
import { fail, ok, type Result } from "../../core/result.ts";
import { openFrame } from "../wire/frame.ts";
import { decodeBinary, decodeMessage, SIGNATURE_HEADER } from "../wire/metadata.ts";
import { verifyFrame } from "../wire/signature.ts";
import { type ClientError, fault, type ServerRefusal } from "./fault.ts";
import type { ClientReply } from "./methods.ts";
import { printable } from "./text.ts";
import type { RawReply } from "./transport.ts";

/** What an answer is held to. */
export interface Standard {
  /** The pinned key of the LSP, 33 bytes: never the one that the answer names (docs/client.md#what-is-signed). */
  readonly publicKey: Uint8Array;
  readonly offeredGzip: boolean;
  /** The largest nonce that an answer to this client has proven; the next one has to be larger. */
  readonly lastNonce: bigint;
  /** This machine's time, and how far the answer's may be from it. */
  readonly nowMs: number;
  readonly windowMs: number;
}

/** What the LSP has signed, just now. */
export interface Proven<T> {
  readonly outcome: ClientReply<T>["outcome"];
  readonly nonce: bigint;
  /** The answer as it was signed, flag and length too, and its signature in DER: evidence for later. */
  readonly frame: Buffer;
  readonly signature: Buffer;
  readonly compressed: boolean;
}

/**
 * Judges an answer over the bytes that came. In this order, and the first that fails ends it: it is gRPC, its status is
 * OK, it is one frame, that frame is signed by the pinned key, the signed message is one of the contract, names the
 * pinned key, is newer than the last, and is of now.
 *
 * Nothing is taken from bytes that are not proven but the error's `refusal`, which says so.
 */
export function proveReply<T>(
  reply: RawReply,
  decode: (message: Uint8Array) => ClientReply<T> | undefined,
  standard: Standard,
): Result<Proven<T>, ClientError> {
  const status = checkStatus(reply);
  if (!status.ok) return status;
  const opened = openFrame(reply.wire, valueIn(reply.headers, "grpc-encoding"));
  if (!opened.ok) return fail(fault("client_frame", opened.error.message));
  const { compressed, message } = opened.value;
  if (compressed && !standard.offeredGzip) return fail(fault("client_frame", "it is gzip, which was not offered"));
  const decoded = decode(message);
  const doubt = (error: ClientError): Result<never, ClientError> =>
    fail(decoded?.outcome.kind === "failure" ? { ...error, refusal: decoded.outcome.refusal } : error);

  // In Trailers-Only form what belongs in the trailers stands in the headers.
  const header = valueIn(reply.trailers, SIGNATURE_HEADER) ?? valueIn(reply.headers, SIGNATURE_HEADER);
  if (header === undefined) return doubt(fault("client_unsigned"));
  const signature = decodeBinary(header);
  if (signature === undefined || !verifyFrame(reply.wire, signature, standard.publicKey)) {
    return doubt(fault("client_signature"));
  }
  if (decoded === undefined) return fail(fault("client_reply_form"));
  const nonce = decoded.ctx?.nonce?.val;
  const key = decoded.ctx?.lnPubKey?.val;
  if (nonce === undefined || key === undefined) return doubt(fault("client_no_context"));
  if (Buffer.compare(key, standard.publicKey) !== 0) {
    return doubt(fault("client_other_node", Buffer.from(key).toString("hex")));
  }
  const untimely = checkNonce(nonce, standard);
  if (untimely !== undefined) return doubt(untimely);
  return ok({ outcome: decoded.outcome, nonce, frame: reply.wire, signature, compressed });
}

function checkStatus({ status: http, headers, trailers }: RawReply): Result<undefined, ClientError> {
  if (http !== 200) return fail(fault("client_http", `HTTP status ${http}`));
  const type = valueIn(headers, "content-type") ?? "none";
  if (!/^application\/grpc(?:[+;]|$)/.test(type)) return fail(fault("client_http", `content type ${printable(type)}`));
  const status = valueIn(trailers, "grpc-status") ?? valueIn(headers, "grpc-status") ?? "";
  if (!/^\d{1,2}$/.test(status)) return fail(fault("client_http", "no grpc-status"));
  if (Number(status) === 0) return ok(undefined);
  const message = valueIn(trailers, "grpc-message") ?? valueIn(headers, "grpc-message") ?? "";
  return fail({
    ...fault("client_status", statusName(Number(status))),
    refusal: statusRefusal(Number(status), message),
  });
}

function checkNonce(nonce: bigint, { lastNonce, nowMs, windowMs }: Standard): ClientError | undefined {
  if (nonce <= lastNonce) return fault("client_nonce_old", `${timeOf(nonce)}, before it ${timeOf(lastNonce)}`);
  const apart = nonce - BigInt(Math.round(nowMs)) * 1000n;
  const window = BigInt(windowMs) * 1000n;
  if (apart <= window && apart >= -window) return undefined;
  return fault(
    "client_nonce_time",
    `it says ${timeOf(nonce)}, this machine ${timeOf(BigInt(Math.round(nowMs)) * 1000n)}`,
  );
}

/** ECMAScript's last time value, in microseconds. */
const TIME_US_MAX = 8_640_000_000_000_000_000n;

/** A nonce is microseconds since 1970, or anything: then it stays a number. */
function timeOf(nonce: bigint): string {
  return nonce <= TIME_US_MAX ? new Date(Number(nonce / 1000n)).toISOString() : String(nonce);
}

/** In the order of their numbers (grpc.github.io, "Status codes and their use in gRPC"). */
const STATUS_NAMES = [
  ...["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"],
  ...["PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED"],
  ...["INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"],
];

function statusName(status: number): string {
  return STATUS_NAMES[status] ?? String(status);
}

function statusRefusal(status: number, message: string): ServerRefusal {
  return { kind: "status", status, name: statusName(status), message: printable(decodeMessage(message)) };
}

/** A header that came once. Node joins repeated headers with a comma; such a value fails to parse, as it should. */
function valueIn(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}
