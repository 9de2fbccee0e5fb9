import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startRegtest } from "../../regtest/regtest.ts";
import { type LspProgram, startLspProgram } from "../app/program.ts";
import {
  newLspFolder,
  prepareSigner,
  RIG_NODE_ID,
  RIG_WORDS,
  writeMacaroon,
  writeSecret,
  writeTls,
} from "../app/rig.ts";
import { type Postgres, startPostgres } from "../store/postgres.ts";

/** Far above what two cores can do: here the limits are not what is tested. */
const NO_LIMIT = 1_000_000;

/** A whole LSP as it runs in production, with everything that it needs as processes of their own. */
export interface LoadedLsp {
  readonly nodeId: string;
  /** PEM of its certificate's authority. */
  readonly authority: string;
  readonly postgres: Postgres;
  start(env?: Record<string, string>): Promise<LspProgram>;
  /** Resident memory of a process, bytes. */
  resident(program: LspProgram): number;
  stop(): Promise<void>;
}

export async function prepareLsp(): Promise<LoadedLsp> {
  const folder = newLspFolder();
  const [regtest, postgres, setup] = await Promise.all([
    startRegtest({ lnds: [{ name: "lsp", words: RIG_WORDS }] }),
    startPostgres(),
    prepareSigner(folder),
  ]);
  const lnd = regtest.lnd("lsp");
  const signer = await setup.start();
  const tls = writeTls(folder);
  const config = {
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
      "macaroon-file": await writeMacaroon(folder, lnd, ["info", "blocks"]),
    },
    signer: { socket: setup.socket, witness: join(folder, "witness.jsonl") },
    limits: {
      "address-per-second": NO_LIMIT,
      "address-burst": NO_LIMIT,
      "address-answers-per-day": 1000 * NO_LIMIT,
      "address-new-keys-per-day": 1000 * NO_LIMIT,
      "key-per-second": NO_LIMIT,
      "key-burst": NO_LIMIT,
    },
    "log-level": "error",
  };
  let last: LspProgram | undefined;
  return {
    nodeId: RIG_NODE_ID,
    authority: tls.authority,
    postgres,
    async start(env) {
      last = await startLspProgram(folder, config, env);
      return last;
    },
    resident: ({ child }) => {
      const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "latin1"))?.[1];
      return Number(kib) * 1024;
    },
    async stop() {
      await last?.stop("SIGKILL");
      await Promise.all([signer.stop(), regtest.stop(), postgres.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
