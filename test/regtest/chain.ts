import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { bound } from "../tools/speed.ts";
import { type Bank, openBank } from "./bank.ts";
import { regtestPrograms } from "./build.ts";
import { freeAddress, onFreePorts, startDaemon } from "./process.ts";

const START_MS = 60_000;
const CALL_MS = 30_000;

/**
 * Before block 432 btcd refuses witness transactions ("segwit isn't active yet"), whatever a wallet's balance says; and a
 * coin of a new block is spent 100 blocks later.
 */
const FIRST_BLOCKS = 540;

/** What a program needs to use btcd's JSON-RPC over TLS. */
export interface ChainAccess {
  /** `host:port`. */
  readonly address: string;
  /** PEM file of its TLS certificate. */
  readonly certificate: string;
  readonly user: string;
  /** The file with the password, no newline at the end. */
  readonly passwordFile: string;
}

export interface ReorgOptions {
  /** How many blocks longer the new branch is: at least 1, which it is if nothing is said. */
  readonly longer?: number;
  /** Payments of the bank in the cut blocks that are lost for good: the new branch spends their coins otherwise. */
  readonly lose?: readonly string[];
}

/** A regtest chain that one btcd has, and the coins of the world outside the lnds. */
export interface Chain {
  readonly access: ChainAccess;
  readonly pid: number;
  output(): string;
  /** Any call of btcd; rejects with its own error. */
  call<T>(method: string, ...params: readonly unknown[]): Promise<T>;
  height(): Promise<number>;
  /** Of the tip, or of the block at a height. */
  blockHash(height?: number): Promise<string>;
  /** Mines blocks with what is in the mempool; their hashes. */
  mine(blocks: number): Promise<string[]>;
  /** Sends coins of the outside world to a segwit address; the transaction's id. No block is mined. */
  pay(address: string, sat: number | bigint): Promise<string>;
  /** Spends the coin of an unconfirmed payment of `pay` otherwise, to an address or to nobody's; the new id. */
  takeBack(txid: string, address?: string, sat?: bigint): Promise<string>;
  /**
   * Cuts the last `depth` blocks and mines a longer branch in their place; the hashes of its blocks. Transactions of the
   * cut blocks return to the mempool and are mined again, but those that `lose` names.
   */
  reorg(depth: number, options?: ReorgOptions): Promise<string[]>;
  /**
   * Kills btcd; resolves when its process is gone. It is for good: at its start btcd removes the database of regtest
   * (`removeRegressionDB`). Each lnd tries to reach it again, more and more seldom.
   */
  stop(): Promise<void>;
}

/** Starts btcd in `folder` and mines until segwit is active and the bank has coins: about a second. */
export async function startChain(folder: string): Promise<Chain> {
  const { btcd } = await regtestPrograms();
  mkdirSync(folder, { recursive: true });
  return onFreePorts(() => startBtcd(btcd, folder));
}

async function startBtcd(btcd: string, folder: string): Promise<Chain> {
  const access: ChainAccess = {
    address: await freeAddress(),
    certificate: join(folder, "rpc.cert"),
    user: "regtest",
    passwordFile: join(folder, "rpc.password"),
  };
  writeFileSync(access.passwordFile, randomBytes(16).toString("hex"), { mode: 0o600 });
  const call = caller(access);
  const bank = openBank(call);
  const configuration = join(folder, "btcd.conf");
  writeFileSync(configuration, configure(folder, access, bank), { mode: 0o600 });
  const daemon = startDaemon(btcd, () => [`--configfile=${configuration}`], { folder });
  const mine = (blocks: number): Promise<string[]> => call("generate", blocks);
  const height = (): Promise<number> => call("getblockcount");
  const blockHash = async (at?: number): Promise<string> => call("getblockhash", at ?? (await height()));
  try {
    await daemon.until("getblockcount", START_MS, () => height().catch(() => undefined));
    await mine(FIRST_BLOCKS);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return {
    access,
    pid: daemon.pid,
    output: daemon.output,
    call,
    height,
    blockHash,
    mine,
    pay: bank.pay,
    takeBack: bank.takeBack,
    async reorg(depth, { longer = 1, lose = [] } = {}) {
      await call("invalidateblock", await blockHash((await height()) - depth + 1));
      for (const txid of lose) await bank.takeBack(txid);
      return mine(depth + longer);
    },
    stop: daemon.kill,
  };
}

function configure(folder: string, access: ChainAccess, bank: Bank): string {
  const lines = [
    "regtest=1",
    "txindex=1",
    "nolisten=1",
    `rpclisten=${access.address}`,
    `rpccert=${access.certificate}`,
    `rpckey=${join(folder, "rpc.key")}`,
    `rpcuser=${access.user}`,
    `rpcpass=${readFileSync(access.passwordFile, "utf8")}`,
    `datadir=${join(folder, "data")}`,
    `logdir=${join(folder, "logs")}`,
    // `generate` needs it at the start, and a btcd that starts again has no blocks.
    `miningaddr=${bank.address}`,
    // Each lnd keeps some connections; the default is ten for all.
    "rpcmaxclients=100",
  ];
  return `[Application Options]\n${lines.join("\n")}\n`;
}

/** Calls of a btcd that runs. */
export function caller(access: ChainAccess): Chain["call"] {
  const auth = `${access.user}:${readFileSync(access.passwordFile, "utf8")}`;
  const [host, port] = access.address.split(":");
  return <T>(method: string, ...params: readonly unknown[]) => {
    const body = JSON.stringify({ jsonrpc: "1.0", id: method, method, params });
    return new Promise<T>((resolve, reject) => {
      // btcd makes its certificate at its first start: until then the file is missing, and the call fails.
      const ca = readFileSync(access.certificate);
      const timeout = bound(CALL_MS);
      const call = request({ host, port, method: "POST", auth, ca, agent: false, timeout }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (!text.startsWith("{")) return reject(new Error(`btcd, ${method}: ${response.statusCode} ${text}`));
          const { result, error } = JSON.parse(text) as { result: T; error: { message: string } | null };
          if (error === null) resolve(result);
          else reject(new Error(`btcd, ${method}: ${error.message}`));
        });
      });
      call.once("timeout", () => call.destroy(new Error(`btcd, ${method}: no answer within ${timeout} ms`)));
      call.once("error", reject);
      call.end(body);
    });
  };
}
