import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identity, identityPrivateKey } from "../../ceremony/seed/derivation.ts";
import { Secret } from "../../ceremony/seed/secret.ts";
import { type Feature, PERMISSIONS } from "../../lsp/node/macaroon.ts";
import { makeAuthority, makeServer, validFor } from "../../signer/service/certs.ts";
import { type SignerProcess, startSigner } from "../chain/signer.ts";
import type { Lnd } from "../regtest/lnd.ts";
import { writeBundle } from "../service/bundle.ts";
import vectors from "../vectors/aezeed.json" with { type: "json" };

const [seed] = vectors.btcwallet_nonstandard_derivation.vectors;
const entropy = Secret.copyOf(Buffer.from(seed?.entropy_hex ?? "", "hex"));

/** A seed of which a key on the way has a leading zero byte, and its node. */
export const WORDS = seed?.mnemonic.words.split(" ") ?? [];
export const NODE_ID = identity(entropy, "regtest").nodeId;

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lsp-"));
  chmodSync(folder, 0o700);
  return folder;
}

export function writeSecret(path: string, content: string | Uint8Array): string {
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** A certificate of an authority of its own, as files. */
export function writeTls(folder: string): { certificate: string; "private-key": string; authority: string } {
  const authority = makeAuthority("test CA", validFor(1, Date.now()));
  const server = makeServer(authority, ["localhost", "127.0.0.1"], validFor(1, Date.now()));
  const paths = { certificate: join(folder, "server.crt"), "private-key": join(folder, "server.key") };
  writeSecret(paths.certificate, server.certificate);
  writeSecret(paths["private-key"], server.privateKey);
  return { ...paths, authority: authority.certificate };
}

/** A macaroon with the permissions of the LSP and no others, as a file. */
export async function writeMacaroon(folder: string, lnd: Lnd, features: readonly Feature[]): Promise<string> {
  const permissions = features.flatMap((feature) => PERMISSIONS[feature].map((action) => ({ entity: "uri", action })));
  const { macaroon } = await lnd.call<{ macaroon: string }>("lnrpc.Lightning/BakeMacaroon", { permissions });
  return writeSecret(join(folder, "lsp.macaroon"), Buffer.from(macaroon, "hex"));
}

export interface SignerSetup {
  readonly socket: string;
  start(): Promise<SignerProcess>;
}

/** A signer of `NODE_ID`, or of another key, that can be started and stopped and started again. */
export async function prepareSigner(
  folder: string,
  keyHex: string = identityPrivateKey(entropy, "regtest").bytes.toString("hex"),
  nodeId: string = NODE_ID,
): Promise<SignerSetup> {
  const { bundle, identity: file } = await writeBundle(folder, "rehearsal", { keyHex, nodeId });
  const socket = join(folder, "run", "lsp.sock");
  const data = join(folder, "signer");
  const options = ["--bundle", bundle, "--identity-file", file, "--network", "regtest", "--data", data];
  return { socket, start: () => startSigner([...options, "--socket", socket]) };
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** One question to the admin listener. */
export function askAdmin(address: string, path: string, method = "GET"): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const call = request(`http://${address}${path}`, { method, agent: false }, async (response) => {
      resolve({ status: response.statusCode ?? 0, text: (await response.toArray()).join("") });
    });
    call.on("error", reject).end();
  });
}
