import assert from "node:assert/strict";
import { constants } from "node:http2";
import test from "node:test";
import {
  acknowledge,
  clientOf,
  code,
  errorCodeOf,
  FLAG,
  GRPC_HEADERS,
  goaways,
  type Http2Frame,
  headerBlock,
  http2Frame,
  openStream,
  type RawClient,
  TYPE,
} from "./frames.ts";
import { call, FRAME, makeFiles, startServerRig, untilTrue } from "./rig.ts";

test("pings that keep a line open are answered, a flood of them ends it", async (t) => {
  const rig = await startServerRig(t, { limits: { pings: 10 } });
  const session = rig.session();
  for (let round = 0; round < 5; round += 1) {
    for (let at = 0; at < 9; at += 1) await new Promise<void>((resolve) => session.ping(() => resolve()));
    assert.deepEqual((await call(session)).body, FRAME);
  }
  const flood = await clientOf(t, rig);
  for (let at = 0; at < 11; at += 1) flood.send(http2Frame(TYPE.ping, 0, 0, Buffer.alloc(8)));
  await flood.closed;
  assert.deepEqual(calmed(flood), ["too_many_pings"]);
  assert.deepEqual(rig.turnedAway, ["flood 127.0.0.1"]);
});

/** What each GOAWAY says, all of them with ENHANCE_YOUR_CALM: a client may go by the last one. */
function calmed(client: RawClient): string[] {
  const all = goaways(client);
  assert(all.every((goaway) => errorCodeOf(goaway) === constants.NGHTTP2_ENHANCE_YOUR_CALM));
  return all.map(({ payload }) => payload.subarray(8).toString()).filter((text) => text !== "");
}

test("a flood of pings over TLS ends in the same way", async (t) => {
  const files = makeFiles(t);
  const rig = await startServerRig(t, { tls: files, limits: { pings: 10 } });
  const flood = await clientOf(t, rig, { authority: files.authority });
  for (let at = 0; at < 11; at += 1) flood.send(http2Frame(TYPE.ping, 0, 0, Buffer.alloc(8)));
  await flood.closed;
  assert.deepEqual(calmed(flood), ["too_many_pings"]);
});

test("empty DATA frames count by time and not over a connection's life, and so does all that belongs to no call", async (t) => {
  const rig = await startServerRig(t, { limits: { strayBytes: 20_000, strayBytesPerSecond: 1 } });
  const client = await clientOf(t, rig);
  await acknowledge(client);
  const answered = (): number =>
    client.frames.filter(({ type, flags }) => type === TYPE.headers && (flags & FLAG.endStream) !== 0).length;
  const emptyEach = 20;
  for (let at = 0; at < 200; at += 1) {
    const id = 2 * at + 1;
    const empty = Array.from({ length: emptyEach }, () => http2Frame(TYPE.data, 0, id));
    client.send(
      openStream(id),
      http2Frame(TYPE.data, 0, id, FRAME),
      ...empty,
      http2Frame(TYPE.data, FLAG.endStream, id),
    );
    await untilTrue(() => answered() === at + 1);
  }
  assert.equal(rig.turnedAway.length, 0, "200 calls with 20 each are 36,000 bytes");
  const kinds: readonly (readonly [by: "ours" | "nghttp2", (at: number) => Buffer])[] = [
    ["nghttp2", () => http2Frame(TYPE.data, 0, 1)],
    ["nghttp2", () => http2Frame(TYPE.priority, 0, 1, Buffer.alloc(5, 1))],
    ["ours", () => http2Frame(TYPE.windowUpdate, 0, 0, code(1))],
    // RFC 9113 4.1: of a type that nobody knows, "MUST be ignored".
    ["ours", () => http2Frame(0xfa, 0, 0, Buffer.alloc(20))],
  ];
  for (const [by, kind] of kinds) {
    const flood = await clientOf(t, rig);
    await acknowledge(flood);
    flood.send(openStream(1));
    await untilTrue(() => rig.server.connections() === 2);
    await floodUntilClosed(flood, kind);
    assert.deepEqual(calmed(flood), by === "ours" ? ["too_many_frames"] : []);
  }
  assert.deepEqual(rig.turnedAway, ["flood 127.0.0.1", "flood 127.0.0.1"]);
});

test("calls over the rate bring nothing: their bytes end the connection as well", async (t) => {
  let admitted = true;
  const rig = await startServerRig(t, {
    admit: () => admitted,
    limits: { strayBytes: 20_000, strayBytesPerSecond: 1 },
  });
  const client = await clientOf(t, rig);
  await acknowledge(client);
  admitted = false;
  for (let id = 1; id < 2_000 && !client.socket.destroyed; id += 2) {
    client.send(http2Frame(TYPE.headers, FLAG.endHeaders | FLAG.endStream, id, headerBlock(GRPC_HEADERS)));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await client.closed;
  assert.deepEqual(calmed(client), ["too_many_frames"]);
});

test("rapid reset (CVE-2023-44487) ends the connection", async (t) => {
  const rig = await startServerRig(t, { limits: { resets: 50, resetsPerSecond: 1 } });
  const client = await clientOf(t, rig);
  for (let id = 1; id < 2_000 && !client.socket.destroyed; id += 2) {
    client.send(openStream(id), http2Frame(TYPE.reset, 0, id, code(constants.NGHTTP2_CANCEL)));
    if (id % 64 === 1) await new Promise(setImmediate);
  }
  await client.closed;
  assert.notEqual(errorCodeOf(goaways(client)[0] as Http2Frame), constants.NGHTTP2_NO_ERROR);
  assert(rig.reports.length < 500, `${rig.reports.length} reached the server's own code`);
});

/** Sends until the server hangs up, and fails if it never does. */
async function floodUntilClosed(client: RawClient, piece: (at: number) => Buffer): Promise<void> {
  for (let at = 0; at < 200_000 && !client.socket.destroyed; at += 1) {
    client.send(piece(at));
    if (at % 256 === 0) await new Promise(setImmediate);
  }
  await client.closed;
}

test("frames that are legal one by one and a flood together end the connection", async (t) => {
  const rig = await startServerRig(t);
  // CVE-2019-9515: acknowledgements of SETTINGS that the client does not read.
  const settings = await clientOf(t, rig);
  settings.socket.pause();
  const paused = floodUntilClosed(settings, () => http2Frame(TYPE.settings, 0, 0));
  // CVE-2024-27983: a header block that never ends.
  const continuation = await clientOf(t, rig);
  continuation.send(http2Frame(TYPE.headers, 0, 1, headerBlock(GRPC_HEADERS)));
  await floodUntilClosed(continuation, () => http2Frame(TYPE.continuation, 0, 1, headerBlock([["a", "b"]])));
  // CVE-2019-9518: frames without content and without an end.
  const empty = await clientOf(t, rig);
  empty.send(openStream(1));
  await floodUntilClosed(empty, () => http2Frame(TYPE.data, 0, 1));
  // Frames on streams that were never opened.
  const unknown = await clientOf(t, rig);
  await floodUntilClosed(unknown, (at) => http2Frame(TYPE.data, 0, 2 * at + 1, FRAME));
  await paused;
  await untilTrue(() => rig.server.connections() === 0);
  assert.deepEqual((await call(rig.session())).body, FRAME);
});
