import assert from "node:assert/strict";
import { once } from "node:events";
import { constants, createServer as createHttp2, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { ok } from "../../../core/result.ts";
import { type Answered, type LspClientOptions, openLspClient } from "../../../lsp/client/client.ts";
import type { ClientCode } from "../../../lsp/client/fault.ts";
import { LSP_CLIENT_WAITING_MAX } from "../../../lsp/limits.ts";
import { FIELD_PATHS, genericFailure } from "../../../lsp/wire/failures.ts";
import { makeFrame } from "../../../lsp/wire/frame.ts";
import { encodeBinary } from "../../../lsp/wire/metadata.ts";
import { encodeResponse } from "../../../lsp/wire/request.ts";
import { PAYLOAD_BYTES_MAX } from "../../../proto/frame.ts";
import { ResponseSchema } from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { bound } from "../../tools/speed.ts";
import { customerKey, startServer, type TestLsp } from "./lsp.ts";

// Servers that are no LSP, or a broken one: on plaintext HTTP/2, where they may do as they please.

const { key: LSP } = customerKey(0x11);
const NODE_ID = Buffer.from(LSP.publicKey).toString("hex");
const HEADERS = { ":status": 200, "content-type": "application/grpc+proto" };

type Act = (stream: ServerHttp2Stream, session: ServerHttp2Session) => unknown;

let http: Server;
let act: Act = () => undefined;
const sockets = new Set<Socket>();
let tls: TestLsp;

before(async () => {
  const server = createHttp2();
  server.on("sessionError", () => undefined);
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => undefined);
    if (stream.session !== undefined) act(stream, stream.session as ServerHttp2Session);
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  http = server.listen(0, "127.0.0.1");
  await once(http, "listening");
  tls = await startServer(async () => ({ kind: "status", status: 14, message: "not here" }));
});
after(async () => {
  for (const socket of sockets) socket.destroy();
  http.close();
  await tls.stop();
});

const ANSWERS: readonly [string, ClientCode, Act][] = [
  ["another HTTP status", "client_http", (stream) => stream.respond({ ":status": 502 }, { endStream: true })],
  ["no gRPC", "client_http", (stream) => html(stream)],
  ["no trailers", "client_http", (stream) => [stream.respond(HEADERS), stream.end(makeFrame(Buffer.alloc(2), false))]],
  [
    "a status alone",
    "client_status",
    (stream) => stream.respond({ ...HEADERS, "grpc-status": "14" }, { endStream: true }),
  ],
  ["no frame", "client_frame", (stream) => reply(stream, Buffer.alloc(3))],
  ["two frames", "client_frame", (stream) => reply(stream, Buffer.alloc(10))],
  ["a long answer", "client_frame", (stream) => reply(stream, makeFrame(Buffer.alloc(PAYLOAD_BYTES_MAX + 1), false))],
  ["an endless answer", "client_frame", (stream) => flood(stream)],
  ["a gzip bomb", "client_frame", (stream) => reply(stream, makeFrame(Buffer.alloc(10_000_000), true), "gzip")],
  ["no signature", "client_unsigned", (stream) => reply(stream, makeFrame(Buffer.alloc(0), false))],
  [
    "long trailers",
    "client_signature",
    (stream) => reply(stream, makeFrame(Buffer.alloc(0), false), "identity", "A".repeat(60_000)),
  ],
  ["a reset", "client_disconnected", (stream) => stream.close(2)],
  ["an end of the connection", "client_disconnected", (_, session) => session.destroy()],
  ["an end in the middle", "client_disconnected", (stream) => [stream.respond(HEADERS), stream.write("abc", hangUp)]],
  ["nothing", "client_deadline", () => undefined],
  ["headers and nothing", "client_deadline", (stream) => stream.respond(HEADERS)],
];

for (const [what, code, answer] of ANSWERS) {
  test(`${what}: ${code}`, async () => {
    act = answer;
    const client = open({ deadlineMs: bound(code === "client_deadline" ? 100 : 10_000), gzip: what === "a gzip bomb" });
    assert.equal(await codeOf(client.getCfg()), code);
    // And it is not the end of the client.
    act = (stream) => answerWell(stream);
    assert.equal(await codeOf(client.getCfg()), "client_refused");
    client.close();
  });
}

