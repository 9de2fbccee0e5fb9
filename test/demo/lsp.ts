import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { readLspConfig } from "../../lsp/app/config.ts";
import { describe } from "../../lsp/app/describe.ts";
import { makeAuthority, makeServer, validFor } from "../../signer/pki/authority.ts";
import type { Lnd } from "../regtest/lnd.ts";
import { freeAddress, startDaemon } from "../regtest/process.ts";
import { ROOT } from "../tools/sources.ts";

const START_MS = 60_000;
/** Of the certificate: a demo is over on the same day. */
const DAYS = 2;
const MAIN = join(ROOT, "lsp", "main.ts");

export interface LspOptions {
  /** Made if it is missing. */
  readonly folder: string;
  readonly nodeId: string;
  /** The lnd that it will use, started or not. */
  readonly lnd: Pick<Lnd, "target" | "p2p" | "certificate" | "passwordFile">;
  readonly macaroon: string;
  readonly signerSocket: string;
}

/** An LSP as it is configured, before it runs. */
export interface LspPlan {
  readonly folder: string;
  /** `host:port` of its API. */
  readonly address: string;
  /** PEM file of the authority whose certificate it shows. */
  readonly certificate: string;
  /** Its configuration file. */
  readonly configuration: string;
  /** What the signer's own configuration must have, so that it signs what this LSP says of itself: YAML. */
  readonly signerPolicy: string;
}

export interface LspProcess extends LspPlan {
  readonly pid: number;
  output(): string;
  /** Asks it to end: requests in flight are answered. */
  stop(): Promise<void>;
}

/** Writes its configuration and its certificate: TLS, PGlite, answers signed by the signer, lnd through `macaroon` alone. */
export async function planLsp({ folder, nodeId, lnd, macaroon, signerSocket }: LspOptions): Promise<LspPlan> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const validity = validFor(DAYS, Date.now());
  const authority = makeAuthority("regtest", validity);
  const server = makeServer(authority, ["127.0.0.1", "localhost"], validity);
  const address = await freeAddress();
  const text = stringify({
    network: "regtest",
    "node-id": nodeId,
    listen: placeOf(address),
    tls: {
      certificate: write(folder, "server.crt", server.certificate),
      "private-key": write(folder, "server.key", server.privateKey),
    },
    // Where customers' nodes find lnd. The signer signs no other place.
    advertise: placeOf(lnd.p2p),
    database: { folder: join(folder, "database") },
    lnd: {
      address: lnd.target,
      certificate: lnd.certificate,
      "macaroon-file": macaroon,
      "password-file": lnd.passwordFile,
    },
    signer: { socket: signerSocket, witness: join(folder, "witness.jsonl") },
    admin: { port: 0 },
  });
  const config = readLspConfig(text);
  if (!config.ok) throw new Error(config.error.faults.join("\n"));
  const described = describe(config.value);
  return {
    folder,
    address,
    certificate: write(folder, "ca.crt", authority.certificate),
    configuration: write(folder, "lsp.yaml", text),
    signerPolicy: described.slice(described.indexOf("policy:")),
  };
}

/** `lsp run` as a process of its own. */
export async function startLsp(plan: LspPlan): Promise<LspProcess> {
  const { folder, configuration } = plan;
  const daemon = startDaemon(process.execPath, () => [MAIN, "run", "--config", configuration], { folder });
  try {
    await daemon.until("listening", START_MS, () => /^listening on /m.test(daemon.output()) || undefined);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return { ...plan, pid: daemon.pid, output: daemon.output, stop: daemon.stop };
}

function placeOf(address: string): { host: string; port: number } {
  const [host = "", port = ""] = address.split(":");
  return { host, port: Number(port) };
}

function write(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
