import assert from "node:assert/strict";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { SignerProcess } from "../../chain/signer.ts";
import type { Lnd } from "../../regtest/lnd.ts";
import { type Regtest, startRegtest } from "../../regtest/regtest.ts";
import { needs } from "../../tools/need.ts";
import { listenNotify } from "../../tools/notify.ts";
import { type Postgres, query, startPostgres } from "../store/postgres.ts";
import { startLspProgram } from "./program.ts";
import {
  askConfig,
  askLspAdmin,
  newLspFolder,
  prepareSigner,
  RIG_NODE_ID,
  RIG_WORDS,
  readiness,
  writeMacaroon,
  writeSecret,
  writeTls,
} from "./rig.ts";

async function eventually(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setTimeout(resolve, 50));
}

describe("files that are read again", needs("go", "postgres", "python3", "systemd"), () => {
  const folder = newLspFolder();
  let regtest: Regtest;
  let lnd: Lnd;
  let postgres: Postgres;
  let signer: SignerProcess;
  let tls: ReturnType<typeof writeTls>;
  let config: Record<string, unknown>;
  let macaroon: string;

  before(async () => {
    const setup = await prepareSigner(folder);
    [regtest, postgres] = await Promise.all([
      startRegtest({ lnds: [{ name: "lsp", words: RIG_WORDS }] }),
      startPostgres(),
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
  });

  after(async () => {
    await Promise.all([signer?.stop(), regtest?.stop(), postgres?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  test("lnd's certificate and macaroon are read again: a wrong one is named, and the right one heals", async () => {
    const files = { certificate: join(folder, "lnd.crt"), "macaroon-file": join(folder, "renewed.macaroon") };
    cpSync(lnd.certificate, files.certificate);
    cpSync(macaroon, files["macaroon-file"]);
    const other = await startLspProgram(folder, { ...config, lnd: { ...(config["lnd"] as object), ...files } });
    await readiness(other.admin);
    const text = (await askLspAdmin(other.admin, "/metrics")).text;
    for (const use of ["listener", "lnd"])
      assert.match(text, new RegExp(`^lsp_tls_days_left\\{certificate="${use}"\\} [\\d.]+$`, "m"));
    cpSync(tls.certificate, files.certificate);
    await readiness(other.admin, "lnd lnd_certificate");
    cpSync(lnd.certificate, files.certificate);
    await readiness(other.admin);
    writeSecret(files["macaroon-file"], Buffer.from("0201036c6e64", "hex"));
    await readiness(other.admin, "lnd lnd_denied");
    cpSync(macaroon, files["macaroon-file"]);
    await readiness(other.admin);
    assert.match(other.logged(), /lnd's certificate and macaroon read again/);
    // Half a file is not taken: the old one stays.
    writeFileSync(files.certificate, "-----BEGIN");
    await eventually(() => other.logged().includes("the old ones stay"));
    await readiness(other.admin);
    assert.equal(await other.stop(), 0);
  });

  test("the database's URL is read again, for connections to come", async () => {
    const file = join(folder, "renewed-url");
    writeSecret(file, postgres.url);
    const notified = await listenNotify(join(folder, "notify"));
    const env = { NOTIFY_SOCKET: join(folder, "notify") };
    const other = await startLspProgram(folder, { ...config, database: { "url-file": file } }, env);
    // systemd is told when it serves, and when it stops.
    assert.equal(await notified.next(), "READY=1");
    await readiness(other.admin);
    const user = decodeURIComponent(new URL(postgres.url).username);
    const next = new URL(postgres.url);
    next.password = "another one";
    await query(postgres.adminUrl, `ALTER USER "${user}" PASSWORD 'another one'`);
    // A file that is none changes nothing.
    writeSecret(file, "postgresql://a,b/lsp");
    await eventually(() => other.logged().includes("database URL not read"));
    writeSecret(file, next.href);
    await eventually(() => other.logged().includes("database URL read again"));
    await query(
      postgres.adminUrl,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'btc-lsp'",
    );
    await readiness(other.admin);
    const { authority } = tls;
    assert.equal(await askConfig(other.address, { certificate: authority }), undefined);
    assert.equal(await other.stop(), 0);
    assert.equal(await notified.next(), "STOPPING=1");
    notified.close();
    await query(
      postgres.adminUrl,
      `ALTER USER "${user}" PASSWORD '${decodeURIComponent(new URL(postgres.url).password)}'`,
    );
  });
});
