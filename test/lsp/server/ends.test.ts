import assert from "node:assert/strict";
import { constants } from "node:http2";
import test from "node:test";
import type { Incoming } from "../../../lsp/server/server.ts";
import { STATUS } from "../../../lsp/wire/status.ts";
import { bound } from "../../tools/speed.ts";
import { code, FLAG, GRPC_HEADERS, headerBlock, http2Frame, rawClient, TYPE } from "./frames.ts";
import { answerOnStream, call, FRAME, grpcStatusOf, requestOn, startServerRig, untilTrue } from "./rig.ts";

test("the deadline ends a call that the handler does not, and tells the handler", async (t) => {
  let signal: AbortSignal | undefined;
  let finish = (): void => undefined;
  const { session, reports } = await startServerRig(t, {
    handle: (incoming) => {
      signal = incoming.signal;
      return new Promise((resolve) => {
        finish = () => resolve({ kind: "plain", wire: FRAME });
      });
    },
  });
  const client = session();
  const answer = await call(client, { "grpc-timeout": `${bound(50)}m` });
  assert.equal(grpcStatusOf(answer), String(STATUS.deadlineExceeded));
  assert.equal(signal?.aborted, true);
  finish();
  await new Promise(setImmediate);
  assert.deepEqual(
    reports.map(({ status }) => status),
    [STATUS.deadlineExceeded],
  );
});

test("a slow body has a deadline of its own", async (t) => {
  const { session } = await startServerRig(t, { limits: { bodyMs: 50 } });
  const stream = requestOn(session());
  const drip = setInterval(() => stream.writable && stream.write(Buffer.from([0])), 10);
  const answer = await answerOnStream(stream);
  clearInterval(drip);
  assert.equal(grpcStatusOf(answer), String(STATUS.deadlineExceeded));
});

test("a client that goes in the middle of a call harms nobody", async (t) => {
  const seen: Incoming[] = [];
  const waiting: (() => void)[] = [];
  const { session, reports, server, port } = await startServerRig(t, {
    handle: (incoming) => {
      seen.push(incoming);
      return new Promise((resolve) => waiting.push(() => resolve({ kind: "plain", wire: incoming.wire })));
    },
  });
  const stays = session();
  const kept = call(stays);
  await untilTrue(() => seen.length === 1);
  // Reset while the body comes, while the handler works, and with the whole connection. Node's client would end the body.
  const reading = await rawClient(port);
  reading.send(
    http2Frame(TYPE.headers, FLAG.endHeaders, 1, headerBlock(GRPC_HEADERS)),
    http2Frame(TYPE.data, 0, 1, FRAME),
    http2Frame(TYPE.reset, 0, 1, code(constants.NGHTTP2_CANCEL)),
  );
  await untilTrue(() => reports.length === 1);
  assert.equal(seen.length, 1, "half a body is not handed over");
  reading.socket.destroy();
  const handling = requestOn(stays);
  handling.end(FRAME);
  const lost = session();
  void call(lost);
  await untilTrue(() => seen.length === 3);
  const [, second, third] = seen as [Incoming, Incoming, Incoming];
  assert.equal(second.signal.aborted, false);
  handling.close(constants.NGHTTP2_CANCEL);
  lost.destroy();
  await untilTrue(() => second.signal.aborted && reports.length === 3);
  assert.equal(third.signal.aborted, true, "also when first asked for afterwards");
  for (const finish of waiting) finish();
  assert.deepEqual((await kept).body, FRAME);
  assert.deepEqual(
    reports.map(({ status }) => status),
    [STATUS.cancelled, STATUS.cancelled, STATUS.cancelled, STATUS.ok],
  );
  await untilTrue(() => server.connections() === 1);
});

test("handlers of clients that are gone count as in flight: others are told that it is busy", async (t) => {
  const waiting: (() => void)[] = [];
  const { session } = await startServerRig(t, {
    limits: { calls: 3 },
    handle: ({ wire }) => new Promise((resolve) => waiting.push(() => resolve({ kind: "plain", wire }))),
  });
  const client = session();
  for (let at = 1; at <= 3; at += 1) {
    const gone = requestOn(client);
    gone.end(FRAME);
    await untilTrue(() => waiting.length === at);
    gone.close(constants.NGHTTP2_CANCEL);
  }
  assert.equal(grpcStatusOf(await call(client)), String(STATUS.unavailable));
  for (const finish of waiting.splice(0)) finish();
  const next = call(client);
  await untilTrue(() => waiting.length === 1);
  waiting[0]?.();
  assert.equal(grpcStatusOf(await next), "0");
});

test("one address has a share of the calls in flight, health checks among them, and others do not see it", async (t) => {
  const { session } = await startServerRig(t, { limits: { addressCalls: 3, smallMs: 60_000 } });
  const client = session();
  for (let at = 0; at < 3; at += 1) requestOn(client).write(FRAME);
  await call(client, { ":path": "/test.Echo/Other" });
  assert.equal(grpcStatusOf(await call(client)), String(STATUS.resourceExhausted));
  assert.equal(grpcStatusOf(await call(session({ from: "127.0.0.9" }))), "0");
});

