import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import test from "node:test";
import { STATUS } from "../../../lsp/wire/status.ts";
import { bound } from "../../tools/speed.ts";
import {
  acknowledge,
  clientOf,
  errorCodeOf,
  FLAG,
  GRPC_HEADERS,
  goaways,
  type Http2Frame,
  headerBlock,
  http2Frame,
  openStream,
  type RawClient,
  resets,
  TYPE,
} from "./frames.ts";
import { answerOnStream, call, FRAME, grpcStatusOf, requestOn, startServerRig, untilTrue } from "./rig.ts";

test("1,000 idle connections take nothing from the one that works, and each is told of a stop", async (t) => {
  const rig = await startServerRig(t, { limits: { addressConnections: 2_000 } });
  const idle: RawClient[] = [];
  for (let batch = 0; batch < 20; batch += 1) {
    const fifty = await Promise.all(Array.from({ length: 50 }, () => clientOf(t, rig)));
    await Promise.all(fifty.map(acknowledge));
    idle.push(...fifty);
  }
  assert.equal(rig.server.connections(), 1_000);
  assert.deepEqual((await call(rig.session())).body, FRAME);
  await rig.server.close(bound(10_000));
  await Promise.all(idle.map(({ closed }) => closed));
  const ends = new Set(idle.map((client) => goaways(client).map(errorCodeOf).join()));
  assert.deepEqual([...ends], ["0,0"], "NO_ERROR, when it begins to close and when it is closed");
});

test("connections are limited in all and by address", async (t) => {
  const byAddress = await startServerRig(t, { limits: { addressConnections: 2, addressConnectionsPerSecond: 1_000 } });
  const first = await clientOf(t, byAddress);
  await clientOf(t, byAddress);
  const third = await clientOf(t, byAddress);
  await third.closed;
  assert.deepEqual(byAddress.turnedAway, ["address 127.0.0.1"]);
  first.socket.destroy();
  await untilTrue(() => byAddress.server.connections() === 1);
  assert.deepEqual((await call(byAddress.session())).body, FRAME, "the place is free again");
  const inAll = await startServerRig(t, { limits: { connections: 1 } });
  await clientOf(t, inAll);
  await (await clientOf(t, inAll)).closed;
  assert.deepEqual(inAll.turnedAway, ["connections 127.0.0.1"]);
});

test("closes a connection that is silent or speaks HTTP/1", async (t) => {
  const rig = await startServerRig(t, { limits: { handshakeMs: 50 } });
  const silent = await clientOf(t, rig, { preface: false });
  await silent.closed;
  const old = await clientOf(t, rig, { preface: false });
  old.send(Buffer.from("POST /test.Echo/Echo HTTP/1.1\r\nHost: a\r\n\r\n"));
  await old.closed;
  const garbage = await clientOf(t, rig, { preface: false });
  garbage.send(Buffer.alloc(100_000, 0x16));
  await garbage.closed;
  const unconfirmed = await clientOf(t, rig);
  unconfirmed.send(openStream(1));
  await unconfirmed.closed;
  assert.equal(rig.server.connections(), 0);
});

test("an idle connection ends with GOAWAY, also when its other side does not hang up", async (t) => {
  const rig = await startServerRig(t, { limits: { idleMs: 50, handshakeMs: bound(50) } });
  const client = await clientOf(t, rig, { deaf: true });
  await acknowledge(client);
  await untilTrue(() => goaways(client).length > 0);
  await untilTrue(() => rig.server.connections() === 0);
  assert(goaways(client).every((goaway) => errorCodeOf(goaway) === constants.NGHTTP2_NO_ERROR));
});

test("a connection with a call is not idle, however long that takes", async (t) => {
  let finish = (): void => undefined;
  // The call has to come before the connection counts as idle.
  const idleMs = bound(50);
  const rig = await startServerRig(t, {
    limits: { idleMs },
    handle: ({ wire }) =>
      new Promise((resolve) => {
        finish = () => resolve({ kind: "plain", wire });
      }),
  });
  const session = rig.session();
  const answer = call(session);
  await new Promise((resolve) => setTimeout(resolve, 3 * idleMs));
  finish();
  assert.deepEqual((await answer).body, FRAME);
  await once(session, "close");
});

test("new connections of one address have a rate, and others do not see it", async (t) => {
  const rig = await startServerRig(t, { limits: { addressConnections: 3, addressConnectionsPerSecond: 1e-6 } });
  for (let at = 0; at < 3; at += 1) {
    const client = await clientOf(t, rig);
    client.socket.destroy();
    await untilTrue(() => rig.server.connections() === 0);
  }
  await (await clientOf(t, rig)).closed;
  assert.deepEqual(rig.turnedAway, ["rate 127.0.0.1"]);
  assert.deepEqual((await call(rig.session({ from: "127.0.0.9" }))).body, FRAME);
});

test("where all connections are taken, the address that has most gives its oldest up", async (t) => {
  const rig = await startServerRig(t, { limits: { connections: 3 } });
  const [oldest] = [await clientOf(t, rig), await clientOf(t, rig), await clientOf(t, rig)];
  assert.deepEqual((await call(rig.session({ from: "127.0.0.9" }))).body, FRAME);
  await oldest.closed;
  assert.equal(rig.server.connections(), 3);
  await (await clientOf(t, rig)).closed;
  assert.deepEqual(rig.turnedAway, ["connections 127.0.0.1", "connections 127.0.0.1"]);
});

