import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonValue } from "@bufbuild/protobuf";
import { regtestPrograms } from "./build.ts";
import type { ChainAccess } from "./chain.ts";
import { type Daemon, freeAddress, onFreePorts, startDaemon } from "./process.ts";
import { openRpc, type Rpc } from "./rpc.ts";
import { createWatchOnly, remoteSignerFlags, type WatchOnly } from "./watchonly.ts";

/** Restoring runs lnd's scrypt, opens its databases and starts its servers: about two seconds on an idle machine. */
const START_MS = 90_000;

/** The node identity: family 6, index 0 (lnd's keychain package). */
const IDENTITY = { key_family: 6, key_index: 0 } as const;

/** lnd asks for eight bytes or more. */
const WALLET_PASSWORD = "only for this test";

export const SIGN_MESSAGE = "signrpc.Signer/SignMessage";

export interface RegtestLndOptions {
  /** The 24 words that it is restored from; left out, it makes its own. */
  readonly words?: readonly string[];
  /** Of the words, as ASCII; empty is lnd's default. */
  readonly passphrase?: string;
  /** Without private keys, in place of words: what it must sign it has signed by another lnd. */
  readonly watchOnly?: WatchOnly;
  /** Coin type 1 or 0 in the paths. */
  readonly network?: "regtest" | "mainnet";
  /** The chain that it follows; left out, it has none, which is enough for all that only needs its keys. */
  readonly chain?: ChainAccess;
  /** Where it runs; left out, it has a folder of its own, which goes when it is stopped. */
  readonly folder?: string;
  /** `127.0.0.1:port` of its gRPC and for its peers, where others must know them before; free ones are taken otherwise. */
  readonly target?: string;
  readonly p2p?: string;
  /** More flags; the later one wins. */
  readonly flags?: readonly string[];
}

export interface StartOptions {
  /** Leaves the wallet locked: `unlock` opens it. */
  readonly locked?: boolean;
}

