import assert from "node:assert/strict";
import { constants } from "node:http2";
import test from "node:test";
import type { Incoming } from "../../../lsp/server/server.ts";
import { STATUS } from "../../../lsp/wire/status.ts";
import { FRAME_BYTES_MAX } from "../../../proto/frame.ts";
import { bound } from "../../tools/speed.ts";
import { FLAG, GRPC_HEADERS, headerBlock, http2Frame, rawClient, TYPE } from "./frames.ts";
import {
  answerOnStream,
  call,
  ECHO,
  FRAME,
  grpcStatusOf,
  HEADERS,
  requestOn,
  SIGNATURE,
  startServerRig,
  untilTrue,
} from "./rig.ts";

test("a reply is the handler's bytes, with the signature of them in the trailers", async (t) => {
  const { session, reports } = await startServerRig(t);
  const { headers, trailers, body } = await call(session());
  assert.deepEqual(headers, {
    ":status": 200,
    "content-type": "application/grpc+proto",
    "grpc-encoding": "identity",
    trailer: "sig-bin, grpc-status",
  });
  assert.deepEqual(trailers, { "grpc-status": "0", "sig-bin": SIGNATURE.toString("base64") });
  assert.deepEqual(body, FRAME);
  assert.deepEqual(
    reports.map(({ path, status, address }) => ({ path, status, address })),
    [{ path: ECHO, status: STATUS.ok, address: "127.0.0.1" }],
  );
});

test("a gzip reply says so, a plain one has no signature", async (t) => {
  const { session } = await startServerRig(t, {
    known: () => true,
    handle: async ({ path, wire }) =>
      path === "/gzip" ? { kind: "reply", wire, signature: SIGNATURE, gzip: true } : { kind: "plain", wire },
  });
  const client = session();
  const gzip = await call(client, { ":path": "/gzip" });
  assert.equal(gzip.headers["grpc-encoding"], "gzip");
  assert.equal(gzip.trailers["sig-bin"], SIGNATURE.toString("base64"));
  const plain = await call(client, { ":path": "/plain" });
  assert.equal(plain.headers["trailer"], "grpc-status");
  assert.deepEqual(plain.trailers, { "grpc-status": "0" });
  assert.deepEqual(plain.body, FRAME);
});

test("a status is Trailers-Only, its text percent-encoded", async (t) => {
  const { session } = await startServerRig(t, {
    handle: async () => ({ kind: "status", status: STATUS.unavailable, message: "später 100%" }),
  });
  const { headers, trailers, body } = await call(session());
  assert.deepEqual(headers, {
    ":status": 200,
    "content-type": "application/grpc+proto",
    "grpc-status": "14",
    "grpc-message": "sp%C3%A4ter 100%25",
  });
  assert.deepEqual(trailers, {});
  assert.equal(body.length, 0);
});

test("the handler gets headers, address, deadline and an id of its own", async (t) => {
  const seen: Incoming[] = [];
  const asked = bound(2_000);
  const most = 2 * asked;
  const { session } = await startServerRig(t, {
    limits: { callMs: most },
    handle: async (incoming) => {
      seen.push(incoming);
      return { kind: "plain", wire: incoming.wire };
    },
  });
  const client = session();
  const before = performance.now();
  await call(client, { "sig-bin": ["AA==", "BB=="], "grpc-timeout": `${asked}m` });
  const between = performance.now();
  await call(client);
  const after = performance.now();
  const [first, second] = seen as [Incoming, Incoming];
  assert.equal(first.path, ECHO);
  assert.equal(first.headers["sig-bin"], "AA==, BB==");
  assert.equal(first.address, "127.0.0.1");
  assert.match(first.id, /^[0-9a-f]{16}$/);
  assert.notEqual(first.id, second.id);
  assert(first.deadline >= before + asked && first.deadline <= between + asked);
  assert(second.deadline >= between + most && second.deadline <= after + most, "the server's own maximum");
  assert.equal(first.signal, first.signal);
  assert.equal(first.signal.aborted, true, "the call is over");
});

