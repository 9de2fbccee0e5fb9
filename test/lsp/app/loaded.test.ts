import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { startRegtest } from "../../regtest/regtest.ts";
import { needs } from "../../tools/need.ts";
import { startPostgres } from "../store/postgres.ts";
import { startLspProgram } from "./program.ts";
import {
  askConfig,
  newLspFolder,
  prepareSigner,
  RIG_NODE_ID,
  RIG_WORDS,
  readiness,
  writeMacaroon,
  writeSecret,
  writeTls,
} from "./rig.ts";

/**
 * The packages whose code runs in the process that holds lnd's macaroon, on Postgres, from its start to its end. A new one is
 * a decision: whoever takes it over can do what the macaroon allows, and ask the signer.
 */
const LOADED = [
  // The calls of lnd and of the signer, and their messages.
  ...["@bufbuild/protobuf", "@grpc/grpc-js", "@js-sdsl/ordered-map"],
  // Signatures, and refund addresses.
  ...["secp256k1", "node-gyp-build", "@scure/base"],
  // Postgres.
  ...["kysely", "pg", "pg-connection-string", "pg-int8", "pg-pool", "pg-protocol", "pg-types"],
  ...["postgres-array", "postgres-bytea", "postgres-date", "postgres-interval", "xtend"],
  // The configuration.
  ...["yaml", "zod"],
  // The log.
  ...["pino", "@pinojs/redact", "atomic-sleep", "on-exit-leak-free", "pino-std-serializers", "quick-format-unescaped"],
  ...["safe-stable-stringify", "sonic-boom", "thread-stream"],
  // Metrics.
  ...["prom-client", "@opentelemetry/api", "bintrees", "tdigest"],
];

test("lsp run loads the packages of the list and no others", needs("go", "postgres"), async (t) => {
  const folder = newLspFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [regtest, postgres, setup] = await Promise.all([
    startRegtest({ lnds: [{ name: "lsp", words: RIG_WORDS }] }),
    startPostgres(),
    prepareSigner(folder),
  ]);
  t.after(() => Promise.all([regtest.stop(), postgres.stop()]));
  const signer = await setup.start();
  t.after(() => signer.stop());
  const lnd = regtest.lnd("lsp");
  const { authority, ...tls } = writeTls(folder);
  const config = {
    network: "regtest",
    "node-id": RIG_NODE_ID,
    listen: { host: "127.0.0.1", port: 0 },
    tls,
    database: { "url-file": writeSecret(join(folder, "url"), postgres.url) },
    lnd: {
      address: lnd.target,
      certificate: lnd.certificate,
      "macaroon-file": await writeMacaroon(folder, lnd, ["info", "blocks"]),
    },
    signer: { socket: setup.socket, witness: join(folder, "witness.jsonl") },
    admin: { port: 0 },
  };
  const file = join(folder, "loaded");
  const preload = pathToFileURL(join(import.meta.dirname, "loads.ts")).href;
  const lsp = await startLspProgram(folder, config, { NODE_OPTIONS: `--import=${preload}`, LOADED: file });
  await readiness(lsp.admin);
  assert.equal(await askConfig(lsp.address, { certificate: authority }), undefined);
  assert.equal(await lsp.stop(), 0);
  assert.deepEqual(packagesOf(readFileSync(file, "utf8")), [...LOADED].sort());
});

function packagesOf(urls: string): string[] {
  const names = urls.split("\n").map((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}
