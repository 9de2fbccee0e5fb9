import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { runChainSigner } from "../../chain/signer.ts";
import { type Lnd, startLnd } from "../../regtest/lnd.ts";
import { freePort } from "../../regtest/process.ts";
import { needs } from "../../tools/need.ts";
import { refusal, startLspProgram } from "./program.ts";
import { askConfig, newLspFolder, prepareSigner, RIG_NODE_ID, RIG_WORDS, writeMacaroon, writeSecret } from "./rig.ts";

describe("an LSP on PGlite", needs("go"), () => {
  const folder = newLspFolder();
  let lnd: Lnd;
  let config: Record<string, unknown>;

  before(async () => {
    lnd = await startLnd({ words: RIG_WORDS });
    config = {
      network: "regtest",
      "node-id": RIG_NODE_ID,
      listen: { host: "127.0.0.1", port: 0 },
      admin: { port: 0 },
      plaintext: true,
      advertise: { host: "203.0.113.7" },
      database: { folder: join(folder, "database") },
      lnd: {
        address: lnd.target,
        certificate: lnd.certificate,
        "macaroon-file": await writeMacaroon(folder, lnd, ["info", "blocks", "sign"]),
      },
      signer: "lnd",
    };
  });

  after(async () => {
    await lnd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("has its folder alone: a second process ends, and the first goes on", async () => {
    const first = await startLspProgram(folder, config);
    const second = await refusal(folder, config);
    assert.deepEqual([second.code, second.status], ["store_locked", 1]);
    assert.equal(await askConfig(first.address, "plaintext-loopback"), undefined);
    assert.equal(await first.stop("SIGKILL"), null);
  });

  test("a killed one leaves no lock behind, and the next one can be stopped in peace", async () => {
    const next = await startLspProgram(folder, config);
    assert.equal(await askConfig(next.address, "plaintext-loopback"), undefined);
    assert.equal(await next.stop("SIGINT"), 0);
  });

  test("is signed for over TLS by a signer that has pinned its certificate, and not without it", async () => {
    const tls = join(folder, "tls");
    const port = await freePort();
    const pinned = runChainSigner(["certs", "--out", tls, "--client", "lsp"]).split(" ")[1]?.trim();
    const setup = await prepareSigner(folder);
    const signerConfig = {
      tls: {
        host: "127.0.0.1",
        port,
        certificate: join(tls, "server.crt"),
        "private-key": join(tls, "server.key"),
        authority: join(tls, "ca.crt"),
      },
      clients: [{ name: "lsp", fingerprints: [pinned] }],
    };
    const signer = await setup.start(writeSecret(join(folder, "signer.yaml"), JSON.stringify(signerConfig)));
    const place = {
      host: "127.0.0.1",
      port,
      authority: join(tls, "ca.crt"),
      certificate: join(tls, "lsp.crt"),
      "private-key": join(tls, "lsp.key"),
    };
    const lsp = await startLspProgram(folder, { ...config, signer: place });
    assert.equal(await askConfig(lsp.address, "plaintext-loopback"), undefined);
    assert.equal(await lsp.stop(), 0);
    runChainSigner(["certs", "--out", tls, "--client", "other"]);
    const other = { ...place, certificate: join(tls, "other.crt"), "private-key": join(tls, "other.key") };
    const { code } = await refusal(folder, { ...config, signer: other, "start-timeout-seconds": 1.5 });
    assert.equal(code, "signer_unreachable");
    await signer.stop();
  });
});