test("a body comes in any pieces, and none is a body too", async (t) => {
  const { session } = await startServerRig(t);
  const client = session();
  const pieces = requestOn(client);
  for (const byte of FRAME) {
    pieces.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  pieces.end();
  assert.deepEqual((await answerOnStream(pieces)).body, FRAME);
  const largest = Buffer.alloc(FRAME_BYTES_MAX, 7);
  assert.deepEqual((await call(client, {}, largest)).body, largest);
  const none = client.request(HEADERS, { endStream: true });
  assert.equal(grpcStatusOf(await answerOnStream(none)), "0");
});

test("two frames arrive as they came: what they are is for the one who reads them", async (t) => {
  const { session } = await startServerRig(t);
  const two = Buffer.concat([FRAME, FRAME]);
  assert.deepEqual((await call(session(), {}, two)).body, two);
});

test("one byte more than the largest body is refused, and so are 10 MB, read no further", async (t) => {
  let handled = 0;
  const { session, reports } = await startServerRig(t, {
    handle: async ({ wire }) => {
      handled += 1;
      return { kind: "plain", wire };
    },
  });
  const client = session();
  const refused = await call(client, {}, Buffer.alloc(FRAME_BYTES_MAX + 1));
  assert.equal(grpcStatusOf(refused), String(STATUS.resourceExhausted));
  // Often enough to use up the connection's window many times, if refused bytes were not given back to it.
  for (let round = 0; round < 5; round += 1) {
    const answer = await call(client, {}, Buffer.alloc(10_000_000));
    assert.equal(grpcStatusOf(answer), String(STATUS.resourceExhausted));
    assert.equal(answer.code, constants.NGHTTP2_NO_ERROR);
  }
  assert.equal(handled, 0);
  assert.deepEqual((await call(client, {}, FRAME)).body, FRAME, "the connection goes on");
  assert.equal(reports.length, 7);
});

test("what is no gRPC call is told so in HTTP", async (t) => {
  const { session, port } = await startServerRig(t);
  const client = session();
  const http = async (headers: Record<string, string | undefined>): Promise<unknown> =>
    (await call(client, headers)).headers[":status"];
  assert.equal(await http({ ":method": "PUT" }), 405);
  for (const type of ["application/json", "application/grpc-web", "application/grpcx", undefined])
    assert.equal(await http({ "content-type": type }), 415, type);
  for (const type of ["application/grpc+proto", "application/grpc;charset=utf-8", "Application/GRPC+raw"])
    assert.equal(await http({ "content-type": type }), 200, type);
  assert.equal(await http({ te: undefined }), 400);
  assert.equal(await http({ "set-cookie": "a" }), 400);
  for (const method of ["GET", "HEAD"]) {
    const stream = client.request({ ":method": method, ":path": ECHO });
    assert.equal((await answerOnStream(stream)).headers[":status"], 405, method);
  }
  // Node's client does not let this one out.
  const raw = await rawClient(port);
  const headers = GRPC_HEADERS.map(([name, value]) => [name, name === "te" ? "gzip" : value] as const);
  raw.send(http2Frame(TYPE.headers, FLAG.endHeaders | FLAG.endStream, 1, headerBlock(headers)));
  // nghttp2 itself takes no `te` but "trailers" (RFC 9113 8.2.2).
  await untilTrue(() => raw.frames.some(({ stream, type }) => stream === 1 && type === TYPE.reset));
  raw.socket.destroy();
});

test("before a byte of the body is read: unknown path, too many from an address, a malformed timeout", async (t) => {
  let admitted = true;
  const { session, reports } = await startServerRig(t, { admit: () => admitted });
  const client = session();
  const early = async (headers: Record<string, string>): Promise<string | undefined> => {
    // The body never comes: the answer must not wait for it.
    const stream = requestOn(client, headers);
    return grpcStatusOf(await answerOnStream(stream));
  };
  assert.equal(await early({ ":path": "/test.Echo/Other" }), String(STATUS.unimplemented));
  assert.equal(await early({ "grpc-timeout": "1 S" }), String(STATUS.invalidArgument));
  assert.equal(await early({ "grpc-timeout": "0m" }), String(STATUS.deadlineExceeded));
  admitted = false;
  assert.equal(await early({}), String(STATUS.resourceExhausted));
  assert.deepEqual(
    reports.map(({ status }) => status),
    [STATUS.unimplemented, STATUS.invalidArgument, STATUS.deadlineExceeded, STATUS.resourceExhausted],
  );
});

test("what a handler throws is INTERNAL outside and the exception inside", async (t) => {
  const thrown = new Error("password=hunter2");
  const { session, reports } = await startServerRig(t, {
    known: () => true,
    handle: ({ path }) => {
      if (path === "/sync") throw thrown;
      return Promise.reject(thrown);
    },
  });
  const client = session();
  for (const path of ["/sync", "/async"]) {
    const { headers } = await call(client, { ":path": path });
    assert.equal(headers["grpc-status"], String(STATUS.internal));
    assert.equal(headers["grpc-message"], "internal error");
  }
  assert.deepEqual(
    reports.map(({ status, error }) => ({ status, error })),
    [STATUS.internal, STATUS.internal].map((status) => ({ status, error: thrown })),
  );
});

test("an answer that HTTP/2 cannot carry resets the stream and nothing else", async (t) => {
  const { session, reports } = await startServerRig(t, {
    handle: async ({ wire }) => ({ kind: "reply", wire, signature: undefined as unknown as Buffer, gzip: false }),
  });
  const client = session();
  assert.equal((await call(client)).code, constants.NGHTTP2_INTERNAL_ERROR);
  assert.equal((await call(client)).code, constants.NGHTTP2_INTERNAL_ERROR);
  assert(reports.every(({ status, error }) => status === STATUS.internal && error instanceof Error));
});

test("an exception of what decides before the body is INTERNAL too", async (t) => {
  const thrown = new Error("inside");
  const { session, reports } = await startServerRig(t, {
    admit: () => {
      throw thrown;
    },
  });
  const { headers } = await call(session());
  assert.equal(headers["grpc-status"], String(STATUS.internal));
  assert.equal(reports[0]?.error, thrown);
});