/** An lnd that runs. All of it but `pid` stays over restarts, addresses too. */
export interface Lnd {
  /** What lnd itself says in GetInfo: 33 bytes as lower-case hex. */
  readonly nodeId: string;
  readonly version: string;
  readonly folder: string;
  /** `host:port` of its gRPC. */
  readonly target: string;
  /** `host:port` where other nodes connect; without a chain nothing listens there. */
  readonly p2p: string;
  /** PEM file of its TLS certificate. */
  readonly certificate: string;
  /** The admin macaroon, hex. */
  readonly macaroon: string;
  /** The file that has it, binary. */
  readonly macaroonFile: string;
  /** The file with the password of its wallet, no newline at the end. */
  readonly passwordFile: string;
  /** FileDescriptorSet of all its services. */
  readonly protos: string;
  readonly pid: number;
  readonly running: boolean;
  /** What it has logged since its first start. */
  output(): string;
  call<T>(method: string, request?: JsonValue): Promise<T>;
  /** The request that `signMessage` sends, as bytes for `SIGN_MESSAGE`. */
  signRequest(message: Uint8Array): Buffer;
  /** `signrpc.SignMessage` with the identity key: DER over the SHA-256 of the message. */
  signMessage(message: Uint8Array): Promise<Buffer>;
  /** `signrpc.VerifyMessage`; this lnd needs no key for it. */
  verifyMessage(message: Uint8Array, signature: Uint8Array, nodeId: string): Promise<boolean>;
  /** Asks again until there is an answer; throws with lnd's last lines when it ends or `START_MS` are over. */
  until<T>(what: string, ready: () => T | undefined | Promise<T | undefined>): Promise<T>;
  /** Kills it as a power cut would; resolves when its process is gone. */
  kill(): Promise<void>;
  /** Ends it in peace; resolves when its process is gone. */
  end(): Promise<void>;
  /** Starts it after `kill` or `end`; resolves when it works again, or waits for its password. */
  start(options?: StartOptions): Promise<void>;
  /** `end` and `start`. */
  restart(options?: StartOptions): Promise<void>;
  /** Opens a locked wallet; resolves when lnd works again. */
  unlock(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/** lnd as it comes, its wallet made by lnd's own `InitWallet`, or by `lncli createwatchonly`. */
export async function startLnd(options: RegtestLndOptions = {}): Promise<Lnd> {
  const { lnd } = await regtestPrograms();
  const signerFlags = options.watchOnly === undefined ? [] : await remoteSignerFlags(options.watchOnly);
  return onFreePorts(async () => {
    const target = options.target ?? (await freeAddress());
    const p2p = options.p2p ?? (await freeAddress());
    return launch(lnd, options, { target, p2p }, signerFlags);
  });
}

async function launch(
  lnd: string,
  options: RegtestLndOptions,
  { target, p2p }: Pick<Lnd, "target" | "p2p">,
  signerFlags: readonly string[],
): Promise<Lnd> {
  const daemon = startDaemon(
    lnd,
    (folder) => [
      `--lnddir=${folder}`,
      `--bitcoin.${networkOf(options)}`,
      `--rpclisten=${target}`,
      "--norest",
      "--nobootstrap",
      "--logging.file.disable",
      ...(options.chain === undefined ? NO_CHAIN : chainFlags(options.chain, p2p)),
      ...signerFlags,
      ...(options.flags ?? []),
    ],
    options.folder === undefined ? {} : { folder: options.folder },
  );
  try {
    return await open(daemon, options, { target, p2p });
  } catch (error) {
    await daemon.stop();
    // A wallet that was made before it ended: the next start would find it locked.
    rmSync(join(daemon.folder, "data"), { recursive: true, force: true });
    throw error;
  }
}

/** Makes the wallet of an lnd that has none yet, and waits until it works. */
async function open(daemon: Daemon, options: RegtestLndOptions, places: Pick<Lnd, "target" | "p2p">): Promise<Lnd> {
  const { lncli, protos } = await regtestPrograms();
  const network = networkOf(options);
  const certificate = join(daemon.folder, "tls.cert");
  const macaroonFile = join(daemon.folder, "data", "chain", "bitcoin", network, "admin.macaroon");
  const passwordFile = join(daemon.folder, "password");
  writeFileSync(passwordFile, WALLET_PASSWORD, { mode: 0o600 });
  const until: Lnd["until"] = (what, ready) => daemon.until(what, START_MS, ready);
  // A call before the certificate is there would fail for good: it is read once.
  await until("TLS certificate", () => existsSync(certificate) || undefined);
  const rpc = openRpc(places.target, certificate, protos);
  await state(until, rpc, "NON_EXISTING");
  if (options.watchOnly === undefined) await initWallet(rpc, options);
  else {
    const uninitialised = { lncli, lnddir: daemon.folder, network, target: places.target };
    await createWatchOnly(uninitialised, options.watchOnly, WALLET_PASSWORD);
  }
  // lnd makes the file and then writes it: a reader in between finds it empty.
  const macaroon = await until("admin macaroon", () => hexOf(macaroonFile));
  rpc.authorize(macaroon);
  const ready = (): Promise<Info> => whenReady(until, rpc, options.chain !== undefined);
  const info = await ready();
  const unlock = async (): Promise<void> => {
    await rpc.call("lnrpc.WalletUnlocker/UnlockWallet", { wallet_password: base64(Buffer.from(WALLET_PASSWORD)) });
    await ready();
  };
  const start = async ({ locked = false }: StartOptions = {}): Promise<void> => {
    daemon.start();
    await state(until, rpc, "LOCKED");
    if (!locked) await unlock();
  };
  return {
    nodeId: info.identity_pubkey,
    version: info.version,
    folder: daemon.folder,
    ...places,
    certificate,
    macaroon,
    macaroonFile,
    passwordFile,
    protos,
    get pid() {
      return daemon.pid;
    },
    get running() {
      return daemon.running;
    },
    output: daemon.output,
    call: rpc.call,
    ...signing(rpc),
    until,
    kill: daemon.kill,
    end: daemon.end,
    start,
    async restart(how) {
      await daemon.end();
      await start(how);
    },
    unlock,
    async stop() {
      rpc.close();
      await daemon.stop();
    },
  };
}

function networkOf({ network = "regtest" }: RegtestLndOptions): "regtest" | "mainnet" {
  return network;
}

const NO_CHAIN = ["--bitcoin.node=nochainbackend", "--nolisten"];

function chainFlags(chain: ChainAccess, p2p: string): readonly string[] {
  return [
    "--bitcoin.node=btcd",
    `--btcd.rpchost=${chain.address}`,
    `--btcd.rpcuser=${chain.user}`,
    `--btcd.rpcpass=${readFileSync(chain.passwordFile, "utf8")}`,
    `--btcd.rpccert=${chain.certificate}`,
    `--listen=${p2p}`,
    // Without it lnd has no address to tell others, and its GetInfo no URI.
    `--externalip=${p2p}`,
    // One pending channel for each peer is lnd's default.
    "--maxpendingchannels=20",
    // Gossip is sent in batches, each 90 s if nothing is said.
    "--trickledelay=100",
  ];
}

async function initWallet(rpc: Rpc, options: RegtestLndOptions): Promise<void> {
  const passphrase = { aezeed_passphrase: base64(Buffer.from(options.passphrase ?? "", "ascii")) };
  const words =
    options.words ?? (await rpc.call<SeedAnswer>("lnrpc.WalletUnlocker/GenSeed", passphrase)).cipher_seed_mnemonic;
  await rpc.call("lnrpc.WalletUnlocker/InitWallet", {
    wallet_password: base64(Buffer.from(WALLET_PASSWORD)),
    cipher_seed_mnemonic: [...words],
    ...passphrase,
    // What a restored wallet has on the chain already is not looked for.
    recovery_window: 0,
  });
}

interface SeedAnswer {
  readonly cipher_seed_mnemonic: readonly string[];
}

interface Info {
  readonly identity_pubkey: string;
  readonly version: string;
  readonly synced_to_chain: boolean;
}

/** lnd's own words for where it is: NON_EXISTING, LOCKED, UNLOCKED, RPC_ACTIVE, SERVER_ACTIVE, WAITING_TO_START. */
function state(until: Lnd["until"], rpc: Rpc, wanted: string): Promise<true> {
  return until(`state ${wanted}`, async () => {
    const found = await rpc.call<{ state: string }>("lnrpc.State/GetState").catch(notYet);
    return found?.state === wanted || undefined;
  });
}

/** Answers, and where there is a chain has its tip and lets peers in. */
async function whenReady(until: Lnd["until"], rpc: Rpc, chain: boolean): Promise<Info> {
  if (chain) await state(until, rpc, "SERVER_ACTIVE");
  return until(chain ? "the tip of the chain" : "GetInfo", async () => {
    const info = await rpc.call<Info>("lnrpc.Lightning/GetInfo").catch(notYet);
    return info !== undefined && (info.synced_to_chain || !chain) ? info : undefined;
  });
}

function signing(rpc: Rpc): Pick<Lnd, "signRequest" | "signMessage" | "verifyMessage"> {
  const request = (message: Uint8Array) => ({ msg: base64(message), key_loc: IDENTITY });
  return {
    signRequest: (message) => rpc.encode(SIGN_MESSAGE, request(message)),
    async signMessage(message) {
      const { signature } = await rpc.call<{ signature: string }>(SIGN_MESSAGE, request(message));
      return Buffer.from(signature, "base64");
    },
    async verifyMessage(message, signature, nodeId) {
      const [msg, pubkey] = [base64(message), base64(Buffer.from(nodeId, "hex"))];
      const question = { msg, signature: base64(signature), pubkey };
      return (await rpc.call<{ valid: boolean }>("signrpc.Signer/VerifyMessage", question)).valid;
    },
  };
}

/** Undefined: not there, or empty. */
function hexOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file).toString("hex") || undefined : undefined;
}

/** While lnd starts its services come one after the other: a call that fails is asked again until the time is over. */
function notYet(): undefined {
  return undefined;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
