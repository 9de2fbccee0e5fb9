import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type Settings } from "node:http2";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { openServer, type RequestReport, type Server, type ServerOptions } from "../../../lsp/server/server.ts";
import { type Credential, makeAuthority, makeServer, validFor } from "../../../signer/pki/authority.ts";
import { eventually } from "../../tools/wait.ts";

export const ECHO = "/test.Echo/Echo";
/** One frame, uncompressed, of five bytes. */
export const FRAME = Buffer.from("000000000568656c6c6f", "hex");
export const SIGNATURE = Buffer.from("a signature");

export interface ServerRig {
  readonly server: Server;
  readonly port: number;
  readonly reports: RequestReport[];
  readonly turnedAway: string[];
  /** A plaintext HTTP/2 client of this server, from another address of loopback where one is said. */
  session(options?: { readonly from?: string; readonly settings?: Settings }): ClientHttp2Session;
}

/** A server on loopback that echoes what it gets, signed; closed when the test ends. */
export async function startServerRig(t: TestContext, options: Partial<ServerOptions> = {}): Promise<ServerRig> {
  const reports: RequestReport[] = [];
  const turnedAway: string[] = [];
  const opened = await openServer({
    listen: { host: "127.0.0.1", port: 0 },
    tls: undefined,
    handle: async ({ wire }) => ({ kind: "reply", wire, signature: SIGNATURE, gzip: false }),
    known: (path) => path === ECHO,
    admit: () => true,
    onRequest: (report) => reports.push(report),
    onTurnedAway: (why, address, detail) => turnedAway.push([why, address, detail].join(" ").trim()),
    ...options,
    limits: { sweepMs: 10, ...options.limits },
  });
  assert(opened.ok, JSON.stringify(opened));
  const server = opened.value;
  const sessions: ClientHttp2Session[] = [];
  t.after(async () => {
    for (const session of sessions) session.destroy();
    await server.close(0);
  });
  return {
    server,
    port: server.port,
    reports,
    turnedAway,
    session({ from = "127.0.0.1", settings = {} } = {}) {
      // Megabytes. Node's client counts what it could not send of a stream that was reset, and never again takes an answer.
      const { port } = server;
      const session = connect(`http://127.0.0.1:${port}`, {
        maxSessionMemory: 1_000,
        settings,
        createConnection: () => connectTcp({ host: "127.0.0.1", port, localAddress: from }),
      });
      session.on("error", () => undefined);
      sessions.push(session);
      return session;
    },
  };
}

export type HeaderFields = Record<string, string | string[] | number | undefined>;

export interface ServerAnswer {
  readonly headers: HeaderFields;
  readonly trailers: HeaderFields;
  readonly body: Buffer;
  /** HTTP/2 error code that the stream ended with. */
  readonly code: number;
}

/** The status of gRPC, in trailers or in Trailers-Only. */
export function grpcStatusOf({ headers, trailers }: ServerAnswer): string | undefined {
  const status = trailers["grpc-status"] ?? headers["grpc-status"];
  return typeof status === "string" ? status : undefined;
}

export const HEADERS = {
  ":method": "POST",
  ":path": ECHO,
  "content-type": "application/grpc",
  te: "trailers",
} as const;

/** Opens a stream; an undefined header is left out. */
export function requestOn(
  session: ClientHttp2Session,
  headers: Readonly<Record<string, string | string[] | undefined>> = {},
): ClientHttp2Stream {
  const stream = session.request({ ...HEADERS, ...headers });
  stream.on("error", () => undefined);
  return stream;
}

/** All that comes back on a stream. */
export async function answerOnStream(stream: ClientHttp2Stream): Promise<ServerAnswer> {
  const chunks: Buffer[] = [];
  const headers: HeaderFields = {};
  const trailers: HeaderFields = {};
  // Without the symbol that Node adds.
  stream.on("response", (received) => void Object.assign(headers, Object.fromEntries(Object.entries(received))));
  stream.on("trailers", (received) => void Object.assign(trailers, Object.fromEntries(Object.entries(received))));
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  if (!stream.destroyed) await once(stream, "close").catch(() => undefined);
  return { headers, trailers, body: Buffer.concat(chunks), code: stream.rstCode ?? 0 };
}

/** A whole call. */
export function call(
  session: ClientHttp2Session,
  headers: Readonly<Record<string, string | string[] | undefined>> = {},
  body: Buffer = FRAME,
): Promise<ServerAnswer> {
  const stream = requestOn(session, headers);
  stream.end(body);
  return answerOnStream(stream);
}

/** Waits for something that has no event of its own. */
export async function untilTrue(condition: () => boolean): Promise<void> {
  await eventually(`${condition}`, condition, { pauseMs: 5 });
}

export interface Files {
  readonly folder: string;
  readonly certificate: string;
  readonly privateKey: string;
  /** Replaces both files by those of a new authority. */
  renew(): Credential & { readonly authority: string };
}

/** A certificate for 127.0.0.1 and its key as files; removed when the test ends. */
export function makeFiles(t: TestContext): Files & { readonly authority: string } {
  const folder = mkdtempSync(join(tmpdir(), "lsp-server-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const certificate = join(folder, "server.crt");
  const privateKey = join(folder, "server.key");
  const renew = (): Credential & { readonly authority: string } => {
    const validity = validFor(1, Date.now());
    const authority = makeAuthority("test", validity);
    const credential = makeServer(authority, ["localhost", "127.0.0.1"], validity);
    writeFileSync(certificate, credential.certificate);
    writeFileSync(privateKey, credential.privateKey);
    return { ...credential, authority: authority.certificate };
  };
  const { authority } = renew();
  return { folder, certificate, privateKey, renew, authority };
}