test("metadata over 8 KiB and more headers than allowed are refused as they come", async (t) => {
  const rig = await startServerRig(t);
  const fits = { "x-a": "a".repeat(7_000) };
  const session = rig.session();
  assert.deepEqual((await call(session, fits)).body, FRAME);
  const client = await clientOf(t, rig);
  await acknowledge(client);
  const many = Array.from({ length: 60 }, (_, at) => [`x-${at}`, "1"] as const);
  client.send(openStream(1, [...GRPC_HEADERS, ["x-a", "a".repeat(8_192)]]), openStream(3, [...GRPC_HEADERS, ...many]));
  await untilTrue(() => resets(client).length === 2);
  assert.deepEqual(resets(client).map(errorCodeOf), [
    constants.NGHTTP2_ENHANCE_YOUR_CALM,
    constants.NGHTTP2_ENHANCE_YOUR_CALM,
  ]);
  // Node lets this one through: its client has not acknowledged our SETTINGS.
  const early = await clientOf(t, rig);
  early.send(openStream(1, [...GRPC_HEADERS, ["x-a", "a".repeat(8_192)]]));
  await untilTrue(() => resets(early).length === 1);
  assert.equal(rig.reports.at(-1)?.status, STATUS.resourceExhausted);
  // 2 MB in one header, in frames of 16 KiB.
  const [first, ...rest] = pieces(headerBlock([...GRPC_HEADERS, ["x-a", "a".repeat(2_000_000)]]));
  const huge = await clientOf(t, rig);
  huge.send(http2Frame(TYPE.headers, 0, 1, first), ...rest.map((piece) => http2Frame(TYPE.continuation, 0, 1, piece)));
  await huge.closed;
  assert.equal(rig.reports.length, 2, "the others were not seen as requests");
  assert.deepEqual((await call(session)).body, FRAME);
});

function pieces(bytes: Buffer): [Buffer, ...Buffer[]] {
  const rest: Buffer[] = [];
  for (let at = 16_384; at < bytes.length; at += 16_384) rest.push(bytes.subarray(at, at + 16_384));
  return [bytes.subarray(0, 16_384), ...rest];
}

test("a header block that stops half way holds nothing but its own connection, and not for long", async (t) => {
  const rig = await startServerRig(t, { limits: { idleMs: 100, handshakeMs: 50 } });
  const client = await clientOf(t, rig);
  await acknowledge(client);
  client.send(http2Frame(TYPE.headers, 0, 1, headerBlock(GRPC_HEADERS)));
  const drip = setInterval(() => client.send(http2Frame(TYPE.continuation, 0, 1, Buffer.alloc(0))), 30);
  t.after(() => clearInterval(drip));
  await client.closed;
});

test("streams over the limit of a connection are refused, those within it are served", async (t) => {
  const waiting: (() => void)[] = [];
  const rig = await startServerRig(t, {
    limits: { streams: 4 },
    handle: ({ wire }) => new Promise((resolve) => waiting.push(() => resolve({ kind: "plain", wire }))),
  });
  const sixCalls = [1, 3, 5, 7, 9, 11].flatMap((id) => [
    openStream(id),
    http2Frame(TYPE.data, FLAG.endStream, id, FRAME),
  ]);
  // Before its acknowledgement a client cannot know the limit.
  const early = await clientOf(t, rig);
  early.send(...sixCalls);
  await untilTrue(() => waiting.length === 4 && resets(early).length === 2);
  assert(resets(early).every((reset) => errorCodeOf(reset) === constants.NGHTTP2_REFUSED_STREAM));
  for (const finish of waiting.splice(0)) finish();
  const ended = ({ type, flags }: Http2Frame): boolean => type === TYPE.headers && (flags & FLAG.endStream) !== 0;
  await untilTrue(() => early.frames.filter(ended).length === 4);
  const knowing = await clientOf(t, rig);
  await acknowledge(knowing);
  knowing.send(...sixCalls);
  await knowing.closed;
  assert.equal(errorCodeOf(goaways(knowing)[0] as Http2Frame), constants.NGHTTP2_PROTOCOL_ERROR);
});

test("a stop finishes what is in flight, takes nothing new, and ends what does not finish", async (t) => {
  const waiting: (() => void)[] = [];
  const rig = await startServerRig(t, {
    handle: ({ wire }) => new Promise((resolve) => waiting.push(() => resolve({ kind: "plain", wire }))),
  });
  const session = rig.session();
  const idle = rig.session();
  await once(idle, "remoteSettings");
  const answer = call(session);
  await untilTrue(() => waiting.length === 1);
  const goaway = once(session, "goaway");
  const closing = rig.server.close(bound(10_000));
  assert.equal((await goaway)[0], constants.NGHTTP2_NO_ERROR);
  await once(idle, "close");
  await assert.rejects(once(rig.session(), "connect"), { code: "ECONNREFUSED" });
  waiting[0]?.();
  assert.deepEqual((await answer).body, FRAME);
  await closing;
  assert.equal(rig.server.connections(), 0);
});

test("a stop does not wait for ever: not for a handler, not for a client that does not hang up", async (t) => {
  let isAsked = false;
  const rig = await startServerRig(t, {
    handle: () => {
      isAsked = true;
      return new Promise(() => undefined);
    },
  });
  const stuck = requestOn(rig.session());
  stuck.end(FRAME);
  const answer = answerOnStream(stuck);
  const deaf = await clientOf(t, rig, { deaf: true });
  await untilTrue(() => isAsked && rig.server.connections() === 2);
  await rig.server.close(50);
  deaf.socket.destroy();
  assert.equal(grpcStatusOf(await answer), undefined);
  assert.deepEqual(
    rig.reports.map(({ status }) => status),
    [STATUS.cancelled],
  );
});
