import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { runSigner, type SignerProcess, startSigner } from "../chain/signer.ts";
import { type RegtestPrograms, regtestPrograms } from "../regtest/build.ts";
import type { Lnd } from "../regtest/lnd.ts";
import { type Regtest, startRegtest } from "../regtest/regtest.ts";
import { rehearse } from "../rehearsal/rehearse.ts";
import { type LspProcess, runLncli, runLsp, startLsp } from "./lsp.ts";
import type { Facts, Story } from "./story.ts";

const LSP_LND = "lsp-lnd";
const CUSTOMER_LND = "customer-lnd";
const COINS_SAT = 10_000_000;
const BUNDLE_FILES = "node.json, accounts.json, identity.age";

/** What the client needs of the customer's lnd, and nothing besides (`lsp client --help`). */
const CLIENT_MACAROON =
  "(umask 077; lncli bakemacaroon --save_to=client.macaroon uri:/lnrpc.Lightning/GetInfo uri:/signrpc.Signer/SignMessage)";

/** Everything, on regtest, as it runs. */
export interface System {
  readonly folder: string;
  /** As the ceremony printed it. */
  readonly nodeId: string;
  readonly regtest: Regtest;
  readonly lspLnd: Lnd;
  readonly customerLnd: Lnd;
  readonly signer: SignerProcess;
  readonly signerSocket: string;
  readonly lsp: LspProcess;
  /** A signed `GetCfg` by the client, signed by the customer's lnd and proven: what the client prints. */
  getCfg(): Promise<string>;
  /** The arguments of `lsp` for it. */
  readonly getCfgArgs: readonly string[];
  /** Ends all of it, those first that use others. */
  stop(): Promise<void>;
}

/** What is opened on the way, closed in reverse. */
type Closers = (() => Promise<void>)[];

/**
 * Brings the whole system up from nothing: a rehearsal's seed, its bundle, the signer, a chain, the LSP's lnd restored
 * from the seed, a second lnd as the customer, the LSP. `folder` is there already and empty; who made it removes it.
 */
