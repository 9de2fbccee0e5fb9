import { existsSync } from "node:fs";
import { join } from "node:path";
import type { JsonValue } from "@bufbuild/protobuf";
import { regtestPrograms } from "./build.ts";
import { freePort, startDaemon } from "./process.ts";
import { openRpc } from "./rpc.ts";

/** Restoring runs lnd's scrypt, opens its databases and starts its servers: about two seconds on an idle machine. */
const START_MS = 90_000;

/** The node identity: family 6, index 0 (lnd's keychain package). */
const IDENTITY = { key_family: 6, key_index: 0 } as const;

export const SIGN_MESSAGE = "signrpc.Signer/SignMessage";

export interface LndOptions {
  /** The 24 words that it is restored from. */
  readonly words: readonly string[];
  /** Of the words, as ASCII; empty is lnd's default. */
  readonly passphrase?: string;
  /** Coin type 1 or 0 in the paths. */
  readonly network?: "regtest" | "mainnet";
  /** More flags; the later one wins. */
  readonly flags?: readonly string[];
}

export interface Lnd {
  /** What lnd itself says in GetInfo: 33 bytes as lower-case hex. */
  readonly nodeId: string;
  readonly version: string;
  /** `host:port` of its gRPC. */
  readonly target: string;
  /** PEM file of its TLS certificate. */
  readonly certificate: string;
  /** The admin macaroon, hex. */
  readonly macaroon: string;
  /** FileDescriptorSet of all its services. */
  readonly protos: string;
  readonly pid: number;
  call<T>(method: string, request?: JsonValue): Promise<T>;
  /** The request that `signMessage` sends, as bytes for `SIGN_MESSAGE`. */
  signRequest(message: Uint8Array): Buffer;
  /** `signrpc.SignMessage` with the identity key: DER over the SHA-256 of the message. */
  signMessage(message: Uint8Array): Promise<Buffer>;
  /** `signrpc.VerifyMessage`; this lnd needs no key for it. */
  verifyMessage(message: Uint8Array, signature: Uint8Array, nodeId: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** lnd as it comes, restored from words, without a chain: enough for everything that only needs its keys. */
export async function startLnd(options: LndOptions): Promise<Lnd> {
  const { lnd, protos } = await regtestPrograms();
  const target = `127.0.0.1:${await freePort()}`;
  const daemon = startDaemon(lnd, (folder) => [
    `--lnddir=${folder}`,
    `--bitcoin.${options.network ?? "regtest"}`,
    "--bitcoin.node=nochainbackend",
    `--rpclisten=${target}`,
    "--norest",
    "--nolisten",
    "--nobootstrap",
    "--logging.file.disable",
    ...(options.flags ?? []),
  ]);
  try {
    const certificate = join(daemon.folder, "tls.cert");
    await daemon.until("TLS certificate", START_MS, () => existsSync(certificate) || undefined);
    const rpc = openRpc(target, certificate, protos);
    const state = (wanted: string): Promise<true> =>
      daemon.until(`state ${wanted}`, START_MS, async () => {
        const found = await rpc.call<{ state: string }>("lnrpc.State/GetState").catch(notYet);
        return found?.state === wanted || undefined;
      });
    await state("NON_EXISTING");
    const { admin_macaroon } = await rpc.call<{ admin_macaroon: string }>("lnrpc.WalletUnlocker/InitWallet", {
      wallet_password: base64(Buffer.from("only for this test")),
      cipher_seed_mnemonic: [...options.words],
      aezeed_passphrase: base64(Buffer.from(options.passphrase ?? "", "ascii")),
      // What a restored wallet has on the chain is not looked for: there is no chain.
      recovery_window: 0,
    });
    const macaroon = Buffer.from(admin_macaroon, "base64").toString("hex");
    rpc.authorize(macaroon);
    const info = await daemon.until("GetInfo", START_MS, () =>
      rpc.call<{ identity_pubkey: string; version: string }>("lnrpc.Lightning/GetInfo").catch(notYet),
    );
    return {
      nodeId: info.identity_pubkey,
      version: info.version,
      target,
      certificate,
      macaroon,
      protos,
      pid: daemon.pid,
      call: rpc.call,
      signRequest: (message) => rpc.encode(SIGN_MESSAGE, signRequest(message)),
      async signMessage(message) {
        const { signature } = await rpc.call<{ signature: string }>(SIGN_MESSAGE, signRequest(message));
        return Buffer.from(signature, "base64");
      },
      async verifyMessage(message, signature, nodeId) {
        const request = {
          msg: base64(message),
          signature: base64(signature),
          pubkey: base64(Buffer.from(nodeId, "hex")),
        };
        return (await rpc.call<{ valid: boolean }>("signrpc.Signer/VerifyMessage", request)).valid;
      },
      async stop() {
        rpc.close();
        await daemon.stop();
      },
    };
  } catch (error) {
    await daemon.stop();
    throw error;
  }
}

/** While lnd starts its services come one after the other: a call that fails is asked again until the time is over. */
function notYet(): undefined {
  return undefined;
}

function signRequest(message: Uint8Array) {
  return { msg: base64(message), key_loc: IDENTITY };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
