import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type SignerProcess, startSigner } from "../chain/signer.ts";
import { regtestPrograms } from "../regtest/build.ts";
import type { Lnd } from "../regtest/lnd.ts";
import { freeAddress } from "../regtest/process.ts";
import { type Regtest, startRegtest } from "../regtest/regtest.ts";
import type { Notes } from "../rehearsal/player.ts";
import { rehearse } from "../rehearsal/rehearse.ts";
import { runCommand, runLncli } from "./commands.ts";
import { type LspPlan, type LspProcess, planLsp, startLsp } from "./lsp.ts";
import type { Story } from "./story.ts";

const LSP_LND = "lsp-lnd";
const CUSTOMER_LND = "customer-lnd";
const COINS_SAT = 10_000_000;
const LOG_LINES_SHOWN = 15;

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
  /** The arguments of `lsp` with which the customer asks for `GetCfg`: signed by its lnd, the answer proven. */
  readonly getCfg: readonly string[];
  /** Ends all of it, those first that use others. */
  stop(): Promise<void>;
}

/** What was started so far: its name, its output, its end. */
interface Started {
  readonly name: string;
  output(): string;
  stop(): Promise<void>;
}

/**
 * Brings the whole system up from nothing: a rehearsal's seed, its bundle, the signer, a chain, the LSP's lnd restored
 * from the seed, a second lnd as the customer, the LSP. `folder` is there already and empty; who made it removes it. An
 * error has the last lines of all that were started, and leaves none of them running.
 */
export async function startSystem(folder: string, story: Story): Promise<System> {
  const started: Started[] = [];
  const stop = async (): Promise<void> => {
    for (const one of started.splice(0).reverse()) await one.stop();
  };
  try {
    return { ...(await bringUp(folder, story, started)), stop };
  } catch (error) {
    const tails = started.map(({ name, output }) => `== ${name}\n${lastLines(output())}`);
    await stop();
    throw new Error([error instanceof Error ? error.message : error, ...tails].join("\n"), { cause: error });
  }
}

async function bringUp(folder: string, story: Story, started: Started[]): Promise<Omit<System, "stop">> {
  const { lncli } = await story.step(
    "Programs",
    "lnd, lncli and btcd: built from their Go modules once, found after that.",
    regtestPrograms,
    ({ lnd }) => [["in", dirname(lnd)]],
  );
  const ceremony = await holdCeremony(folder, story);
  const { nodeId, words, passphrase } = ceremony;
  const place = await lndPlace(join(folder, LSP_LND));
  const signerSocket = join(folder, "signer", "run", "lsp.sock");
  const macaroon = join(folder, "lsp", "lsp.macaroon");
  const plan = await planLsp({ folder: join(folder, "lsp"), nodeId, lnd: place, macaroon, signerSocket });
  const { signer, data, logKey } = await startSigning(folder, story, { ceremony, plan, signerSocket });
  started.push({ name: "signer", ...signer });
  const regtest = await startChain(folder, story);
  started.push({ name: "chain", output: () => regtest.tails(), stop: regtest.stop });

  const lspLnd = await story.step(
    "The LSP's Lightning node",
    "lnd, restored from the ceremony's 24 words: the same node again.",
    async () => {
      const { target, p2p } = place;
      const lnd = await regtest.add({ name: LSP_LND, words, passphrase, target, p2p });
      mustBe("lnd", lnd.nodeId, nodeId);
      return lnd;
    },
    (lnd) => [
      ["node id", `${lnd.nodeId}\nas the ceremony printed it`],
      ["version", lnd.version.split(" ")[0] ?? ""],
    ],
  );
  const customerLnd = await story.step(
    "A customer's Lightning node",
    "a second lnd with a seed of its own; it gets coins and connects to the first.",
    async () => {
      const lnd = await regtest.add({ name: CUSTOMER_LND });
      await regtest.fund(LSP_LND, COINS_SAT);
      await regtest.fund(CUSTOMER_LND, COINS_SAT);
      await regtest.connect(CUSTOMER_LND, LSP_LND);
      return lnd;
    },
    (lnd) => [
      ["node id", lnd.nodeId],
      ["coins", `${COINS_SAT} sat, and the LSP's as many`],
    ],
  );
  const lsp = await story.step(
    "The LSP",
    "with the macaroon that `lsp macaroon` has baked, good for nothing else.",
    async () => {
      await runLncli(await runCommand("lsp", ["macaroon"]), plan.folder, lspLnd, lncli);
      return startLsp(plan);
    },
    ({ address, configuration }) => [
      ["command", `lsp run --config ${configuration}`],
      ["address", `${address}, TLS`],
    ],
  );
  started.push({ name: "lsp", ...lsp });
  const getCfg = await clientArgs(join(folder, "client"), lsp, nodeId, customerLnd, lncli);
  await story.step(
    "A question and its answer",
    "signed by the customer's lnd; the answer must be signed by the ceremony's key.",
    () => runCommand("lsp", getCfg),
    (printed) => [
      ["command", "lsp client get-cfg …"],
      ["answer", printed.trimEnd()],
    ],
  );
  await story.step(
    "The signer's log",
    "every signature is in it, entry chained to entry; anybody can verify it.",
    () => runCommand("signer", ["audit", "verify", "--data", data, "--key", logKey]),
    (printed) => [
      ["command", "signer audit verify …"],
      ["verdict", printed.trimEnd()],
    ],
  );
  return { folder, nodeId, regtest, lspLnd, customerLnd, signer, signerSocket, lsp, getCfg };
}

