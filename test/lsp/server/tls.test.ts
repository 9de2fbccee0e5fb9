import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
import { connect as tcpConnect } from "node:net";
import test, { type TestContext } from "node:test";
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from "node:tls";
import { openServer } from "../../../lsp/server/server.ts";
import { STATUS } from "../../../lsp/wire/status.ts";
import { call, FRAME, grpcStatusOf, makeFiles, startServerRig, untilTrue } from "./rig.ts";

function sessionOf(t: TestContext, port: number, authority: string): ClientHttp2Session {
  const session = connect(`https://127.0.0.1:${port}`, { ca: authority, maxSessionMemory: 1_000 });
  session.on("error", () => undefined);
  t.after(() => session.destroy());
  return session;
}

/** Does the handshake; resolves to the socket, or to the error's code. */
async function handshake(t: TestContext, port: number, options: ConnectionOptions): Promise<TLSSocket | string> {
  const socket = tlsConnect({ port, host: "127.0.0.1", ALPNProtocols: ["h2"], ...options });
  t.after(() => socket.destroy());
  try {
    await once(socket, "secureConnect");
    return socket;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown";
  }
}

test("without TLS it listens on a loopback address and nowhere else", async () => {
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "localhost", ""]) {
    const opened = await openServer({
      listen: { host, port: 0 },
      tls: undefined,
      handle: () => Promise.reject(new Error("not reached")),
      known: () => true,
      admit: () => true,
    });
    assert.deepEqual(opened, { ok: false, error: { code: "server_plaintext", reason: host } });
  }
});

test("a port that is taken, and files that are no certificate and its key, are errors as values", async (t) => {
  const { port } = await startServerRig(t);
  const files = makeFiles(t);
  const other = makeFiles(t);
  const base = {
    handle: () => Promise.reject(new Error("not reached")),
    known: () => true,
    admit: () => true,
  };
  const listen = { host: "127.0.0.1", port };
  assert.deepEqual(await openServer({ ...base, listen, tls: files }), {
    ok: false,
    error: { code: "server_listen", reason: "EADDRINUSE" },
  });
  const mixed = { certificate: files.certificate, privateKey: other.privateKey };
  const missing = { certificate: files.certificate, privateKey: `${files.folder}/none` };
  const reasons: [typeof mixed, string][] = [
    [mixed, `${other.privateKey}: the key is not the certificate's`],
    [missing, "ENOENT"],
  ];
  for (const [tls, reason] of reasons)
    assert.deepEqual(await openServer({ ...base, listen: { host: "127.0.0.1", port: 0 }, tls }), {
      ok: false,
      error: { code: "server_tls", reason },
    });
});

test("TLS 1.2 and 1.3 with HTTP/2; everything else ends in the handshake", async (t) => {
  const files = makeFiles(t);
  const { port, turnedAway } = await startServerRig(t, { tls: files });
  const ca = files.authority;
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const socket = await handshake(t, port, { ca, minVersion: version, maxVersion: version });
    assert(typeof socket !== "string", String(socket));
    assert.equal(socket.getProtocol(), version);
    assert.equal(socket.alpnProtocol, "h2");
  }
  const refused = async (options: ConnectionOptions): Promise<void> => {
    turnedAway.length = 0;
    const socket = await handshake(t, port, { ca, ...options });
    // Without ALPN the handshake itself succeeds; what follows is the end.
    if (typeof socket !== "string") await once(socket.resume(), "close");
    await untilTrue(() => turnedAway.length === 1);
    assert.match(turnedAway[0] ?? "", /^handshake 127\.0\.0\.1 \w+$/);
  };
  await refused({ minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
  await refused({ maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA256" });
  await refused({ ALPNProtocols: ["http/1.1"] });
  await refused({ ALPNProtocols: [] });
  const plain = tcpConnect(port, "127.0.0.1");
  t.after(() => plain.destroy());
  turnedAway.length = 0;
  plain.write("GET / HTTP/1.1\r\n\r\n");
  await once(plain.resume(), "close");
  assert.deepEqual(turnedAway, ["handshake 127.0.0.1 ERR_SSL_HTTP_REQUEST"]);
});

test("a handshake that does not go on is not waited for", async (t) => {
  const { port, turnedAway, server } = await startServerRig(t, { tls: makeFiles(t), limits: { handshakeMs: 50 } });
  const silent = tcpConnect(port, "127.0.0.1");
  t.after(() => silent.destroy());
  await once(silent.resume(), "close");
  await untilTrue(() => server.connections() === 0);
  assert.deepEqual(turnedAway, ["handshake 127.0.0.1 ERR_TLS_HANDSHAKE_TIMEOUT"]);
});

test("a renewed certificate is in use after a reload, and connections that are open go on", async (t) => {
  const files = makeFiles(t);
  const { port, server } = await startServerRig(t, { tls: files });
  const old = sessionOf(t, port, files.authority);
  assert.deepEqual((await call(old)).body, FRAME);
  const { authority } = files.renew();
  assert(typeof (await handshake(t, port, { ca: authority })) === "string", "not before it is told to");
  assert.deepEqual(await server.reloadTls(), { ok: true, value: undefined });
  assert.deepEqual((await call(sessionOf(t, port, authority))).body, FRAME);
  assert(typeof (await handshake(t, port, { ca: files.authority })) === "string");
  assert.deepEqual((await call(old)).body, FRAME);
});

test("a reload that fails leaves the certificate that was in use", async (t) => {
  const files = makeFiles(t);
  const { port, server } = await startServerRig(t, { tls: files });
  writeFileSync(files.certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const damaged = await server.reloadTls();
  assert(!damaged.ok && damaged.error.code === "server_tls");
  rmSync(files.privateKey);
  assert.deepEqual(await server.reloadTls(), { ok: false, error: { code: "server_tls", reason: "ENOENT" } });
  assert.deepEqual((await call(sessionOf(t, port, files.authority))).body, FRAME);
});

test("a reload without TLS has nothing to do", async (t) => {
  const { server } = await startServerRig(t);
  assert.deepEqual(await server.reloadTls(), { ok: true, value: undefined });
});

test("while TLS is busy, each body that is too large still gets its status, and each other one its answer", async (t) => {
  const files = makeFiles(t);
  const wire = Buffer.alloc(60_000);
  const { port } = await startServerRig(t, { tls: files, handle: async () => ({ kind: "plain", wire }) });
  const session = sessionOf(t, port, files.authority);
  const worker = async (_: unknown, at: number): Promise<void> => {
    const [size, status] = at % 2 === 0 ? [5, STATUS.ok] : [300_000, STATUS.resourceExhausted];
    for (let round = 0; round < 8; round += 1)
      assert.equal(grpcStatusOf(await call(session, {}, Buffer.alloc(size))), String(status));
  };
  await Promise.all(Array.from({ length: 50 }, worker));
});
