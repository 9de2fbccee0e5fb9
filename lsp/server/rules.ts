import { parseTimeout } from "../wire/metadata.ts";
import { STATUS, type Status } from "../wire/status.ts";

/** Why a request gets no further than its headers: no gRPC at all, or gRPC that is refused. */
export type WireRefusal =
  | { readonly kind: "http"; readonly status: 400 | 405 | 415 }
  | { readonly kind: "status"; readonly status: Status; readonly message: string };

const HTTP_400 = { kind: "http", status: 400 } as const;
const HTTP_405 = { kind: "http", status: 405 } as const;
const HTTP_415 = { kind: "http", status: 415 } as const;
const BAD_TIMEOUT = { kind: "status", status: STATUS.invalidArgument, message: "grpc-timeout is malformed" } as const;

const TOO_LARGE = { kind: "status", status: STATUS.resourceExhausted, message: "too much metadata" } as const;

/** As `node:http2` hands them over. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** "Content-Type → "content-type" "application/grpc" [("+proto" / "+json" / {custom})]" (gRPC over HTTP/2), or parameters. */
const CONTENT_TYPE = /^application\/grpc(?:[+;]|$)/i;

/**
 * Whether these are the headers of a gRPC call, by "gRPC over HTTP/2": "If Content-Type does not begin with
 * "application/grpc", gRPC servers SHOULD respond with HTTP status of 415". Without `te: trailers` there is a proxy on the
 * way that would lose the signature; grpc-core answers 400 to that as well.
 *
 * @param maxBytes of the header list, counted as HTTP/2 does
 */
export function judgeHeaders(headers: RequestHeaders, maxBytes: number): WireRefusal | undefined {
  if (listSize(headers) > maxBytes) return TOO_LARGE;
  if (headers[":method"] !== "POST") return HTTP_405;
  const type = headers["content-type"];
  if (type !== "application/grpc" && type !== "application/grpc+proto")
    if (typeof type !== "string" || !CONTENT_TYPE.test(type)) return HTTP_415;
  if (headers["te"] !== "trailers") return HTTP_400;
  // The one header that Node makes a list of. It belongs to responses.
  if (headers["set-cookie"] !== undefined) return HTTP_400;
  return undefined;
}

/** RFC 9113 6.5.2: "the length of the name and value in units of octets plus an overhead of 32 octets for each field". */
function listSize(headers: RequestHeaders): number {
  let size = 0;
  for (const name in headers) size += name.length + (headers[name]?.length ?? 0) + 32;
  return size;
}

/** Milliseconds that the request may take: the client's own deadline, but not more than `max`. */
export function judgeTimeout(headers: Readonly<Record<string, string>>, max: number): number | WireRefusal {
  const value = headers["grpc-timeout"];
  if (value === undefined) return max;
  const timeout = parseTimeout(value);
  return timeout === undefined ? BAD_TIMEOUT : Math.min(timeout, max);
}
