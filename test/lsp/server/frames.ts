import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { connect as connectTls } from "node:tls";

/** HTTP/2 by hand (RFC 9113), for what no honest client sends. */
export const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 } as const;
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

export interface Http2Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function http2Frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** RFC 7541 6.2.2, literal without indexing and without Huffman: the plainest form of a header. */
export function headerBlock(headers: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

/** RFC 7541 5.1: a length with a prefix of seven bits. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

export const GRPC_HEADERS: readonly (readonly [string, string])[] = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/test.Echo/Echo"],
  [":authority", "127.0.0.1"],
  ["content-type", "application/grpc"],
  ["te", "trailers"],
];

export interface RawClient {
  readonly socket: Socket;
  /** What the server sent so far. */
  readonly frames: Http2Frame[];
  send(...frames: Buffer[]): void;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
}

/**
 * Connects. `preface`: sends it, with empty SETTINGS; otherwise nothing. `deaf`: does not hang up when the server does.
 * `authority`: over TLS, with a certificate of this one.
 */
export async function rawClient(
  port: number,
  { preface = true, deaf = false, authority = "" } = {},
): Promise<RawClient> {
  const place = { port, host: "127.0.0.1", allowHalfOpen: deaf };
  const socket = authority === "" ? connect(place) : connectTls({ ...place, ca: authority, ALPNProtocols: ["h2"] });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, authority === "" ? "connect" : "secureConnect");
  const frames: Http2Frame[] = [];
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      const [type, flags] = [rest.readUInt8(3), rest.readUInt8(4)];
      frames.push({ type, flags, stream: rest.readUInt32BE(5) & 0x7fffffff, payload: rest.subarray(9, end) });
      rest = rest.subarray(end);
    }
  });
  const send = (...sent: Buffer[]): void => {
    if (!socket.destroyed) socket.write(Buffer.concat(sent));
  };
  if (preface) send(Buffer.from(PREFACE), http2Frame(TYPE.settings, 0, 0));
  return { socket, frames, send, closed };
}

/** The error code of a RST_STREAM, or of a GOAWAY. */
export function errorCodeOf({ type, payload }: Http2Frame): number {
  return payload.readUInt32BE(type === TYPE.goaway ? 4 : 0);
}

/** The payload of a RST_STREAM. */
export function code(value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(value);
  return payload;
}

/** A raw client that is gone when the test is over. */
export async function clientOf(t: TestContext, { port }: { readonly port: number }, options = {}): Promise<RawClient> {
  const client = await rawClient(port, options);
  t.after(() => client.socket.destroy());
  return client;
}

export const goaways = ({ frames }: RawClient): Http2Frame[] => frames.filter(({ type }) => type === TYPE.goaway);
export const resets = ({ frames }: RawClient): Http2Frame[] => frames.filter(({ type }) => type === TYPE.reset);

/** Waits for the server's SETTINGS and acknowledges them, as an honest client does. */
export async function acknowledge(client: RawClient): Promise<void> {
  while (client.frames.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  client.send(http2Frame(TYPE.settings, FLAG.ack, 0));
}

export const openStream = (id: number, headers = GRPC_HEADERS): Buffer =>
  http2Frame(TYPE.headers, FLAG.endHeaders, id, headerBlock(headers));
