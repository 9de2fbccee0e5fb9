import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { constants, createSecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { newLspFolder, writeTls } from "../lsp/app/rig.ts";
import { startRelay } from "../lsp/node/relay.ts";
import { type Daemon, startDaemon } from "../regtest/process.ts";
import { needs } from "../tools/need.ts";
import { type Gun, openGun, type Shot } from "./gun.ts";
import type { Figures } from "./rounds.ts";

const START_MS = 30_000;
const IN_FLIGHT = 64;
const STREAMS_MAX = 8;

describe("the load program", needs("go"), () => {
  const folder = newLspFolder();
  const tls = writeTls(folder);
  let echo: Daemon;
  let gun: Gun;
  let shot: Shot;
  before(async () => {
    const program = join(import.meta.dirname, "echo.ts");
    echo = startDaemon(process.execPath, () => [program, tls.certificate, tls["private-key"]]);
    const port = await echo.until("port", START_MS, () => echo.output().match(/^port (\d+)$/m)?.[1]);
    const place = { address: `127.0.0.1:${port}`, authority: tls.authority, path: "/bench.Echo/Echo" };
    shot = { ...place, inFlight: IN_FLIGHT, ms: 300, perSecondMax: 60_000 };
    gun = await openGun();
  });
  after(async () => {
    gun?.close();
    await echo?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("calls are open until the time is over, and those that come later count as answers alone", async () => {
    for (const inFlight of [1, IN_FLIGHT]) {
      const { ms, inTime, answers, p50ms, p99ms } = await fireEnough(inFlight);
      assert(answers >= inTime && answers - inTime <= inFlight, `${inTime} of ${answers}`);
      assert(p50ms > 0 && p50ms <= p99ms && p99ms < ms, `${p50ms} and ${p99ms} ms`);
      // So many calls are open all the time: their latencies fill it.
      assert(p50ms * inTime < inFlight * ms * 2, `${inTime} calls of ${p50ms} ms`);
    }
  });
  /** A shot that each call in flight answers more than once in: on a busy machine that takes a longer one. */
  async function fireEnough(inFlight: number, ms: number = shot.ms): Promise<Figures & { ms: number; inTime: number }> {
    // As many questions as the short one has, made ahead.
    const perSecondMax = (shot.perSecondMax * shot.ms) / ms;
    const hit = await gun.fire({ ...shot, inFlight, ms, perSecondMax });
    const inTime = Math.round((hit.perSecond * ms) / 1000);
    return inTime > inFlight ? { ...hit, ms, inTime } : fireEnough(inFlight, 2 * ms);
  }

  test("an echo is no LSP's signed answer", async () => {
    await assert.rejects(gun.fire({ ...shot, nodeId: `02${"11".repeat(32)}` }), /no signed success: status 0/);
  });
  test("a status other than OK, in trailers alone, is no answer", async () => {
    await assert.rejects(gun.fire({ ...shot, path: "/bench.Echo/Other" }), /an echo is what was said: status 12/);
  });
  test("a connection that was cut between two shots is made again", async () => {
    const first = await startRelay("127.0.0.1", shot.address);
    const way = { ...shot, address: first.target };
    await gun.fire(way);
    await first.stop();
    const again = await startRelay("127.0.0.1", shot.address, Number(first.target.split(":")[1]));
    await gun.fire(way);
    await again.stop();
  });

  const spoilers: [string, (stream: ServerHttp2Stream) => void, RegExp][] = [
    ["a reset", (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM), /stream 1 was reset: REFUSED_STREAM/],
    ["a farewell", (stream) => stream.session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM), /goes away: ENHANCE/],
    ["a connection that breaks", (stream) => stream.session?.destroy(), /EOF|goes away|reset by peer/],
  ];
  for (const [what, spoil, said] of spoilers)
    test(`${what} ends the shot`, async (t) => {
      const own = await openGun();
      t.after(own.close);
      const address = await serve(t, spoil);
      await assert.rejects(own.fire({ ...shot, address, inFlight: STREAMS_MAX, perSecondMax: 1_000 }), said);
    });
  test("no more calls are open than the server allows: there is no shot", async (t) => {
    const own = await openGun();
    t.after(own.close);
    const address = await serve(t, () => undefined);
    await assert.rejects(own.fire({ ...shot, address, perSecondMax: 1_000 }), /the peer allows 8 streams/);
  });

  /** A server that treats every stream so. */
  async function serve(t: TestContext, treat: (stream: ServerHttp2Stream) => void): Promise<string> {
    const [key, cert] = [readFileSync(tls["private-key"]), readFileSync(tls.certificate)];
    const server = createSecureServer({ key, cert, settings: { maxConcurrentStreams: STREAMS_MAX } });
    server.on("stream", (stream) => {
      stream.on("error", () => undefined);
      treat(stream);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
});