test("after GOAWAY the next call makes a new connection", async () => {
  const client = open();
  act = (stream, session) => {
    answerWell(stream);
    session.goaway();
  };
  const seen = new Set<Socket>();
  for (let call = 0; call < 3; call += 1) {
    assert.equal(await codeOf(client.getCfg()), "client_refused");
    for (const socket of sockets) seen.add(socket);
  }
  assert.equal(seen.size, 3);
  client.close();
});

test("what the server refuses before it looks at it is sent again, once", async () => {
  const seen: string[] = [];
  const [refused, end] = [constants.NGHTTP2_REFUSED_STREAM, 2];
  act = (stream) => {
    stream.on("data", (chunk: Buffer) => seen.push(chunk.toString("hex")));
    stream.on("end", () => (seen.length < end ? stream.close(refused) : answerWell(stream)));
  };
  const client = open();
  assert.equal(await codeOf(client.getCfg()), "client_refused");
  assert.equal(seen.length, 2);
  assert.equal(seen[0], seen[1]);
  let calls = 0;
  act = (stream) => {
    calls += 1;
    stream.close(refused);
  };
  assert.equal(await codeOf(client.getCfg()), "client_not_done");
  assert.equal(calls, 2);
  client.close();
});

test("a connection that gave no answer is not used again", async () => {
  const client = open({ deadlineMs: bound(150) });
  const silent = new WeakSet<ServerHttp2Session>();
  act = (_, session) => silent.add(session);
  assert.equal(await codeOf(client.getCfg()), "client_deadline");
  act = (stream, session) => (silent.has(session) ? undefined : answerWell(stream));
  assert.equal(await codeOf(client.getCfg()), "client_refused");
  client.close();
});

test("one after the other: a request is not sent before the last one is answered", async () => {
  let [open_, most] = [0, 0];
  act = async (stream) => {
    open_ += 1;
    most = Math.max(most, open_);
    await sleep(5);
    open_ -= 1;
    await answerWell(stream);
  };
  const client = open();
  await Promise.all(Array.from({ length: 8 }, () => client.getCfg()));
  assert.equal(most, 1);
  client.close();
});

test("who waits behind a call that hangs waits no longer than the deadline, and the queue has an end", async () => {
  act = () => undefined;
  const client = open({ deadlineMs: bound(100) });
  const codes = await Promise.all(Array.from({ length: LSP_CLIENT_WAITING_MAX + 1 }, () => codeOf(client.getCfg())));
  assert.deepEqual(new Set(codes), new Set(["client_deadline", "client_not_done", "client_busy"]));
  assert.equal(codes.filter((code) => code === "client_busy").length, 1);
  client.close();
});

test("closed: what is under way and what waits ends, and nothing begins", async () => {
  const asked = Promise.withResolvers<void>();
  act = () => asked.resolve();
  const client = open();
  const calls = [codeOf(client.getCfg()), codeOf(client.getCfg())];
  await asked.promise;
  client.close();
  assert.deepEqual(await Promise.all(calls), ["client_closed", "client_closed"]);
  assert.equal(await codeOf(client.getCfg()), "client_closed");
});

test("a key that signs wrongly, never or not at all", async () => {
  act = (stream) => answerWell(stream);
  const { key } = customerKey();
  const keys: readonly [ClientCode, LspClientOptions["key"]][] = [
    ["client_key_signature", { ...key, publicKey: LSP.publicKey }],
    ["client_key_signature", { ...key, sign: async () => ok(Buffer.alloc(70)) }],
    ["client_key", { ...key, sign: () => Promise.reject(new Error("broken")) }],
    ["client_not_done", { ...key, sign: () => new Promise(() => undefined) }],
  ];
  for (const [code, wrong] of keys) {
    const client = open({ key: wrong, deadlineMs: bound(100) });
    assert.equal(await codeOf(client.getCfg()), code);
    client.close();
  }
});

test("an address, node id or way that cannot be is an error of the call", async () => {
  const cases: readonly (readonly [ClientCode, Partial<LspClientOptions>])[] = [
    ...["", "host", "host:", "host:0", "host:65536", "http://host:1", "[::1:1", "ho st:1", "a:1:1"].map(
      (address) => ["client_address", { address }] as const,
    ),
    ...["203.0.113.7:1", "lsp.example:1", "[::2]:1", "127.0.0.1.example:1"].map(
      (address) => ["client_plaintext", { address }] as const,
    ),
    ...["", "00".repeat(33), "02".repeat(32), `${NODE_ID}00`, "zz".repeat(33), `04${NODE_ID.slice(2)}`].map(
      (nodeId) => ["client_node_id", { nodeId }] as const,
    ),
  ];
  for (const [code, options] of cases) {
    assert.equal(await codeOf(open(options).getCfg()), code, JSON.stringify(options));
  }
});

