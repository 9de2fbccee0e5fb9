import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Chain, type ReorgOptions, startChain } from "./chain.ts";
import { connect, fund, openChannel, pay, synced } from "./channels.ts";
import { type Lnd, startLnd } from "./lnd.ts";
import { temporaryFolder } from "./process.ts";

const LOG_LINES_SHOWN = 15;

export interface LndSpec {
  readonly name: string;
  /** The 24 words that it is restored from; left out, it makes its own. */
  readonly words?: readonly string[];
  readonly passphrase?: string;
  /** Without private keys: accounts from a file, signed for by another lnd of this list. */
  readonly watchOnly?: { readonly accounts: string; readonly signer: string };
  /** Keys alone, no chain and no peers: a remote signer. */
  readonly offline?: boolean;
  /** As in `LndOptions`. */
  readonly target?: string;
  readonly p2p?: string;
  readonly flags?: readonly string[];
}

/** btcd and lnds on one chain, in one folder. */
export interface Regtest {
  readonly folder: string;
  readonly chain: Chain;
  readonly names: readonly string[];
  lnd(name: string): Lnd;
  /** Starts one more. */
  add(spec: LndSpec): Promise<Lnd>;
  /** Mines, and waits until every lnd that runs has the tip. */
  mine(blocks: number): Promise<void>;
  /** Gives coins of the outside world: mined, and in lnd's confirmed balance. The transaction's id. */
  fund(name: string, sat: number): Promise<string>;
  /** Makes `from` a peer of `to`; nothing to do where they are peers. */
  connect(from: string, to: string): Promise<void>;
  /**
   * A channel of `sat`, opened and paid by `from`, `push` of them given to `to`; active at both when this resolves. Its
   * funding outpoint, `txid:index`.
   */
  openChannel(from: string, to: string, sat: number, push?: number): Promise<string>;
  /** Has an invoice of `to` paid by `from`: settled when this resolves. */
  pay(from: string, to: string, sat: number): Promise<void>;
  /** Cuts blocks and mines others in their place (see `Chain`); waits until every lnd that runs has the new tip. */
  reorg(depth: number, options?: ReorgOptions): Promise<void>;
  /** Waits until every lnd that runs has the tip of the chain. */
  waitSynced(): Promise<void>;
  /** The last lines of everything that was started, for a message. */
  tails(): string;
  /** Copies what everything has logged into `folder`, one file for each. */
  saveLogs(folder: string): void;
  /** Ends everything and removes a folder of its own. May be called twice. */
  stop(): Promise<void>;
}

export interface RegtestOptions {
  /** Where all of it is; whoever gives a folder removes it. Left out, it is a temporary one. */
  readonly folder?: string;
  /** Two without words, `lsp` and `customer`, if nothing is said. */
  readonly lnds?: readonly LndSpec[];
}

interface Member {
  readonly lnd: Lnd;
  readonly follows: boolean;
}

/**
 * Starts btcd, mines, and starts the lnds on that chain: five to ten seconds. Processes die with this one, whatever
 * ends it. An error has the last lines of all that were started.
 */
export async function startRegtest(options: RegtestOptions = {}): Promise<Regtest> {
  const specs = options.lnds ?? [{ name: "lsp" }, { name: "customer" }];
  const own = options.folder === undefined ? temporaryFolder("regtest-") : undefined;
  const folder = options.folder ?? own?.path ?? "";
  const members = new Map<string, Member>();
  let chain: Chain | undefined;
  let regtest: Regtest | undefined;
  const stop = async (): Promise<void> => {
    // The folder goes with them: nothing is gained by asking them to end in order, which takes seconds.
    const lnds = [...members.values()].map(({ lnd }) => lnd);
    await Promise.all(lnds.map((lnd) => lnd.kill()));
    await Promise.all(lnds.map((lnd) => lnd.stop()));
    await chain?.stop();
    own?.remove();
  };
  try {
    chain = await startChain(join(folder, "btcd"));
    regtest = assemble(folder, chain, members, stop);
    // A remote signer must run before its watch-only node asks it for a macaroon.
    await all(specs.filter((spec) => spec.watchOnly === undefined).map(regtest.add));
    await all(specs.filter((spec) => spec.watchOnly !== undefined).map(regtest.add));
    return regtest;
  } catch (error) {
    const tails = regtest?.tails() ?? "";
    await stop();
    throw new Error(`${error instanceof Error ? error.message : error}\n${tails}`, { cause: error });
  }
}

function assemble(folder: string, chain: Chain, members: Map<string, Member>, stop: () => Promise<void>): Regtest {
  const lnd = (name: string): Lnd => {
    const found = members.get(name);
    if (found === undefined) throw new RangeError(`no lnd is called ${name}`);
    return found.lnd;
  };
  const waitSynced = async (): Promise<void> => {
    const following = [...members.values()].filter((one) => one.follows && one.lnd.running);
    await Promise.all(following.map((one) => synced(one.lnd)));
  };
  return {
    folder,
    chain,
    get names() {
      return [...members.keys()];
    },
    lnd,
    async add({ name, watchOnly, offline = false, ...wallet }) {
      const own = join(folder, name);
      mkdirSync(own);
      const added = await startLnd({
        ...wallet,
        folder: own,
        ...(offline ? {} : { chain: chain.access }),
        ...(watchOnly === undefined ? {} : { watchOnly: { ...watchOnly, signer: lnd(watchOnly.signer) } }),
      });
      members.set(name, { lnd: added, follows: !offline });
      return added;
    },
    async mine(blocks) {
      await chain.mine(blocks);
      await waitSynced();
    },
    async fund(name, sat) {
      const txid = await fund(lnd(name), chain, sat);
      await waitSynced();
      return txid;
    },
    connect: (from, to) => connect(lnd(from), lnd(to)),
    async openChannel(from, to, sat, push = 0) {
      await connect(lnd(from), lnd(to));
      const outpoint = await openChannel({ from: lnd(from), to: lnd(to), sat, push }, chain);
      await waitSynced();
      return outpoint;
    },
    pay: (from, to, sat) => pay(lnd(from), lnd(to), sat),
    async reorg(depth, options) {
      await chain.reorg(depth, options);
      await waitSynced();
    },
    waitSynced,
    tails: () =>
      [tail("btcd", chain.output()), ...[...members].map(([name, one]) => tail(name, one.lnd.output()))].join("\n"),
    saveLogs(target) {
      mkdirSync(target, { recursive: true });
      writeFileSync(join(target, "btcd.log"), chain.output());
      for (const [name, one] of members) writeFileSync(join(target, `${name}.log`), one.lnd.output());
    },
    stop,
  };
}

/** As Promise.all, but never while one of them still starts: what is stopped then must be there to be stopped. */
async function all(starting: readonly Promise<unknown>[]): Promise<void> {
  for (const one of await Promise.allSettled(starting)) {
    if (one.status === "rejected") throw one.reason;
  }
}

function tail(name: string, output: string): string {
  return [`== ${name}`, ...output.trimEnd().split("\n").slice(-LOG_LINES_SHOWN)].join("\n");
}
