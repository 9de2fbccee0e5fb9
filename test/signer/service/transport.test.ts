import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect as connectTls, createSecureContext, type SecureVersion } from "node:tls";
import { ChannelCredentials, credentials } from "@grpc/grpc-js";
import { listenUnix } from "../../../core/sockets.ts";
import { GetIdentityResponseSchema } from "../../../proto/gen/signer/v1/signer_pb.js";
import { openSigner } from "../../../signer/client/client.ts";
import {
  type Authority,
  type Credential,
  makeAuthority,
  makeClient,
  makeServer,
  validFor,
} from "../../../signer/pki/authority.ts";
import { needs } from "../../tools/need.ts";
import { openSignerCaller } from "./caller.ts";
import { FRAMES_NODE_ID, goodFrame, METHOD } from "./frames.ts";
import { newSignerFolder, type SignerRig, startSignerRig } from "./rig.ts";

const IDENTITY = "/signer.v1.Signer/GetIdentity";
const DAY_MS = 86_400_000;

describe("TLS", () => {
  const now = Date.now();
  const ca = makeAuthority("signer CA", validFor(10, now));
  const other = makeAuthority("signer CA", validFor(10, now));
  const server = makeServer(ca, ["signer", "127.0.0.1", "::1"], validFor(10, now));
  const pinned = makeClient(ca, "lsp", validFor(10, now));
  const expired = makeClient(ca, "lsp", { from: now - 2 * DAY_MS, to: now - DAY_MS });
  const foreign = makeClient(other, "lsp", validFor(10, now));
  let rig: SignerRig;
  let port: number;

  before(async () => {
    const clients = [{ name: "lsp", fingerprints: [pinned, expired, foreign].map(({ fingerprint }) => fingerprint) }];
    const tls = { host: "127.0.0.1", port: 0, certificate: server.certificate, authority: ca.certificate };
    rig = await startSignerRig({
      keys: { clients, tls: { host: "127.0.0.1", port: 0, certificate: "-", "private-key": "-", authority: "-" } },
      tls: { ...tls, privateKey: Buffer.from(server.privateKey) },
    });
    assert(rig.service.port !== undefined);
    port = rig.service.port;
  });
  after(() => rig.end());

  const callAs = async (
    client: Credential | undefined,
    authority: Authority = ca,
    version: SecureVersion = "TLSv1.3",
  ) => {
    const material = client === undefined ? {} : { cert: client.certificate, key: client.privateKey };
    const context = createSecureContext({
      ca: authority.certificate,
      ...material,
      minVersion: "TLSv1.2",
      maxVersion: version,
    });
    const caller = openSignerCaller(`127.0.0.1:${port}`, ChannelCredentials.createFromSecureContext(context), {
      "grpc.ssl_target_name_override": "signer",
    });
    try {
      return await caller.call(IDENTITY, new Uint8Array(), GetIdentityResponseSchema);
    } finally {
      caller.close();
    }
  };
  const refused = (attempt: Promise<unknown>) => assert.rejects(attempt, { code: 14 });

  test("a pinned certificate gets in, also through our client", async () => {
    assert.equal((await callAs(pinned)).network, "regtest");
    const place = { host: "127.0.0.1", port, authority: ca.certificate, ...pinned };
    const client = openSigner({ place, nodeId: FRAMES_NODE_ID, network: "regtest" });
    assert.equal((await client.sign(goodFrame(), METHOD, "response")).kind, "signed");
    await client.close();
  });

  test("a certificate of our CA that is not pinned does not", async () => {
    const stranger = makeClient(ca, "lsp", validFor(10, now));
    await refused(callAs(stranger));
    assert.match(rig.logged(), new RegExp(`not_pinned.*${stranger.fingerprint}`));
  });

  test("nor one that has expired, or of another CA, or none, though it is pinned", async () => {
    for (const client of [expired, foreign, undefined]) await refused(callAs(client));
    assert.match(rig.logged(), /"reason":"handshake"/);
  });

  test("the client refuses a server of another CA", () => refused(callAs(pinned, other)));

  test("TLS 1.2 is too old", () => refused(callAs(pinned, ca, "TLSv1.2")));

  test("plaintext is refused", async () => {
    const caller = openSignerCaller(`127.0.0.1:${port}`, credentials.createInsecure());
    await refused(caller.call(IDENTITY, new Uint8Array(), GetIdentityResponseSchema));
    caller.close();
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on("error", () => undefined);
    await new Promise((resolve) => session.once("close", resolve));
  });

  test("another protocol than HTTP/2 is not spoken", async () => {
    const ended = await new Promise((resolve) => {
      const socket = connectTls({
        ...{ host: "127.0.0.1", port, ca: ca.certificate, servername: "signer", ALPNProtocols: ["http/1.1"] },
        ...{ cert: pinned.certificate, key: pinned.privateKey },
      });
      socket.on("error", () => resolve(true));
      socket.on("close", () => resolve(true));
      socket.on("data", () => resolve(false));
    });
    assert.equal(ended, true);
  });
});

