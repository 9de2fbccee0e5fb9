import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Secret } from "../../../core/secret.ts";
import { type LndNode, openLnd } from "../../../lsp/node/lnd.ts";
import { regtestPrograms } from "../../regtest/build.ts";
import type { Lnd } from "../../regtest/lnd.ts";
import { freePort, startDaemon } from "../../regtest/process.ts";
import { type Regtest, startRegtest } from "../../regtest/regtest.ts";
import { needs } from "../../tools/need.ts";
import { eventually } from "../../tools/wait.ts";
import { startRelay } from "./relay.ts";
import { bad, chainFrom, follow, good, nodeOn } from "./rig.ts";

describe("an lnd on a chain", needs("go"), () => {
  let regtest: Regtest;
  let lnd: Lnd;
  let node: LndNode;
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.message);

  before(async () => {
    process.on("warning", onWarning);
    regtest = await startRegtest({ lnds: [{ name: "lsp" }, { name: "keys", offline: true }] });
    lnd = regtest.lnd("lsp");
    node = nodeOn(lnd);
  });
  after(async () => {
    node?.close();
    await regtest?.stop();
    process.off("warning", onWarning);
  });

  test("says who it is", async () => {
    const info = await good(node.info());
    assert.deepEqual(info, {
      nodeId: lnd.nodeId,
      alias: lnd.nodeId.slice(0, 20),
      network: "regtest",
      version: lnd.version,
      syncedToChain: true,
      height: await regtest.chain.height(),
      uris: [`${lnd.nodeId}@${lnd.p2p}`],
    });
    assert.equal(await good(node.state()), "ready");
  });

  test("signs with its identity key, as one that verifies says", async () => {
    const message = Buffer.from("00000000020a00", "hex");
    const signature = await good(node.signMessage(message));
    assert.equal(await lnd.verifyMessage(message, signature, lnd.nodeId), true);
    assert.equal(await lnd.verifyMessage(Buffer.from("other"), signature, lnd.nodeId), false);
  });

  test("refuses to sign nothing", async () => {
    assert.equal(await bad(node.signMessage(Buffer.alloc(0))), "lnd_failed");
  });

  test("without a chain it answers, and says that it follows none", async () => {
    const keys = nodeOn(regtest.lnd("keys"));
    assert.equal((await good(keys.info())).syncedToChain, false);
    keys.close();
  });

  test("a macaroon that is changed, cut, empty of meaning or another lnd's is denied", async () => {
    const { macaroon } = lnd;
    const changed = macaroon.slice(0, -2) + (macaroon.endsWith("00") ? "01" : "00");
    const wrong = [changed, macaroon.slice(0, 60), "00", "0201", regtest.lnd("keys").macaroon];
    for (const one of wrong) {
      const other = nodeOn(lnd, { macaroon: one });
      assert.equal(await bad(other.info()), "lnd_denied", one);
      assert.equal(await bad(other.signMessage(Buffer.from("a"))), "lnd_denied", one);
      assert.equal(await good(other.state()), "ready");
      assert.equal(await firstTrouble(other), "lnd_denied");
      other.close();
    }
  });

  test("options that cannot be used fail every call, and throw nothing", async () => {
    const unusable = [
      { macaroon: "" },
      { macaroon: "0g" },
      { macaroon: "020" },
      { certificate: "" },
      { certificate: "PEM" },
    ];
    for (const options of unusable) {
      const other = nodeOn(lnd, options);
      assert.equal(await bad(other.info()), "lnd_failed");
      assert.equal(await bad(other.state()), "lnd_failed");
      assert.equal(await bad(other.unlock(Secret.take(Buffer.from("password")))), "lnd_failed");
      assert.equal(await firstTrouble(other), "lnd_failed");
      other.close();
    }
  });

  test("only its own certificate is trusted, and only at an address that the certificate names", async () => {
    const other = nodeOn(lnd, { certificate: readFileSync(regtest.lnd("keys").certificate, "utf8") });
    assert.equal(await bad(other.info()), "lnd_certificate");
    other.close();

    const relay = await startRelay("127.0.0.2", lnd.target);
    const elsewhere = nodeOn(lnd, { target: relay.target });
    const answer = await elsewhere.info();
    assert.match(answer.ok ? "" : answer.error.detail, /127\.0\.0\.2 is not in the cert's list/);
    elsewhere.close();
    await relay.stop();

    const byName = nodeOn(lnd, { target: lnd.target.replace("127.0.0.1", "localhost") });
    assert.equal((await good(byName.info())).nodeId, lnd.nodeId);
    byName.close();
  });

  test("its blocks come: the tip at once, then each, and after a reorganisation the new branch", async () => {
    const { blocks, close } = follow(node);
    await eventually("the tip", () => blocks.length === 1);
    const tip = await regtest.chain.height();
    assert.deepEqual(blocks, [{ height: tip, hash: await regtest.chain.blockHash() }]);
    await regtest.mine(3);
    await eventually("three blocks", () => blocks.length === 4);
    assert.deepEqual(blocks.slice(1), await chainFrom(regtest, tip + 1));
    await regtest.reorg(2);
    await eventually("the new branch", () => blocks.length === 7);
    assert.deepEqual(blocks.slice(4), await chainFrom(regtest, tip + 2));
    close();
  });

  test("a closed client answers so, also those who wait", async () => {
    const other = nodeOn(lnd);
    const waiting = other.info();
    other.close();
    assert.equal(await bad(waiting), "lnd_unavailable");
    assert.equal(await bad(other.info()), "lnd_unavailable");
    assert.equal(await firstTrouble(other), "lnd_unavailable");
    other.close();
  });

  test("nothing of all this made Node warn, or changed the environment", () => {
    assert.deepEqual(warnings, []);
    assert.equal(process.env["GRPC_SSL_CIPHER_SUITES"], undefined);
  });
});

test("an lnd without a wallet says so, and a password opens none", needs("go"), async () => {
  const { lnd: program } = await regtestPrograms();
  const target = `127.0.0.1:${await freePort()}`;
  const daemon = startDaemon(program, (folder) => [
    ...[`--lnddir=${folder}`, `--rpclisten=${target}`, "--bitcoin.regtest", "--bitcoin.node=nochainbackend"],
    ...["--norest", "--nolisten", "--logging.file.disable"],
  ]);
  const path = join(daemon.folder, "tls.cert");
  try {
    const certificate = await daemon.until("certificate", 60_000, () =>
      existsSync(path) ? readFileSync(path, "utf8") || undefined : undefined,
    );
    const node = openLnd({ target, certificate, macaroon: "0201" });
    await eventually("an answer", async () => (await node.state()).ok);
    await eventually("no wallet", async () => (await good(node.state())) !== "starting");
    assert.equal(await good(node.state()), "no_wallet");
    assert.equal(await bad(node.info()), "lnd_failed");
    assert.equal(await bad(node.unlock(Secret.take(Buffer.from("a password")))), "lnd_failed");
    node.close();
  } finally {
    await daemon.stop();
  }
});

async function firstTrouble(node: LndNode): Promise<string> {
  const { troubles, close } = follow(node);
  await eventually("trouble", () => troubles.length > 0);
  close();
  return troubles[0] ?? "";
}
