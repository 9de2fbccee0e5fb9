import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { judgeNamed } from "../iso/attest/titles.ts";
import {
  acknowledge,
  clientOf,
  code,
  FLAG,
  GRPC_HEADERS,
  goaways,
  headerBlock,
  http2Frame,
  openStream,
  TYPE,
} from "../lsp/server/frames.ts";
import { call, FRAME, makeFiles, requestOn, type ServerRig, startServerRig, untilTrue } from "../lsp/server/rig.ts";
import { ROOT } from "../tools/sources.ts";

// Faults of other servers, sent to ours. All of it is in this process: what would end a server ends the test.

const PREFACE = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), http2Frame(TYPE.settings, 0, 0)]);

/** Nothing is left of what was sent, and the next one is served. */
async function unharmed(rig: ServerRig): Promise<void> {
  await untilTrue(() => rig.server.connections() === 0);
  const session = rig.session();
  assert.deepEqual((await call(session)).body, FRAME);
  session.destroy();
  await untilTrue(() => rig.server.connections() === 0);
}

/** RFC 7541 6.2.1: literal with indexing. Its value, of 4,000 bytes, then is entry 62, of which one byte is a copy. */
function bomb(copies: number): Buffer {
  const value = Buffer.alloc(4_000, "a");
  const length = Buffer.from([0x7f, ((4_000 - 127) % 128) | 128, (4_000 - 127) >> 7]);
  const entry = Buffer.concat([Buffer.from([0x40, 1, "x".charCodeAt(0)]), length, value]);
  return Buffer.concat([headerBlock(GRPC_HEADERS), entry, Buffer.alloc(copies, 0x80 | 62)]);
}

test("an HPACK bomb is refused by the size of what it would be, and fills no memory", async (t) => {
  const rig = await startServerRig(t);
  const before = process.memoryUsage().rss;
  const mib = 2 ** 20;
  // 12,000 copies are 48 MB; three are 12 KB, which nghttp2's own bound lets through.
  for (const copies of [3, ...Array.from({ length: 10 }, () => 12_000)]) {
    const client = await clientOf(t, rig);
    await acknowledge(client);
    const bombed = http2Frame(TYPE.headers, FLAG.endHeaders, 1, bomb(copies));
    client.send(bombed, http2Frame(TYPE.data, FLAG.endStream, 1, FRAME), http2Frame(TYPE.ping, 0, 0, Buffer.alloc(8)));
    await untilTrue(() => client.socket.destroyed || client.frames.some(({ type }) => type === TYPE.ping));
    client.socket.destroy();
  }
  await unharmed(rig);
  assert.equal(rig.reports.filter(({ status }) => status === 0).length, 1, "the one of `unharmed`");
  assert(process.memoryUsage().rss - before < 48 * mib, "ten of them take less than one of them would be");
});

test("headers without a name are refused, and no flood of them is kept (CVE-2019-9516)", async (t) => {
  const rig = await startServerRig(t);
  const client = await clientOf(t, rig);
  await acknowledge(client);
  const nameless = headerBlock([...GRPC_HEADERS, ...Array.from({ length: 2_000 }, () => ["", ""] as const)]);
  for (let id = 1; id < 4_000 && !client.socket.destroyed; id += 2) {
    client.send(http2Frame(TYPE.headers, FLAG.endHeaders, id, nameless));
    await new Promise(setImmediate);
  }
  await client.closed;
  await unharmed(rig);
});

test("SETTINGS of thousands of entries end the connection (CVE-2020-11080)", async (t) => {
  const rig = await startServerRig(t);
  const client = await clientOf(t, rig);
  await acknowledge(client);
  const entry = Buffer.from([0, 3, 0, 0, 0, 100]);
  client.send(http2Frame(TYPE.settings, 0, 0, Buffer.concat(Array.from({ length: 2_400 }, () => entry))));
  await client.closed;
  assert.equal(goaways(client).length > 0, true);
  await unharmed(rig);
});

test("a window of the connection beyond 2^31-1 leaves no session behind (CVE-2026-21714)", async (t) => {
  const rig = await startServerRig(t);
  for (let at = 0; at < 50; at += 1) {
    // It does not hang up: that is what kept the sessions of others alive.
    const client = await clientOf(t, rig, { deaf: true });
    client.send(
      http2Frame(TYPE.windowUpdate, 0, 0, code(0x7fffffff)),
      http2Frame(TYPE.windowUpdate, 0, 0, code(0x7fffffff)),
    );
    await untilTrue(() => goaways(client).length > 0);
  }
  await unharmed(rig);
});

