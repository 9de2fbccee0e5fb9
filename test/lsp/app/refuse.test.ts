import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { SignerProcess } from "../../chain/signer.ts";
import { type Lnd, startLnd } from "../../regtest/lnd.ts";
import { freePort } from "../../regtest/process.ts";
import { needs } from "../../tools/need.ts";
import { type Postgres, startPostgres } from "../store/postgres.ts";
import { refusal, startLspProgram } from "./program.ts";
import {
  askLspAdmin,
  newLspFolder,
  prepareSigner,
  RIG_NODE_ID,
  RIG_WORDS,
  readiness,
  STRANGER,
  writeMacaroon,
  writeSecret,
  writeTls,
} from "./rig.ts";

describe("lsp run refuses to start", needs("go", "postgres"), () => {
  const folder = newLspFolder();
  const otherFolder = newLspFolder();
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
      startLnd({ words: RIG_WORDS }),
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
      "node-id": RIG_NODE_ID,
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
  const attempt = async (keys: Record<string, unknown>): Promise<{ code: string; said: string }> => {
    const { code, status, stderr } = await refusal(folder, { ...config, ...keys });
    assert.equal(status, 1, stderr);
    return { code, said: stderr };
  };
  /** Several at once: most of their time is waiting. */
  const codes = async (...attempts: readonly Record<string, unknown>[]): Promise<string[]> =>
    (await Promise.all(attempts.map(attempt))).map(({ code }) => code);
  const takenPort = (): number => {
    const address = taken.address();
    return address !== null && typeof address === "object" ? address.port : 0;
  };

  test("where lnd, signer and configuration are not one node on one network", async () => {
    const stranger = { socket: strangersSocket };
    const [ofNode, ofSigner, network] = await Promise.all([
      attempt({ "node-id": STRANGER.nodeId, signer: stranger }),
      attempt({ signer: stranger }),
      attempt({ network: "simnet" }),
    ]);
    assert.deepEqual([ofNode.code, ofSigner.code], ["lnd_other_node", "signer_other_node"]);
    assert(ofNode.said.includes(`(${RIG_NODE_ID}, not ${STRANGER.nodeId})`), ofNode.said);
    // Both are on another one; the first that is found is named.
    assert.match(network.code, /^(lnd|signer)_other_network$/);
  });

  test("where lnd or the signer does not let it in, or is not there", async () => {
    const none = writeSecret(join(folder, "none.macaroon"), "0201036c6e64");
    assert.deepEqual(
      await codes(
        { lnd: { ...lndKeys, "macaroon-file": none } },
        { lnd: { ...lndKeys, address: "127.0.0.1:1" } },
        { signer: { socket: join(folder, "nobody.sock") } },
        { lnd: { ...lndKeys, certificate: (config["tls"] as { certificate: string }).certificate } },
        // The macaroon of an LSP whose answers the signer process signs.
        { signer: "lnd" },
      ),
      ["lnd_denied", "lnd_unavailable", "signer_unreachable", "lnd_certificate", "lnd_denied"],
    );
    const { said } = await attempt({ signer: { socket: join(folder, "nobody.sock") } });
    assert.match(said, /\[signer_unreachable\] .*\(.*ENOENT.*nobody\.sock/);
  });

  test("where the macaroon does not let lnd tell of blocks", async () => {
    const narrow = newLspFolder();
    const macaroon = await writeMacaroon(narrow, lnd, ["info"]);
    const { code, said } = await attempt({ lnd: { ...lndKeys, "macaroon-file": macaroon } });
    assert.equal(code, "lnd_denied");
    assert.match(said, /\(RegisterBlockEpochNtfn: .*permission denied; `lsp macaroon` has the line\)/);
    rmSync(narrow, { recursive: true });
  });

  test("where the signer's policy refuses what every customer would get, with the rule's name", async () => {
    const careful = newLspFolder();
    const setup = await prepareSigner(careful);
    const keys = { clients: [{ name: "lsp", socket: setup.socket }], policy: { profiles: ["request"] } };
    const process = await setup.start(writeSecret(join(careful, "signer.json"), JSON.stringify(keys)));
    const { code, said } = await attempt({ signer: { socket: setup.socket } });
    assert.equal(code, "signer_refuses");
    assert.match(said, /\(GetCfg success: ask\.profile: /);
    await process.stop();
    rmSync(careful, { recursive: true });
  });

  test("where lnd is locked, and nobody or a wrong password unlocks it", async () => {
    await lnd.restart({ locked: true });
    const wrong = writeSecret(join(folder, "password"), "not the password");
    const [alone, wrongly] = await Promise.all([attempt({}), attempt({ lnd: { ...lndKeys, "password-file": wrong } })]);
    assert.deepEqual([alone.code, wrongly.code], ["lnd_locked", "lnd_locked"]);
    assert.match(wrongly.said, /"code":"lnd_denied","msg":"lnd not unlocked"/);
    assert.equal(wrongly.said.includes("not the password"), false);
    // And it serves where the right one does.
    const unlocking = { lnd: { ...lndKeys, "password-file": lnd.passwordFile }, "start-timeout-seconds": 60 };
    const served = await startLspProgram(folder, { ...config, ...unlocking });
    assert.match(served.logged(), /"msg":"lnd unlocked"/);
    assert.equal(await served.stop(), 0);
  });

  test("where the database is not there, or does not let it in, or is of another kind than the network needs", async () => {
    const wrong = new URL(postgres.url);
    wrong.password = "s3cret";
    const file = (name: string, text: string) => ({ "url-file": writeSecret(join(folder, name), text) });
    const [gone, denied, embedded] = await Promise.all([
      attempt({ database: file("gone", "postgres://lsp:s3cret@127.0.0.1:1/lsp") }),
      attempt({ database: file("denied", wrong.href) }),
      attempt({ network: "signet", database: { folder: "db" } }),
    ]);
    assert.deepEqual(
      [gone.code, denied.code, embedded.code],
      ["store_unavailable", "store_password", "config_invalid"],
    );
    for (const { said } of [gone, denied]) assert.equal(said.includes("s3cret"), false);
    assert.match(embedded.said, /database\.folder: is for regtest and simnet/);
  });

  test("where a port is taken", async () => {
    const port = takenPort();
    const both = await Promise.all([attempt({ listen: { host: "127.0.0.1", port } }), attempt({ admin: { port } })]);
    assert.deepEqual(
      both.map(({ code }) => code),
      ["server_listen", "admin_listen"],
    );
    for (const { said } of both) assert(said.includes(`(127.0.0.1:${port}: EADDRINUSE)`), said);
  });

  test("and a signal ends a start that waits, exit 0; /readyz says for what, SIGHUP changes nothing", async () => {
    const port = await freePort();
    const keys = { signer: { socket: join(folder, "nobody.sock") }, admin: { port }, "start-timeout-seconds": 60 };
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const { status, stderr } = await refusal(
        folder,
        { ...config, ...keys },
        {
          signal,
          async when(child) {
            await readiness(`127.0.0.1:${port}`, "process starting", "signer signer_unreachable");
            assert.equal((await askLspAdmin(`127.0.0.1:${port}`, "/livez")).status, 200);
            child.kill("SIGHUP");
            await readiness(`127.0.0.1:${port}`, "process starting", "signer signer_unreachable");
          },
        },
      );
      assert.equal(status, 0, stderr);
      assert.match(stderr, new RegExp(`"why":"${signal}","msg":"stopping"`));
    }
  });
});