test("where all calls are taken, the address that has most gives up one that waits for its client", async (t) => {
  const { session, reports } = await startServerRig(t, { limits: { calls: 4, smallMs: 60_000 } });
  const slow = session();
  const waiting = Array.from({ length: 4 }, () => requestOn(slow));
  for (const each of waiting) each.write(FRAME);
  const first = answerOnStream(waiting[0] as (typeof waiting)[0]);
  await call(slow, { ":path": "/test.Echo/Other" });
  assert.equal(grpcStatusOf(await call(session({ from: "127.0.0.9" }))), "0");
  assert.equal(grpcStatusOf(await first), String(STATUS.unavailable));
  // An answer that is not taken waits for its client as well.
  const deaf = session({ from: "127.0.0.3", settings: { initialWindowSize: 0 } });
  for (let at = 0; at < 3; at += 1) requestOn(deaf).end(FRAME);
  await untilTrue(() => reports.filter(({ status }) => status === STATUS.ok).length >= 2);
  assert.equal(grpcStatusOf(await call(session({ from: "127.0.0.9" }))), "0");
});

test("the first KiB of a body comes soon or never: a byte buys no more time", async (t) => {
  const { session, reports } = await startServerRig(t, { limits: { smallMs: 50, bodyMs: 60_000 } });
  const client = session();
  const silent = requestOn(client);
  const dripping = requestOn(client);
  dripping.write(FRAME.subarray(0, 1));
  const large = requestOn(client);
  large.write(Buffer.alloc(2_000));
  const answers = await Promise.all([answerOnStream(silent), answerOnStream(dripping)]);
  assert.deepEqual(answers.map(grpcStatusOf), Array(2).fill(String(STATUS.deadlineExceeded)));
  assert.equal(reports.length, 2, "who sends what takes time has the time");
  large.end();
  assert.equal(grpcStatusOf(await answerOnStream(large)), "0");
});

test("an answer that fits any window is taken soon or never, a large one is waited for", async (t) => {
  const { session, reports, port } = await startServerRig(t, { limits: { smallMs: 50, bodyMs: 60_000 } });
  const client = await rawClient(port);
  // SETTINGS_INITIAL_WINDOW_SIZE 0: no byte of an answer may leave.
  client.send(http2Frame(TYPE.settings, 0, 0, Buffer.from("000400000000", "hex")));
  const large = Buffer.alloc(2_000, 7);
  for (const [id, body] of [
    [1, large],
    [3, FRAME],
  ] as const)
    client.send(
      http2Frame(TYPE.headers, FLAG.endHeaders, id, headerBlock(GRPC_HEADERS)),
      http2Frame(TYPE.data, FLAG.endStream, id, body),
    );
  const resets = () => client.frames.filter(({ type }) => type === TYPE.reset).map(({ stream }) => stream);
  await untilTrue(() => resets().length > 0);
  assert.deepEqual(resets(), [3]);
  assert.equal(reports.length, 2);
  assert.equal(grpcStatusOf(await call(session())), "0");
  client.socket.destroy();
});

test("an answer that the client does not take is dropped with its stream", async (t) => {
  const { port, server } = await startServerRig(t, {
    limits: { bodyMs: bound(50) },
    handle: async () => ({ kind: "plain", wire: Buffer.alloc(200_000) }),
  });
  const client = await rawClient(port);
  client.send(
    http2Frame(TYPE.headers, FLAG.endHeaders, 1, headerBlock(GRPC_HEADERS)),
    http2Frame(TYPE.data, FLAG.endStream, 1, FRAME),
  );
  // No WINDOW_UPDATE comes: 65,535 bytes are all that may leave.
  await untilTrue(() => client.frames.some(({ type, stream }) => type === TYPE.reset && stream === 1));
  assert.equal(server.connections(), 1);
  client.socket.destroy();
});

test("pieces after the answer are not looked at", async (t) => {
  const { session, reports } = await startServerRig(t);
  const client = session();
  const stream = requestOn(client);
  for (let at = 0; at < 20; at += 1) stream.write(Buffer.alloc(20_000));
  const { headers } = await answerOnStream(stream);
  assert.equal(headers["grpc-status"], String(STATUS.resourceExhausted));
  assert.deepEqual((await call(client)).body, FRAME);
  assert.equal(reports.length, 2);
});

test("streams that are reset as soon as they are opened leave nothing behind", async (t) => {
  const { session, reports, port } = await startServerRig(t, { limits: { calls: 3 } });
  const client = await rawClient(port);
  for (let id = 1; id < 100; id += 2) {
    client.send(
      http2Frame(TYPE.headers, FLAG.endHeaders, id, headerBlock(GRPC_HEADERS)),
      http2Frame(TYPE.reset, 0, id, code(constants.NGHTTP2_CANCEL)),
    );
    if (id % 8 === 1) await new Promise(setImmediate);
  }
  await untilTrue(() => reports.length === 50);
  assert.equal(grpcStatusOf(await call(session())), "0");
  client.socket.destroy();
});