interface Ceremony extends Notes {
  /** The folder of what it wrote. */
  readonly out: string;
  /** The signer's age identity, which opens the bundle. */
  readonly identity: string;
}

function holdCeremony(folder: string, story: Story): Promise<Ceremony> {
  return story.step(
    "Ceremony",
    "a rehearsal, played as five people would: dice, 24 words, all typed back.",
    async () => {
      const out = join(folder, "ceremony");
      mkdirSync(join(folder, "signer"), { mode: 0o700 });
      const identity = join(folder, "signer", "identity.txt");
      const recipient = (await runCommand("signer", ["recipient", "--out", identity])).match(/age1[0-9a-z]+/)?.[0];
      if (recipient === undefined) throw new Error("signer recipient names no recipient");
      return { ...(await rehearse({ out, recipient, noScreens: true })), out, identity };
    },
    ({ out, nodeId, words }) => [
      ["node id", nodeId],
      ["seed", `${words.length} words and a passphrase, written down`],
      ["files", `node.json, accounts.json, identity.age\nin ${out}`],
    ],
  );
}

interface Signing {
  readonly signer: SignerProcess;
  /** Its data folder. */
  readonly data: string;
  /** The public key that verifies its log, hex. */
  readonly logKey: string;
}

interface SignerParts {
  readonly ceremony: Ceremony;
  readonly plan: LspPlan;
  readonly signerSocket: string;
}

function startSigning(
  folder: string,
  story: Story,
  { ceremony: { out, identity, nodeId }, plan, signerSocket }: SignerParts,
): Promise<Signing> {
  const configuration = join(folder, "signer", "signer.yaml");
  return story.step(
    "Signer",
    "opens the bundle of the ceremony, holds the key, logs before it signs.",
    async () => {
      const data = join(folder, "signer", "data");
      const logKey = (await runCommand("signer", ["audit", "init", "--data", data])).trim();
      writeFileSync(configuration, plan.signerPolicy, { mode: 0o600 });
      const files = ["--bundle", join(out, "identity.age"), "--identity-file", identity];
      const where = ["--network", "regtest", "--data", data, "--socket", signerSocket];
      // With the accounts it knows the addresses of this wallet and vouches for no other.
      const rules = ["--accounts", join(out, "accounts.json")];
      const signer = await startSigner(["--config", configuration, ...files, ...where, ...rules]);
      mustBe("the signer", signer.nodeId, nodeId);
      return { signer, data, logKey };
    },
    ({ logKey }) => [
      ["command", `signer run --config ${configuration} …`],
      ["node id", `${nodeId}\nas the ceremony printed it`],
      ["socket", signerSocket],
      ["log key", logKey],
    ],
  );
}

async function startChain(folder: string, story: Story): Promise<Regtest> {
  const { regtest } = await story.step(
    "Chain",
    "btcd on regtest, mined until segwit is active and there are coins to spend.",
    async () => {
      const regtest = await startRegtest({ folder, lnds: [] });
      return { regtest, height: await regtest.chain.height() };
    },
    ({ regtest, height }) => [
      ["height", `${height} blocks`],
      ["RPC", regtest.chain.access.address],
    ],
  );
  return regtest;
}

/** Where an lnd in `folder` will be: the LSP and its signer are configured before it runs. */
async function lndPlace(folder: string): Promise<Pick<Lnd, "target" | "p2p" | "certificate" | "passwordFile">> {
  const [certificate, passwordFile] = [join(folder, "tls.cert"), join(folder, "password")];
  return { target: await freeAddress(), p2p: await freeAddress(), certificate, passwordFile };
}

async function clientArgs(
  folder: string,
  lsp: LspProcess,
  nodeId: string,
  customer: Lnd,
  lncli: string,
): Promise<readonly string[]> {
  await runLncli(CLIENT_MACAROON, folder, customer, lncli);
  const whom = ["--address", lsp.address, "--node-id", nodeId, "--cert", lsp.certificate, "--network", "regtest"];
  const who = ["--lnd", customer.target, "--lnd-cert", customer.certificate];
  return ["client", "get-cfg", ...whom, ...who, "--lnd-macaroon", join(folder, "client.macaroon")];
}

function mustBe(who: string, nodeId: string, expected: string): void {
  if (nodeId !== expected) throw new Error(`${who} has node id ${nodeId}, the ceremony printed ${expected}`);
}

function lastLines(output: string): string {
  return output.trimEnd().split("\n").slice(-LOG_LINES_SHOWN).join("\n");
}
