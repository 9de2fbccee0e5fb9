import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeAuthority, makeServer, validFor } from "../../signer/service/certs.ts";
import type { RegtestPrograms } from "../regtest/build.ts";
import type { Lnd } from "../regtest/lnd.ts";
import { freePort, startDaemon } from "../regtest/process.ts";
import { ROOT } from "../tools/sources.ts";

const START_MS = 60_000;
/** Of the certificate: a demo is over on the same day. */
const DAYS = 2;
const MAIN = join(ROOT, "lsp", "main.ts");

export interface LspOptions {
  /** Made if it is missing. */
  readonly folder: string;
  readonly nodeId: string;
  readonly lnd: Lnd;
  readonly macaroon: string;
  readonly signerSocket: string;
}

export interface LspProcess {
  /** `host:port` of its API. */
  readonly address: string;
  /** PEM file of the authority whose certificate it shows. */
  readonly certificate: string;
  readonly configuration: string;
  readonly pid: number;
  output(): string;
  /** Asks it to end: requests in flight are answered. */
  stop(): Promise<void>;
}

/** `lsp run` as a process of its own: TLS, PGlite, answers signed by the signer, lnd through `macaroon` alone. */
export async function startLsp(options: LspOptions): Promise<LspProcess> {
  const { folder, nodeId, lnd, macaroon, signerSocket } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const validity = validFor(DAYS, Date.now());
  const authority = makeAuthority("regtest", validity);
  const server = makeServer(authority, ["127.0.0.1", "localhost"], validity);
  const certificate = write(folder, "ca.crt", authority.certificate);
  const address = `127.0.0.1:${await freePort()}`;
  const [host = "", port = ""] = address.split(":");
  const configuration = write(
    folder,
    "lsp.yaml",
    // Each line is YAML; what has quotes is a string of JSON, which is one of YAML too.
    [
      "network: regtest",
      `node-id: "${nodeId}"`,
      `listen: { host: ${host}, port: ${port} }`,
      "tls:",
      `  certificate: ${JSON.stringify(write(folder, "server.crt", server.certificate))}`,
      `  private-key: ${JSON.stringify(write(folder, "server.key", server.privateKey))}`,
      `database: { folder: ${JSON.stringify(join(folder, "database"))} }`,
      "lnd:",
      `  address: ${lnd.target}`,
      `  certificate: ${JSON.stringify(lnd.certificate)}`,
      `  macaroon-file: ${JSON.stringify(macaroon)}`,
      `  password-file: ${JSON.stringify(lnd.passwordFile)}`,
      "signer:",
      `  socket: ${JSON.stringify(signerSocket)}`,
      `  witness: ${JSON.stringify(join(folder, "witness.jsonl"))}`,
      "admin: { port: 0 }",
      "",
    ].join("\n"),
  );
  const daemon = startDaemon(process.execPath, () => [MAIN, "run", "--config", configuration], { folder });
  try {
    await daemon.until("listening", START_MS, () => /^listening on /m.test(daemon.output()) || undefined);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return { address, certificate, configuration, pid: daemon.pid, output: daemon.output, stop: daemon.stop };
}

/** Another command of the LSP, to its end; its standard output. Rejects, with what it says, for any exit code but 0. */
export async function runLsp(args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [MAIN, ...args])).stdout;
}

/**
 * Runs a line that is meant for the shell of lnd's host, with that lnd's `lncli`, in `folder`, where it leaves its files.
 */
export async function runLncli(line: string, folder: string, lnd: Lnd, { lncli }: RegtestPrograms): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const own = 'lncli() { "$LNCLI" --rpcserver="$TARGET" --lnddir="$LNDDIR" --network=regtest "$@"; }';
  const env = { PATH: process.env["PATH"] ?? "", LNCLI: lncli, TARGET: lnd.target, LNDDIR: lnd.folder };
  await promisify(execFile)("sh", ["-ec", `${own}\n${line}`], { cwd: folder, env });
}

function write(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