test("certificates are what OpenSSL calls strict X.509", needs("openssl"), () => {
  const folder = newSignerFolder();
  const ca = makeAuthority("signer CA", validFor(10, Date.now()));
  writeFileSync(join(folder, "ca.crt"), ca.certificate);
  const ends = {
    server: makeServer(ca, ["signer", "10.1.2.3", "fe80::1", "::"], validFor(10, Date.now())),
    client: makeClient(ca, "lsp", validFor(40 * 365, Date.now())),
  };
  for (const [purpose, end] of Object.entries(ends)) {
    writeFileSync(join(folder, "end.crt"), end.certificate);
    const args = [
      "verify",
      "-x509_strict",
      "-purpose",
      `ssl${purpose}`,
      "-CAfile",
      join(folder, "ca.crt"),
      join(folder, "end.crt"),
    ];
    const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  }
  rmSync(folder, { recursive: true });
});

describe("unix sockets", () => {
  const folder = newSignerFolder();
  after(() => rmSync(folder, { recursive: true }));
  const listen = (path: string, group?: string) =>
    listenUnix({ path, mode: 0o660, group }, (socket) => socket.destroy());
  const codeOf = async (path: string, group?: string): Promise<string> => {
    const result = await listen(path, group);
    if (!result.ok) return result.error.code;
    result.value.close();
    return "ok";
  };

  test("0660 in a folder of 0750, whatever the umask is, and gone after", async () => {
    const path = join(folder, "made", "a.sock");
    const umask = process.umask(0);
    try {
      const listening = await listen(path, String(process.getgid?.()));
      assert(listening.ok);
      assert.equal(statSync(path).mode & 0o777, 0o660);
      assert.equal(statSync(join(folder, "made")).mode & 0o777, 0o750);
      await new Promise((resolve) => listening.value.close(resolve));
      assert.equal(existsSync(path), false);
      assert.equal(process.umask(), 0);
    } finally {
      process.umask(umask);
    }
  });

  test("a stale socket is removed; a live one, a file and a link are not", async () => {
    const stale = join(folder, "stale.sock");
    const script = `require("node:net").createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", script]);
    assert.equal(statSync(stale).isSocket(), true);
    assert.equal(await codeOf(stale), "ok");

    const live = join(folder, "live.sock");
    const server = createServer().listen(live);
    await new Promise((resolve) => server.once("listening", resolve));
    assert.equal(await codeOf(live), "socket_in_use");
    server.close();

    const file = join(folder, "file");
    writeFileSync(file, "kept");
    assert.equal(await codeOf(file), "socket_taken");
    symlinkSync(file, join(folder, "link"));
    assert.equal(await codeOf(join(folder, "link")), "socket_taken");
    assert.equal(statSync(file).size, 4);
  });

  test("a folder that others can write or look into, an unknown group, a path that is too long", async () => {
    for (const mode of [0o770, 0o755, 0o777]) {
      const open = join(folder, `open-${mode}`);
      mkdirSync(open);
      chmodSync(open, mode);
      assert.equal(await codeOf(join(open, "a.sock")), "socket_folder");
    }
    assert.equal(await codeOf(join(folder, "a.sock"), "no-such-group"), "socket_group");
    assert.equal(await codeOf(join(folder, "a".repeat(120))), "socket_path");
  });
});

test("each socket is its own client: one client's name, budget and log entry cannot be another's", async () => {
  const folder = newSignerFolder();
  const clients = ["lsp", "backup"].map((name) => ({ name, socket: join(folder, "run", `${name}.sock`) }));
  const rig = await startSignerRig({ folder, keys: { clients } });
  for (const { socket } of clients) {
    const client = openSigner({ place: { socket }, nodeId: FRAMES_NODE_ID, network: "regtest" });
    assert.equal((await client.sign(goodFrame(), METHOD, "response")).kind, "signed");
    await client.close();
  }
  await rig.stop();
  const { stdout } = spawnSync("grep", ["-aho", '"client":"[a-z]*"', "-r", join(folder, "audit")], {
    encoding: "utf8",
  });
  assert.deepEqual(stdout.trim().split("\n"), ['"client":"lsp"', '"client":"backup"']);
  await rig.end();
});
