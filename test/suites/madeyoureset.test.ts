import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { ADDRESS_CALLS_MAX } from "../../lsp/limits.ts";
import {
  acknowledge,
  clientOf,
  code,
  FLAG,
  GRPC_HEADERS,
  headerBlock,
  http2Frame,
  openStream,
  TYPE,
} from "../lsp/server/frames.ts";
import { call, FRAME, SIGNATURE, startServerRig, untilTrue } from "../lsp/server/rig.ts";

// CVE-2025-8671: the client breaks a rule of a stream, so that the server resets it. The stream no longer counts as open, and
// what was asked for on it is still worked on: so work grows without bound where open streams are what is counted.

/** Requests that are in hand when the first stream is broken, below the limit of a connection; of all, three addresses' share. */
const AT_ONCE = 100;
const CONNECTIONS = 8;
const IDS_MAX = 4_000;

const whole = (id: number): Buffer[] => [openStream(id), http2Frame(TYPE.data, FLAG.endStream, id, FRAME)];

/** What makes a server reset stream `id`, on which a whole request was sent. */
const SHAPES: Readonly<Record<string, (id: number) => Buffer>> = {
  "a window that grows by nothing": (id) => http2Frame(TYPE.windowUpdate, 0, id, code(0)),
  "a window beyond 2^31-1": (id) => http2Frame(TYPE.windowUpdate, 0, id, code(0x7fffffff)),
  "a PRIORITY of a wrong length": (id) => http2Frame(TYPE.priority, 0, id, Buffer.alloc(4)),
  "a stream that depends on itself": (id) =>
    http2Frame(TYPE.priority, 0, id, Buffer.concat([code(id), Buffer.alloc(1)])),
  "HEADERS after the end": (id) =>
    http2Frame(TYPE.headers, FLAG.endHeaders | FLAG.endStream, id, headerBlock(GRPC_HEADERS)),
  "DATA after the end": (id) => http2Frame(TYPE.data, 0, id, FRAME),
};

for (const [shape, breaking] of Object.entries(SHAPES)) {
  test(`MadeYouReset (CVE-2025-8671) by ${shape}: work in hand stays within the address's share`, async (t) => {
    const { rig, work } = await startSlow(t);
    for (let connection = 0; connection < CONNECTIONS; connection += 1) {
      const client = await clientOf(t, rig);
      await acknowledge(client);
      const ids = Array.from({ length: AT_ONCE }, (_, at) => 2 * at + 1);
      client.send(...ids.flatMap(whole), http2Frame(TYPE.ping, 0, 0, Buffer.alloc(8)));
      await untilTrue(() => client.socket.destroyed || client.frames.some(({ type }) => type === TYPE.ping));
      client.send(...ids.map(breaking));
      // Where that did not end the connection: as many again as an attacker can.
      for (let id = 2 * AT_ONCE + 1; id < IDS_MAX && !client.socket.destroyed; id += 2) {
        client.send(...whole(id), breaking(id));
        if (id % 64 === 1) await setImmediate();
      }
      client.socket.end();
      await client.closed;
    }
    assert(work.most <= ADDRESS_CALLS_MAX, `${work.most} at once`);
    assert(work.most > 0, "the requests reach the handler");
    work.release();
    await untilTrue(() => work.now === 0);
    // Another address is not touched, and this one has its places back.
    for (const from of ["127.0.0.2", "127.0.0.1"]) assert.deepEqual((await call(rig.session({ from }))).body, FRAME);
  });
}

interface Work {
  now: number;
  most: number;
  release(): void;
}

/** A server whose handler works untilTrue it is told to stop, whatever becomes of the stream. */
async function startSlow(
  t: TestContext,
): Promise<{ readonly rig: Awaited<ReturnType<typeof startServerRig>>; readonly work: Work }> {
  const released = Promise.withResolvers<void>();
  const work: Work = { now: 0, most: 0, release: released.resolve };
  t.after(() => released.resolve());
  const rig = await startServerRig(t, {
    handle: async ({ wire }) => {
      work.now += 1;
      work.most = Math.max(work.most, work.now);
      await released.promise;
      work.now -= 1;
      return { kind: "reply", wire, signature: SIGNATURE, gzip: false };
    },
  });
  return { rig, work };
}