test("malformed frames behind one that ended the session are not read (CVE-2026-27135)", async (t) => {
  const rig = await startServerRig(t);
  const ending = [
    http2Frame(TYPE.data, 0, 0, FRAME),
    http2Frame(TYPE.windowUpdate, 0, 0, code(0)),
    http2Frame(TYPE.continuation, 4, 1),
  ];
  // ALTSVC and PRIORITY_UPDATE, and the frames whose size is fixed.
  const malformed = [
    [0xa, 1],
    [0x10, 3],
    [TYPE.ping, 7],
    [TYPE.settings, 5],
    [TYPE.reset, 3],
    [TYPE.goaway, 1],
  ] as const;
  for (const end of ending) {
    const client = await clientOf(t, rig);
    await acknowledge(client);
    client.send(end, ...malformed.map(([type, length]) => http2Frame(type, 0, 0, Buffer.alloc(length))));
    await client.closed;
  }
  await unharmed(rig);
});

test("broken HPACK and a connection that is reset at once, over TLS, end nothing else (CVE-2025-59465, CVE-2025-23085)", async (t) => {
  const files = makeFiles(t);
  const rig = await startServerRig(t, { tls: files });
  const broken = Buffer.concat([Buffer.from([0x7f, 0xff, 0xff, 0xff, 0xff, 0x0f]), Buffer.alloc(8_000, 0xff)]);
  for (const sent of [http2Frame(TYPE.headers, FLAG.endHeaders, 1, broken), openStream(1)]) {
    for (let at = 0; at < 25; at += 1) {
      const tcp = connect({ port: rig.port, host: "127.0.0.1" });
      const secure = connectTls({ socket: tcp, ca: files.authority, ALPNProtocols: ["h2"] }).on(
        "error",
        () => undefined,
      );
      await once(secure, "secureConnect");
      await new Promise<void>((resolve) => secure.write(Buffer.concat([PREFACE, sent]), () => resolve()));
      tcp.resetAndDestroy();
    }
  }
  await untilTrue(() => rig.server.connections() === 0);
  const client = await clientOf(t, rig, { authority: files.authority });
  client.send(openStream(1), http2Frame(TYPE.data, FLAG.endStream, 1, FRAME));
  await untilTrue(() => client.frames.some(({ type, payload }) => type === TYPE.data && payload.equals(FRAME)));
});

test("answers that nobody takes are few and short-lived: windows of nothing, of one byte, of a deaf client (CVE-2019-9511, CVE-2019-9517)", async (t) => {
  const large = Buffer.concat([Buffer.from([0, 0, 0, 0x80, 0]), Buffer.alloc(32_768)]);
  const rig = await startServerRig(t, { limits: { bodyMs: 200, smallMs: 200 } });
  for (const initialWindowSize of [0, 1]) {
    const session = rig.session({ settings: { initialWindowSize } });
    const streams = Array.from({ length: 100 }, () => requestOn(session));
    for (const stream of streams) stream.end(large);
    await untilTrue(() => rig.reports.length >= 100 && streams.every(({ closed }) => closed));
    session.destroy();
  }
  await unharmed(rig);
});

/** `| CVE… | what | answer | `FILE`: TITLE |` in the section of SECURITY.md. */
const ROW = /^\| ((?:CVE-\d{4}-\d{4,5}(?:, )?)+) \| [^|]+ \| [^|]+ \| `([^`]+)`: ([^|]+) \|$/gm;

test("SECURITY.md: each denial of service by HTTP/2 has an answer, and a test that is there by its whole title", () => {
  const [, section = ""] = readFileSync(join(ROOT, "SECURITY.md"), "utf8").split(
    "### HTTP/2, what others were stopped with\n",
  );
  const [table = ""] = section.split(/^##/m);
  const rows = [...table.matchAll(ROW)];
  assert.equal(
    rows.length,
    table.split("\n").filter((line) => line.startsWith("| CVE-")).length,
    "rows of another form",
  );
  for (const [, , file = "", title = ""] of rows)
    assert.equal(judgeNamed(readFileSync(join(ROOT, file), "utf8"), title), undefined, `${file}: ${title}`);
  const named = rows.flatMap(([, cves = ""]) => cves.split(", "));
  assert.deepEqual(
    WELL_KNOWN.filter((cve) => !named.includes(cve)),
    [],
  );
  assert.equal(new Set(named).size, named.length, "one row each");
});

/** The eight of 2019, those that have a name, and those of what we run on: Node and nghttp2. */
const WELL_KNOWN = [
  ...Array.from({ length: 8 }, (_, at) => `CVE-2019-${9511 + at}`),
  ...["CVE-2020-11080", "CVE-2021-22883", "CVE-2021-22930", "CVE-2021-22940", "CVE-2023-44487", "CVE-2024-27983"],
  ...["CVE-2024-28182", "CVE-2025-23085", "CVE-2025-59465", "CVE-2025-8671", "CVE-2026-21714", "CVE-2026-27135"],
];
