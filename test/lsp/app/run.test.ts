import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect as tlsConnect } from "node:tls";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import { type LspClient, openLspClient } from "../../../lsp/client/client.ts";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from "../../../proto/gen/grpc/health/v1/health_pb.js";
import { runChainSigner, type SignerProcess } from "../../chain/signer.ts";
import type { Lnd } from "../../regtest/lnd.ts";
import { type Regtest, startRegtest } from "../../regtest/regtest.ts";
import { needs } from "../../tools/need.ts";
import { eventually } from "../../tools/wait.ts";
import { type Postgres, startPostgres } from "../store/postgres.ts";
import { type LspProgram, startLspProgram } from "./program.ts";
import {
  askConfig,
  askLspAdmin,
  newKeyBytes,
  newLspFolder,
  newRequestKey,
  prepareSigner,
  RIG_NODE_ID,
  RIG_WORDS,
  readiness,
  type SignerSetup,
  STRANGER,
  writeMacaroon,
  writeSecret,
  writeTls,
} from "./rig.ts";

describe("lsp run, on real lnd, signer and Postgres", needs("go", "postgres"), () => {
  const folder = newLspFolder();
  const customer = newKeyBytes();
  let regtest: Regtest;
  let lnd: Lnd;
  let postgres: Postgres;
  let setup: SignerSetup;
  let signer: SignerProcess;
  let tls: ReturnType<typeof writeTls>;
  let config: Record<string, unknown>;
  let macaroon: string;
  let lsp: LspProgram;

  before(async () => {
    [regtest, postgres, setup] = await Promise.all([
      startRegtest({ lnds: [{ name: "lsp", words: RIG_WORDS }] }),
      startPostgres(),
      prepareSigner(folder),
    ]);
    lnd = regtest.lnd("lsp");
    signer = await setup.start();
    tls = writeTls(folder);
    macaroon = await writeMacaroon(folder, lnd, ["info", "blocks"]);
    config = {
      network: "regtest",
      "node-id": RIG_NODE_ID,
      listen: { host: "127.0.0.1", port: 0 },
      admin: { port: 0 },
      tls: { certificate: tls.certificate, "private-key": tls["private-key"] },
      advertise: { host: "203.0.113.7" },
      database: { "url-file": writeSecret(join(folder, "url"), `${postgres.url}\n`) },
      lnd: {
        address: lnd.target,
        certificate: lnd.certificate,
        "macaroon-file": macaroon,
        "password-file": lnd.passwordFile,
      },
      signer: { socket: setup.socket, witness: join(folder, "witness.jsonl") },
      "log-level": "debug",
    };
    lsp = await startLspProgram(folder, config);
    await readiness(lsp.admin);
  });

  after(async () => {
    await lsp?.stop("SIGKILL");
    await Promise.all([signer?.stop(), regtest?.stop(), postgres?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const openClient = ({ key = newRequestKey(), gzip = false } = {}): LspClient => {
    const trust = { certificate: tls.authority };
    return openLspClient({ address: lsp.address, tls: trust, nodeId: RIG_NODE_ID, key, gzip, network: "regtest" });
  };
  const ask = () => askConfig(lsp.address, { certificate: tls.authority });

  test("answers GetCfg, signed, plain and gzip", async () => {
    for (const gzip of [false, true]) {
      const client = openClient({ key: newRequestKey(customer), gzip });
      const answer = await client.getCfg();
      assert(answer.ok, answer.ok ? "" : answer.error.code);
      assert.deepEqual(answer.value.value.nodes, [{ nodeId: RIG_NODE_ID, host: "203.0.113.7", port: 9735 }]);
      client.close();
    }
  });

  test("grpc.health.v1 says what /readyz says", async () => {
    const same = (bytes: Buffer): Buffer => bytes;
    const client = new Client(lsp.address, credentials.createSsl(Buffer.from(tls.authority)), {
      "grpc.ssl_target_name_override": "localhost",
    });
    const check = (service: string): Promise<Serving> =>
      new Promise((resolve, reject) => {
        const request = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service }));
        const done = (error: Error | null, bytes: Buffer | undefined): void =>
          bytes === undefined ? reject(error) : resolve(fromBinary(HealthCheckResponseSchema, bytes).status);
        client.makeUnaryRequest("/grpc.health.v1.Health/Check", same, same, Buffer.from(request), done);
      });
    assert.equal(await check(""), Serving.SERVING);
    assert.equal(await check("BtcLsp.Service"), Serving.SERVING);
    await signer.stop();
    await readiness(lsp.admin, "signer signer_unreachable");
    assert.equal(await check(""), Serving.NOT_SERVING);
    assert.equal(await ask(), "client_status");
    signer = await setup.start();
    await readiness(lsp.admin);
    assert.equal(await check(""), Serving.SERVING);
    assert.equal(await ask(), undefined);
    client.close();
  });

  test("a paused signer is trouble, and resuming ends it", async () => {
    const data = ["--data", join(folder, "signer")];
    runChainSigner(["pause", ...data]);
    await readiness(lsp.admin, "signer signer_not_serving");
    runChainSigner(["resume", ...data]);
    await readiness(lsp.admin);
    assert.equal(await ask(), undefined);
  });

  test("another signer on the same socket is trouble and signs nothing for us", async () => {
    await signer.stop();
    const otherFolder = newLspFolder();
    const other = await prepareSigner(otherFolder, { socket: setup.socket, key: STRANGER });
    const stranger = await other.start();
    await readiness(lsp.admin, "signer signer_other_node");
    assert.equal(await ask(), "client_status");
    await stranger.stop();
    signer = await setup.start();
    await readiness(lsp.admin);
    assert.equal(await ask(), undefined);
    rmSync(otherFolder, { recursive: true });
  });

  test("lnd that goes away is trouble; it comes back locked and is unlocked from the file", async () => {
    await lnd.kill();
    await readiness(lsp.admin, "lnd lnd_unavailable");
    // What is known of it is enough to answer: it is the signer who signs.
    assert.equal(await ask(), undefined);
    await lnd.start({ locked: true });
    await readiness(lsp.admin);
    assert.match(lsp.logged(), /"msg":"lnd unlocked"/);
    await regtest.waitSynced();
    const height = await regtest.chain.height();
    await regtest.mine(1);
    await until(async () => (await metric("lsp_block_height")) === height + 1);
  });

  test("a database that goes away is trouble; no nonce is taken meanwhile", async () => {
    await postgres.kill();
    await readiness(lsp.admin, "database store_unavailable");
    assert.equal(await ask(), "client_status");
    await postgres.start();
    await readiness(lsp.admin);
    assert.equal(await ask(), undefined);
  });

  test("the certificate is read again at SIGHUP and when its files change; a bad one changes nothing", async () => {
    const served = async (): Promise<string> => {
      const [host, port] = lsp.address.split(":");
      const socket = tlsConnect({ host, port: Number(port), ALPNProtocols: ["h2"], rejectUnauthorized: false });
      const fingerprint = await new Promise<string>((resolve, reject) => {
        socket.once("secureConnect", () => resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? ""));
        socket.once("error", reject);
      });
      socket.destroy();
      return fingerprint;
    };
    const held = openClient();
    assert((await held.getCfg()).ok);
    const first = await served();
    tls = writeTls(folder);
    await until(async () => (await served()) !== first);
    const second = await served();
    // The connection that was there before goes on.
    assert((await held.getCfg()).ok);
    held.close();
    assert.equal(await ask(), undefined);
    const good = readFileSync(tls.certificate);
    writeSecret(tls.certificate, "not a certificate");
    lsp.child.kill("SIGHUP");
    await until(() => lsp.logged().includes('"code":"server_tls"'));
    assert.equal(await served(), second);
    assert.equal(await ask(), undefined);
    writeSecret(tls.certificate, good);
  });

  test("an old copy of the signer's log is an alarm", async () => {
    const [data, copy] = [join(folder, "signer", "audit"), join(folder, "audit-copy")];
    await signer.stop();
    await readiness(lsp.admin, "signer signer_unreachable");
    cpSync(data, copy, { recursive: true });
    signer = await setup.start();
    await readiness(lsp.admin);
    assert.equal(await ask(), undefined);
    await signer.stop();
    await readiness(lsp.admin, "signer signer_unreachable");
    rmSync(data, { recursive: true });
    cpSync(copy, data, { recursive: true });
    signer = await setup.start();
    await readiness(lsp.admin);
    await until(async () => (await ask()) === undefined && lsp.logged().includes('"code":"signer_log"'));
    // By as many records as were lost, or at the same number with another hash.
    const { text } = await askLspAdmin(lsp.admin, "/metrics");
    assert.match(text, /^lsp_signer_log_alarms_total\{kind="log_(?:went_back|rewritten)"\} [1-9]/m);
  });

  test("metrics count what happened", async () => {
    const answered = await metric('lsp_answers_total{method="GetCfg",outcome="success"}');
    assert(answered >= 8, `${answered}`);
    const { text, status } = await askLspAdmin(lsp.admin, "/metrics");
    assert.equal(status, 200);
    for (const line of [
      /^lsp_requests_total\{method="GetCfg",status="ok"\} \d+$/m,
      /^lsp_requests_total\{method="GetCfg",status="unavailable"\} \d+$/m,
      /^lsp_verify_seconds_count\{outcome="valid"\} [1-9]/m,
      /^lsp_sign_seconds_count\{outcome="signed"\} [1-9]/m,
      /^lsp_database_seconds_count\{outcome="accepted"\} [1-9]/m,
      /^lsp_lnd_seconds_count\{outcome="lnd_unavailable"\} [1-9]/m,
      /^lsp_part_ready\{part="signer"\} 1$/m,
      /^lsp_ready 1$/m,
      /^lsp_info\{version="[\d.]+"\} 1$/m,
    ])
      assert.match(text, line);
  });

  test("the admin listener is for reading alone", async () => {
    assert.deepEqual(await askLspAdmin(lsp.admin, "/livez"), { status: 200, text: "ok\n" });
    assert.equal((await askLspAdmin(lsp.admin, "/metrics", "POST")).status, 405);
    assert.equal((await askLspAdmin(lsp.admin, "/livez", "HEAD")).text, "");
    assert.equal((await askLspAdmin(lsp.admin, "/debug")).status, 404);
  });

  test("its log has each request by id and method, and neither payload nor secret", async () => {
    const logged = lsp.logged();
    assert.match(logged, /"id":"[0-9a-f]{16}","method":"GetCfg","address":"127\.0\.0\.1","status":0,"ms":/);
    const publicKey = Buffer.from(newRequestKey(customer).publicKey);
    const password = new URL(postgres.url).password;
    for (const secret of [
      publicKey.toString("hex"),
      publicKey.toString("base64"),
      customer.toString("hex"),
      password,
      readFileSync(macaroon).toString("hex"),
      readFileSync(lnd.passwordFile, "utf8"),
      "sig-bin",
      "PRIVATE KEY",
    ])
      assert.equal(logged.includes(secret), false, secret);
  });

  test("SIGTERM: what is in flight is answered, exit 0, no connection is left", async () => {
    const clients = Array.from({ length: 8 }, () => openClient());
    // Connected first: a connection that is just being made may be refused.
    for (const answer of await Promise.all(clients.map((client) => client.getCfg()))) assert(answer.ok);
    const before = await metric('lsp_answers_total{method="GetCfg",outcome="success"}');
    const asked = clients.map((client) => client.getCfg());
    await until(async () => (await metric('lsp_answers_total{method="GetCfg",outcome="success"}')) > before);
    assert.equal(await lsp.stop(), 0);
    // What the stopping LSP refused was sent again, and nobody was there.
    const cut = ["client_disconnected", "client_unreachable", "client_not_done"];
    for (const answer of await Promise.all(asked)) assert(answer.ok || cut.includes(answer.error.code));
    for (const client of clients) client.close();
    assert.match(lsp.logged(), /"why":"SIGTERM","msg":"stopping"[\s\S]*"msg":"stopped"\}\n$/);
    lsp = await startLspProgram(folder, config);
    await readiness(lsp.admin);
    assert.equal(await ask(), undefined);
  });

  async function metric(name: string): Promise<number> {
    const { text } = await askLspAdmin(lsp.admin, "/metrics");
    const line = text.split("\n").find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length) ?? Number.NaN);
  }
});

function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  return eventually(`${holds}`, holds, { pauseMs: 50 });
}