export async function startSystem(folder: string, story: Story): Promise<System> {
  const closers: Closers = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return { ...(await open(folder, story, closers)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function open(folder: string, story: Story, closers: Closers): Promise<Omit<System, "stop">> {
  const programs = await story.step(
    "Programs",
    "lnd, lncli and btcd, built from their Go modules the first time, found after that.",
    regtestPrograms,
    ({ lnd }) => [["in", join(lnd, "..")]],
  );
  const ceremony = await holdCeremony(folder, story);
  const signing = await startSigning(folder, story, closers, ceremony);
  const regtest = await story.step(
    "Chain",
    "btcd on regtest; mined until segwit is active and there are coins to spend.",
    async () => {
      const started = await startRegtest({ folder, lnds: [] });
      closers.push(started.stop);
      return { started, height: await started.chain.height() };
    },
    ({ started, height }) => [
      ["height", `${height}`],
      ["RPC", started.chain.access.address],
    ],
  );
  const { started } = regtest;
  const lspLnd = await story.step(
    "The LSP's Lightning node",
    "lnd, restored from the ceremony's 24 words by its own InitWallet: the same node again.",
    async () => {
      const { words, passphrase } = ceremony;
      const lnd = await started.add({ name: LSP_LND, words, passphrase });
      mustBe("lnd", lnd.nodeId, ceremony.nodeId);
      return lnd;
    },
    (lnd) => [
      ["node id", `${lnd.nodeId}\nas the ceremony printed it`],
      ["version", lnd.version],
    ],
  );
  const customerLnd = await story.step(
    "A customer's Lightning node",
    "a second lnd, with a seed of its own; a peer of the first; both have coins.",
    async () => {
      const lnd = await started.add({ name: CUSTOMER_LND });
      await started.fund(LSP_LND, COINS_SAT);
      await started.fund(CUSTOMER_LND, COINS_SAT);
      await started.connect(CUSTOMER_LND, LSP_LND);
      return lnd;
    },
    (lnd) => [
      ["node id", lnd.nodeId],
      ["coins", `${COINS_SAT} sat each`],
    ],
  );
  const lsp = await startService(folder, story, closers, { ...signing, nodeId: ceremony.nodeId, lspLnd, programs });
  const getCfgArgs = await clientArgs(join(folder, "client"), lsp, ceremony.nodeId, customerLnd, programs);
  const getCfg = (): Promise<string> => runLsp(getCfgArgs);
  await story.step(
    "A question and its answer",
    "`lsp client get-cfg`: the customer's lnd signs the request; the answer must be signed by the ceremony's key.",
    getCfg,
    (printed) => [["answer", printed.trimEnd()]],
  );
  return {
    folder,
    nodeId: ceremony.nodeId,
    regtest: started,
    lspLnd,
    customerLnd,
    ...signing,
    lsp,
    getCfg,
    getCfgArgs,
  };
}

interface Ceremony {
  readonly out: string;
  /** The signer's age identity, which opens the bundle. */
  readonly identity: string;
  readonly nodeId: string;
  readonly words: readonly string[];
  readonly passphrase: string;
}

function holdCeremony(folder: string, story: Story): Promise<Ceremony> {
  return story.step(
    "Ceremony",
    "a rehearsal, as five people would play it at the screen: dice, 24 words, all typed back, a bundle for the signer.",
    async () => {
      const out = join(folder, "ceremony");
      const signer = join(folder, "signer");
      mkdirSync(signer, { mode: 0o700 });
      const identity = join(signer, "identity.txt");
      const recipient = runSigner(["recipient", "--out", identity]).match(/age1[0-9a-z]+/)?.[0];
      if (recipient === undefined) throw new Error("signer recipient names no recipient");
      const { nodeId, words, passphrase } = await rehearse({ out, recipient, noScreens: true });
      return { out, identity, nodeId, words, passphrase };
    },
    ({ out, nodeId, words }) => [
      ["node id", nodeId],
      ["seed", `${words.length} words and a passphrase, on paper`],
      ["files", `${BUNDLE_FILES}\nin ${out}`],
    ],
  );
}

function startSigning(
  folder: string,
  story: Story,
  closers: Closers,
  { out, identity, nodeId }: Ceremony,
): Promise<Pick<System, "signer" | "signerSocket">> {
  return story.step(
    "Signer",
    "opens the bundle, holds the identity key, signs what its rules allow, and logs each signature first.",
    async () => {
      const [data, signerSocket] = [join(folder, "signer", "data"), join(folder, "signer", "run", "lsp.sock")];
      const files = ["--bundle", join(out, "identity.age"), "--identity-file", identity];
      const where = ["--network", "regtest", "--data", data, "--socket", signerSocket];
      const signer = await startSigner([...files, ...where, "--accounts", join(out, "accounts.json")]);
      closers.push(signer.stop);
      mustBe("the signer", signer.nodeId, nodeId);
      return { signer, signerSocket };
    },
    ({ signerSocket }) => [
      ["node id", `${nodeId}\nas the ceremony printed it`],
      ["socket", signerSocket],
    ],
  );
}

interface Behind {
  readonly nodeId: string;
  readonly lspLnd: Lnd;
  readonly signerSocket: string;
  readonly programs: RegtestPrograms;
}

function startService(
  folder: string,
  story: Story,
  closers: Closers,
  { nodeId, lspLnd, signerSocket, programs }: Behind,
): Promise<LspProcess> {
  const own = join(folder, "lsp");
  const facts = (lsp: LspProcess): Facts => [
    ["address", `${lsp.address} (TLS)`],
    ["config", lsp.configuration],
  ];
  return story.step(
    "The LSP",
    "`lsp run`, with a macaroon that is baked by the line of `lsp macaroon` and lets it do nothing else.",
    async () => {
      await runLncli(await runLsp(["macaroon"]), own, lspLnd, programs);
      const macaroon = join(own, "lsp.macaroon");
      const lsp = await startLsp({ folder: own, nodeId, lnd: lspLnd, macaroon, signerSocket });
      closers.push(lsp.stop);
      return lsp;
    },
    facts,
  );
}

async function clientArgs(
  folder: string,
  lsp: LspProcess,
  nodeId: string,
  customer: Lnd,
  programs: RegtestPrograms,
): Promise<readonly string[]> {
  await runLncli(CLIENT_MACAROON, folder, customer, programs);
  const whom = ["--address", lsp.address, "--node-id", nodeId, "--cert", lsp.certificate];
  const who = ["--lnd", customer.target, "--lnd-cert", customer.certificate];
  return [
    "client",
    "get-cfg",
    ...whom,
    ...who,
    "--lnd-macaroon",
    join(folder, "client.macaroon"),
    "--network",
    "regtest",
  ];
}

function mustBe(who: string, nodeId: string, expected: string): void {
  if (nodeId !== expected) throw new Error(`${who} has node id ${nodeId}, the ceremony printed ${expected}`);
}
