import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityPrivateKey, walletIdentity } from "../../../ceremony/seed/derivation.ts";
import { Secret } from "../../../core/secret.ts";
import { openLspClient } from "../../../lsp/client/client.ts";
import { type RequestKey, requestKeyOf } from "../../../lsp/client/key.ts";
import { type Feature, PERMISSIONS } from "../../../lsp/node/macaroon.ts";
import { makeAuthority, makeServer, validFor } from "../../../signer/pki/authority.ts";
import { type SignerProcess, startSigner } from "../../chain/signer.ts";
import type { Lnd } from "../../regtest/lnd.ts";
import { writeBundle } from "../../signer/service/bundle.ts";
import { KEY_HEX, FRAMES_NODE_ID as STRANGERS_ID } from "../../signer/service/frames.ts";
import { eventually } from "../../tools/wait.ts";
import vectors from "../../vectors/aezeed.json" with { type: "json" };

/** A look is made every two seconds, and lnd starts in two. */
const READY_MS = 20_000;

const [seed, strangersSeed] = vectors.btcwallet_nonstandard_derivation.vectors;
const entropy = Secret.copyOf(Buffer.from(seed?.entropy_hex ?? "", "hex"));

/** A seed of which a key on the way has a leading zero byte, and its node. */
export const RIG_WORDS = seed?.mnemonic.words.split(" ") ?? [];
export const STRANGERS_WORDS = strangersSeed?.mnemonic.words.split(" ") ?? [];
export const RIG_NODE_ID = walletIdentity(entropy, "regtest").nodeId;

export function newLspFolder(): string {
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

/** One GetCfg of a new customer; the code of its error, or undefined. */
export async function askConfig(address: string, tls: { certificate: string } | "plaintext-loopback") {
  const key = newRequestKey();
  const client = openLspClient({ address, tls, nodeId: RIG_NODE_ID, key });
  const answer = await client.getCfg();
  client.close();
  return answer.ok ? undefined : answer.error.code;
}

export function newRequestKey(bytes: Uint8Array = newKeyBytes()): RequestKey {
  const key = requestKeyOf(Secret.copyOf(bytes));
  if (key === undefined) throw new Error("not a private key");
  return key;
}

/** Below the order of the curve, whatever follows the first byte. */
export function newKeyBytes(): Buffer {
  return Buffer.concat([Buffer.alloc(1), randomBytes(31)]);
}

export interface SignerSetup {
  readonly socket: string;
  /** @param config a file with its clients; without one, its one client is on the socket */
  start(config?: string): Promise<SignerProcess>;
}

/** Another key than the node's, docs/contract.md#vectors. */
export const STRANGER = { keyHex: KEY_HEX, nodeId: STRANGERS_ID };
export const OURS = { keyHex: identityPrivateKey(entropy, "regtest").bytes.toString("hex"), nodeId: RIG_NODE_ID };

/** A signer that can be started, and started again; of `NODE_ID` if nothing is said. */
export async function prepareSigner(
  folder: string,
  { key = OURS, socket = join(folder, "run", "lsp.sock") }: { key?: typeof OURS; socket?: string } = {},
): Promise<SignerSetup> {
  const { bundle, identity: file } = await writeBundle(folder, "rehearsal", key);
  const data = join(folder, "signer");
  const options = ["--bundle", bundle, "--identity-file", file, "--network", "regtest", "--data", data];
  return {
    socket,
    start: (config) =>
      startSigner([...options, ...(config === undefined ? ["--socket", socket] : ["--config", config])]),
  };
}

export interface AdminReply {
  readonly status: number;
  readonly text: string;
}

/** One question to the admin listener. */
export function askLspAdmin(address: string, path: string, method = "GET"): Promise<AdminReply> {
  return new Promise((resolve, reject) => {
    const call = request(`http://${address}${path}`, { method, agent: false }, async (response) => {
      resolve({ status: response.statusCode ?? 0, text: (await response.toArray()).join("") });
    });
    call.on("error", reject).end();
  });
}

const NOT_THERE: AdminReply = { status: 0, text: '{"ready":false,"troubles":[]}' };

/** `/readyz` until it has exactly these troubles, as `part code`; none: it is ready. */
export async function readiness(address: string, ...troubles: readonly string[]): Promise<void> {
  let last = "";
  const wanted = troubles.join(", ");
  const looks = async (): Promise<boolean> => {
    // Refused at the very start, before it listens.
    const { status, text } = await askLspAdmin(address, "/readyz").catch(() => NOT_THERE);
    const found = JSON.parse(text) as { ready: boolean; troubles: readonly { part: string; code: string }[] };
    last = found.troubles.map(({ part, code }) => `${part} ${code}`).join(", ");
    if (found.ready !== (status === 200)) throw new Error(`${status} ${text}`);
    return status !== 0 && last === wanted;
  };
  const tell = (): string => `it has ${last || "no trouble"}`;
  await eventually(`the readiness "${wanted}"`, looks, { ms: READY_MS, pauseMs: 50, tell });
}
