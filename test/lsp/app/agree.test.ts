import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Lnd, startLnd } from "../../regtest/lnd.ts";
import { freePort } from "../../regtest/process.ts";
import { needs } from "../../tools/need.ts";
import { type Postgres, startPostgres } from "../store/postgres.ts";
import { type LspProgram, startLspProgram, throwing } from "./program.ts";
import {
  askConfig,
  newLspFolder,
  RIG_NODE_ID,
  RIG_WORDS,
  readiness,
  STRANGERS_WORDS,
  writeMacaroon,
  writeSecret,
} from "./rig.ts";

/** This lnd follows no chain. */
const NOT_SYNCED = "lnd lnd_not_synced";

describe("an LSP that lnd signs for", needs("go", "postgres"), () => {
  const folder = newLspFolder();
  const lndFolder = newLspFolder();
  let postgres: Postgres;
  let port: number;
  let lnd: Lnd;
  let lsp: LspProgram;

  /** At one address, with one certificate, and with one store of macaroons, whatever its seed. */
  const startNode = async (words: readonly string[]): Promise<void> => {
    lnd = await startLnd({ words, folder: lndFolder, flags: [`--rpclisten=127.0.0.1:${port}`] });
  };

  before(async () => {
    [port, postgres] = await Promise.all([freePort(), startPostgres()]);
    await startNode(RIG_WORDS);
    const config = {
      network: "regtest",
      "node-id": RIG_NODE_ID,
      listen: { host: "127.0.0.1", port: 0 },
      admin: { port: 0 },
      plaintext: true,
      advertise: { host: "203.0.113.7" },
      database: { "url-file": writeSecret(join(folder, "url"), postgres.url) },
      lnd: {
        address: `127.0.0.1:${port}`,
        certificate: lnd.certificate,
        "macaroon-file": await writeMacaroon(folder, lnd, ["info", "blocks", "sign"]),
      },
      signer: "lnd",
    };
    lsp = await startLspProgram(folder, config, throwing("s3cret"));
  });

  after(async () => {
    await lsp?.stop("SIGKILL");
    await Promise.all([lnd?.stop(), postgres?.stop()]);
    for (const each of [folder, lndFolder]) rmSync(each, { recursive: true, force: true });
  });

  const ask = () => askConfig(lsp.address, "plaintext-loopback");

  test("answers while lnd is the configured node", async () => {
    await readiness(lsp.admin, NOT_SYNCED);
    assert.equal(await ask(), undefined);
  });

  test("answers nothing when lnd has become another node, and again when it is back", async () => {
    for (const [words, troubles, answer] of [
      [STRANGERS_WORDS, ["lnd lnd_other_node", "signer lnd_other_node"], "client_status"],
      [RIG_WORDS, [NOT_SYNCED], undefined],
    ] as const) {
      await lnd.end();
      // All that is of the wallet; certificate and macaroons stay.
      for (const path of ["chain/bitcoin/regtest/wallet.db", "chain/bitcoin/regtest/channel.backup", "graph"])
        rmSync(join(lndFolder, "data", path), { recursive: true });
      await startNode(words);
      await readiness(lsp.admin, ...troubles);
      assert.equal(await ask(), answer);
    }
  });

  test("ends with 1 for an exception that nobody expected, and does not repeat its text", async () => {
    const exit = lsp.stop("SIGUSR2");
    assert.equal(await exit, 1);
    assert.match(lsp.logged(), /"code":"failed","error":\{"type":"Error","at":\[/);
    assert.equal(lsp.logged().includes("s3cret"), false);
  });
});
