import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runChainSigner } from "../../chain/signer.ts";
import { startLnd } from "../../regtest/lnd.ts";
import { lines } from "../../signer/audit/sample.ts";
import { needs } from "../../tools/need.ts";
import { eventually } from "../../tools/wait.ts";
import { lsp, refusal, startLspProgram } from "./program.ts";
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
} from "./rig.ts";

/** This lnd follows no chain. */
const UNSYNCED = "lnd lnd_not_synced";

/** The clock of every program that is started with it: a year ahead while there is the file. */
const WRONG_CLOCK = `import { existsSync } from "node:fs";
const now = Date.now;
Date.now = () => now() + (existsSync(process.env.WRONG_CLOCK) ? 365 * 86_400_000 : 0);
`;

/** The steps of docs/operate.md, "After a wrong clock". */
test("a start by a clock one year ahead: two commands put LSP and signer right", needs("go"), async (context) => {
  const folder = newLspFolder();
  const [flag, preload] = [join(folder, "ahead"), writeSecret(join(folder, "clock.mjs"), WRONG_CLOCK)];
  const lnd = await startLnd({ words: RIG_WORDS });
  const setup = await prepareSigner(folder);
  const config = {
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
      "macaroon-file": await writeMacaroon(folder, lnd, ["info", "blocks"]),
    },
    signer: { socket: setup.socket },
  };
  const path = writeSecret(join(folder, "lsp.yaml"), JSON.stringify(config));
  process.env["NODE_OPTIONS"] = `--import=${preload}`;
  process.env["WRONG_CLOCK"] = flag;
  writeFileSync(flag, "");
  const signer = await setup.start();
  let program = await startLspProgram(folder, config);
  context.after(async () => {
    delete process.env["NODE_OPTIONS"];
    await Promise.all([program.stop("SIGKILL"), signer.stop(), lnd.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });
  const ask = () => askConfig(program.address, "plaintext-loopback");
  await readiness(program.admin, UNSYNCED);
  assert.equal(await ask(), "client_nonce_time", "a customer has the right time");

  rmSync(flag);
  await eventually("the LSP says what is wrong", async () =>
    (await askLspAdmin(program.admin, "/readyz")).text.includes("store_nonces"),
  );
  assert.equal(await program.stop(), 0);
  const reset = lsp("nonces", "reset", "--config", path);
  assert.deepEqual([reset.status, /^set back from 20\d\d-.* to 20/.test(reset.stdout)], [0, true], reset.stderr);
  const half = await refusal(folder, config);
  assert.equal(half.code, "signer_refuses");
  assert.match(half.stderr, /content\.nonce-order/);
  const data = join(folder, "signer");
  assert.equal(JSON.parse(runChainSigner(["nonces", "reset", "--data", data])).nonces_set_back, "lsp");
  program = await startLspProgram(folder, config);
  await readiness(program.admin, UNSYNCED);
  assert.equal(await ask(), undefined);
  assert.equal(lines(data).filter(({ event }) => event === "clock").length, 1);
});