test("connection refused, no answer, and a plaintext server each give their own code", async () => {
  const leaving = Promise.withResolvers<void>();
  const hole = createTcp((socket) => void socket.resume().on("close", leaving.resolve)).listen(0, "127.0.0.1");
  await once(hole, "listening");
  const { port } = hole.address() as AddressInfo;
  const secure = { tls: {} };
  const silent = await open({ address: `127.0.0.1:${port}`, ...secure, deadlineMs: bound(100) }).getCfg();
  assert.deepEqual(silent.ok ? "ok" : silent.error, { code: "client_tls", about: "no answer in time" });
  await leaving.promise;
  await new Promise((resolve) => hole.close(resolve));
  assert.equal(await codeOf(open({ address: `127.0.0.1:${port}`, ...secure }).getCfg()), "client_unreachable");
  assert.equal(await codeOf(open(secure).getCfg()), "client_tls");
});

test("TLS: the authority and the name have to be right", async () => {
  const port = tls.address.split(":")[1] ?? "";
  const certificate = tls.certificate;
  const cases: readonly [string, ClientCode, LspClientOptions["tls"], string][] = [
    [tls.address, "client_status", { certificate }, "UNAVAILABLE"],
    [`localhost:${port}`, "client_status", { certificate }, "UNAVAILABLE"],
    [tls.address, "client_status", { certificate, serverName: "localhost" }, "UNAVAILABLE"],
    [tls.address, "client_tls", { certificate, serverName: "lsp.example" }, "ERR_TLS_CERT_ALTNAME_INVALID"],
    [`127.0.0.2:${port}`, "client_unreachable", { certificate }, "ECONNREFUSED"],
    [tls.address, "client_tls", {}, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    [tls.address, "client_disconnected", "plaintext-loopback", ""],
  ];
  for (const [address, code, trust, about] of cases) {
    const answer = await open({ address, tls: trust }).getCfg();
    assert(!answer.ok);
    assert.equal(answer.error.code, code, address);
    assert(answer.error.about.startsWith(about), answer.error.about);
  }
});

function open(options: Partial<LspClientOptions> = {}): ReturnType<typeof openLspClient> {
  return openLspClient({
    address: `127.0.0.1:${(http.address() as AddressInfo).port}`,
    tls: "plaintext-loopback",
    nodeId: NODE_ID,
    key: customerKey().key,
    deadlineMs: bound(10_000),
    ...options,
  });
}

async function codeOf(answered: Answered<unknown>): Promise<string> {
  const answer = await answered;
  return answer.ok ? "ok" : answer.error.code;
}

function reply(stream: ServerHttp2Stream, wire: Uint8Array, encoding = "identity", signature?: string): void {
  stream.respond({ ...HEADERS, "grpc-encoding": encoding }, { waitForTrailers: true });
  stream.on("wantTrailers", () => {
    stream.sendTrailers({ "grpc-status": "0", ...(signature === undefined ? {} : { "sig-bin": signature }) });
  });
  stream.end(wire);
}

/** A failure, signed just now. */
async function answerWell(stream: ServerHttp2Stream): Promise<void> {
  const ctx = { nonce: { val: BigInt(Date.now()) * 1000n + nonces++ }, lnPubKey: { val: LSP.publicKey } };
  const either = { case: "failure", value: genericFailure(FIELD_PATHS.none, "VERIFICATION_FAILED") } as const;
  const wire = makeFrame(encodeResponse(ResponseSchema, create(ResponseSchema, { ctx, either })), false);
  const signature = await LSP.sign(wire);
  assert(signature.ok);
  reply(stream, wire, "identity", encodeBinary(signature.value));
}
let nonces = 0n;

function html(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": "text/html" });
  stream.end("<h1>It works!</h1>");
}

/** As long as the other side takes it. */
function flood(stream: ServerHttp2Stream): void {
  stream.respond(HEADERS);
  const more = (): void => {
    if (!stream.destroyed && !stream.closed) stream.write(Buffer.alloc(16_384), more);
  };
  more();
}

function hangUp(): void {
  for (const socket of sockets) socket.destroy();
}
