import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { SignerProcess } from "../chain/signer.ts";
import { type Lnd, startLnd } from "../regtest/lnd.ts";
import { type Postgres, startPostgres } from "../store/postgres.ts";
import { needs } from "../tools/need.ts";
import { refusal } from "./program.ts";
import { NODE_ID, newFolder, prepareSigner, STRANGER, WORDS, writeMacaroon, writeSecret, writeTls } from "./rig.ts";

describe("lsp run refuses to start", needs("go", "postgres"), () => {
  const folder = newFolder();
  const otherFolder = newFolder();
  let lnd: Lnd;
  let postgres: Postgres;
  let signer: SignerProcess;
  let stranger: SignerProcess;
  let strangersSocket: string;
  let taken: Server;
  let config: Record<string, unknown>;
  let lndKeys: Record<string, string>;

  before(async () => {
    const setup = await prepareSigner(folder);
    const other = await prepareSigner(otherFolder, { key: STRANGER });
    strangersSocket = other.socket;
    [lnd, postgres, signer, stranger] = await Promise.all([
      startLnd({ words: WORDS }),
      startPostgres(),
      setup.start(),
      other.start(),
    ]);
    const { authority: _, ...tls } = writeTls(folder);
    lndKeys = {
      address: lnd.target,
      certificate: lnd.certificate,
      "macaroon-file": await writeMacaroon(folder, lnd, ["info", "blocks"]),
    };
    config = {
      network: "regtest",
      "node-id": NODE_ID,
      listen: { host: "127.0.0.1", port: 0 },
      admin: { port: 0 },
      tls,
      advertise: { host: "203.0.113.7" },
      database: { "url-file": writeSecret(join(folder, "url"), postgres.url) },
      lnd: lndKeys,
      signer: { socket: setup.socket },
      "start-timeout-seconds": 1.5,
    };
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  });

  after(async () => {
    taken?.close();
    await Promise.all([lnd?.stop(), postgres?.stop(), signer?.stop(), stranger?.stop()]);
    for (const each of [folder, otherFolder]) rmSync(each, { recursive: true, force: true });
  });

  /** The code of a start with these keys in place of those that would do, and what it said about it. */
  const attempt = async (keys: Record<string, unknown>): Promise<[string, string]> => {
    const { code, status, stderr } = await refusal(folder, { ...config, ...keys });
    assert.equal(status, 1, stderr);
    return [code, stderr];
  };
  const takenPort = (): number => {
    const address = taken.address();
    return address !== null && typeof address === "object" ? address.port : 0;
  };

  test("where lnd, signer and configuration are not one node on one network", async () => {
    const [otherNode, about] = await attempt({ "node-id": STRANGER.nodeId, signer: { socket: strangersSocket } });
    assert.equal(otherNode, "lnd_other_node");
    assert(about.includes(`(${NODE_ID}, not ${STRANGER.nodeId})`), about);
    assert.equal((await attempt({ signer: { socket: strangersSocket } }))[0], "signer_other_node");
    assert.match((await attempt({ network: "simnet" }))[0], /^(lnd|signer)_other_network$/);
  });

  test("where lnd does not let it in, is not there, or is locked with nobody to unlock it", async () => {
    const none = writeSecret(join(folder, "none.macaroon"), "0201036c6e64");
    assert.equal((await attempt({ lnd: { ...lndKeys, "macaroon-file": none } }))[0], "lnd_denied");
    const gone = { ...lndKeys, address: "127.0.0.1:1" };
    assert.equal((await attempt({ lnd: gone }))[0], "lnd_unavailable");
    await lnd.restart({ locked: true });
    assert.equal((await attempt({}))[0], "lnd_locked");
    const wrong = writeSecret(join(folder, "password"), "not the password");
    const [code, said] = await attempt({ lnd: { ...lndKeys, "password-file": wrong } });
    assert.equal(code, "lnd_locked");
    assert.match(said, /"code":"lnd_denied","msg":"lnd not unlocked"/);
    assert.equal(said.includes("not the password"), false);
    await lnd.unlock();
  });

  test("where the signer is not there", async () => {
    assert.equal((await attempt({ signer: { socket: join(folder, "nobody.sock") } }))[0], "signer_unreachable");
  });

  test("where lnd is to sign and may not", async () => {
    assert.equal((await attempt({ signer: "lnd" }))[0], "lnd_denied");
  });

  test("where the database is not there, lets it not in, or is another network's", async () => {
    const url = new URL(postgres.url);
    const file = (text: string) => ({ database: { "url-file": writeSecret(join(folder, "other"), text) } });
    assert.equal((await attempt(file("postgres://lsp:s3cret@127.0.0.1:1/lsp")))[0], "store_unavailable");
    url.password = "s3cret";
    const [code, said] = await attempt(file(url.href));
    assert.equal(code, "store_denied");
    assert.equal(said.includes("s3cret"), false);
    // On simnet lnd and signer disagree first: the configuration is where PGlite on another network ends.
    assert.equal((await attempt({ network: "signet", database: { folder: "db" } }))[0], "config_invalid");
  });

  test("where a port is taken", async () => {
    assert.equal((await attempt({ listen: { host: "127.0.0.1", port: takenPort() } }))[0], "server_listen");
    assert.equal((await attempt({ admin: { port: takenPort() } }))[0], "admin_listen");
  });

  test("and a signal ends a start that waits, exit 0", async () => {
    const keys = { signer: { socket: join(folder, "nobody.sock") }, "start-timeout-seconds": 60 };
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const { status, stderr } = await refusal(folder, { ...config, ...keys }, signal);
      assert.equal(status, 0, stderr);
      assert.match(stderr, new RegExp(`"why":"${signal}","msg":"stopping"`));
    }
  });
});
