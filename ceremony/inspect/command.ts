import { NETWORKS, type Network, networkAdvice, parseNetwork } from "../../core/network.ts";
import { asksHelp, separateValues } from "../../core/options.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { accountsJson, watchOnlyAccounts } from "../seed/accounts.ts";
import type { CipherOptions, CipherSeed } from "../seed/aezeed.ts";
import { PHRASE_WORDS } from "../seed/phrase.ts";
import { type SeedReport, seedReport } from "../seed/report.ts";
import { adviceText, type InspectFileError, missingText, type Problem } from "./advice.ts";
import { readInput, wipeInput } from "./input.ts";
import { type ReadError, readSeed, type WordsRead } from "./reading.ts";
import { toUtf8 } from "./text.ts";

export interface Inspected extends Omit<WordsRead, "seed"> {
  /** One report for each network that was asked for. */
  readonly reports: readonly SeedReport[];
  /** `accounts.json`, if it was asked for. */
  readonly accounts: string | undefined;
}

/** What is wrong, and the node ids of the right reading if there is one. */
export interface Uninspected {
  readonly problem: ReadError;
  readonly reports: readonly SeedReport[];
}

export interface InspectIo {
  /** Standard input, read until `enough` says that nothing more is needed, or to its end. A terminal shows `prompt`. */
  readonly stdin: (enough: (soFar: Buffer) => boolean, prompt: string) => Buffer | Promise<Buffer>;
  readonly stdinIsTerminal: boolean;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Writes a file that does not exist yet, readable by its owner only, and reads it back. */
  readonly writeFile: (path: string, bytes: Buffer) => Result<undefined, InspectFileError>;
}

/**
 * Reads words and passphrase as they come on standard input, and reports the seed on each network. Pure; the caller
 * wipes `input`.
 *
 * The words stand on as many lines as they need, with numbers and any signs between them. The line after the 24th word
 * is the passphrase: raw bytes, less one line end.
 */
export function inspect(
  input: Buffer,
  networks: readonly Network[],
  options: CipherOptions & { readonly accounts?: boolean } = {},
): Result<Inspected, Uninspected> {
  const text = toUtf8(input);
  const typed = readInput(text);
  const read = readSeed(typed, options);
  wipeInput(typed);
  if (text !== input) text.fill(0);
  const reportsOf = (seed: CipherSeed) => networks.map((network) => seedReport(seed, network));
  if (read.ok) {
    const { seed, ...rest } = read.value;
    const [network] = networks;
    const wanted = options.accounts === true && network !== undefined;
    const accounts = wanted ? accountsJson(watchOnlyAccounts(seed.entropy, network)) : undefined;
    const reports = reportsOf(seed);
    wipeSeed(seed);
    return ok({ ...rest, reports, accounts });
  }
  const problem = read.error;
  const seed = problem.code === "wrong_passphrase" || problem.code === "word_order" ? problem.seed : undefined;
  const reports = seed === undefined ? [] : reportsOf(seed);
  if (seed !== undefined) wipeSeed(seed);
  return fail({ problem, reports });
}

function wipeSeed({ entropy, salt }: CipherSeed): void {
  entropy.wipe();
  salt.wipe();
}

interface Arguments {
  readonly networks: readonly Network[];
  readonly json: boolean;
  readonly accounts: string | undefined;
}

export const INSPECT_USAGE = `usage: ceremony inspect [--network NAME] [--json] [--accounts FILE]

Reads 24 words and a passphrase from standard input and shows what lnd makes of
them. The words stand on one line or on many, with or without numbers, commas or
quotes; lncli's own block may be pasted. The line after word 24 is the
passphrase. A word that cannot be read is given as ?, four of them at most.

  --network NAME   ${NETWORKS.join(", ")} or all;
                   mainnet if none is given
  --json           one line of JSON, errors too
  --accounts FILE  writes the 259 accounts of a watch-only lnd to a new file
`;

const PROMPT = `Type the 24 words, on one line or on many, and end with Enter. A word that
cannot be read is ? for now. Then the passphrase, on a line of its own. What you
type is seen on this screen until the end, and then cleared. Ctrl-C ends at once.

`;
const PASSPHRASE_PROMPT = `
24 words. Now the passphrase of the seed, or only Enter if there is none:
`;

/**
 * The command: exit code 0 with a report, 1 with an error, 2 for a wrong command line. Nothing of the words or the
 * passphrase is ever printed but the words that were asked for with `?`, and no argument either: somebody will give the
 * words as arguments.
 */
export async function runInspect(args: readonly string[], io: InspectIo): Promise<number> {
  if (asksHelp(args)) {
    io.stdout(INSPECT_USAGE);
    return 0;
  }
  const parsed = parseArguments(args);
  if (!parsed.ok) {
    io.stderr(`ceremony inspect: ${parsed.error}\n\n${INSPECT_USAGE}`);
    return 2;
  }
  const { networks, json, accounts } = parsed.value;

  const input = await io.stdin(enough(io), PROMPT);
  const inspected = inspect(input, networks, { accounts: accounts !== undefined });
  input.fill(0);
  const written = inspected.ok ? writeAccounts(accounts, inspected.value.accounts, io) : ok(undefined);
  if (!inspected.ok) return answerProblem(inspected.error.problem, inspected.error.reports, accounts, json, io);
  if (!written.ok) return answerProblem(written.error, [], accounts, json, io);
  if (inspected.value.sorted) io.stderr("The words were put in the order of their numbers.\n");
  if (inspected.value.afterBlank) io.stderr("The passphrase was taken from the line after the empty one.\n");
  io.stdout(json ? jsonReport(inspected.value) : reportText(inspected.value, accounts));
  return 0;
}

/** Whether all is read; at a terminal it says what comes next. */
function enough(io: InspectIo): (soFar: Buffer) => boolean {
  let told = false;
  return (soFar) => {
    const text = toUtf8(soFar);
    const typed = readInput(text);
    const count = typed.words.length;
    const { complete } = typed;
    wipeInput(typed);
    if (text !== soFar) text.fill(0);
    if (!io.stdinIsTerminal || complete) return complete;
    if (count >= PHRASE_WORDS && !told) {
      told = true;
      io.stderr(PASSPHRASE_PROMPT);
    } else if (count < PHRASE_WORDS && /(?:^|\n)[ \t]*\n$/.test(soFar.subarray(-80).toString("latin1"))) {
      io.stderr(`${count} words so far, ${PHRASE_WORDS - count} to go; Ctrl-D if there are no more.\n`);
    }
    return false;
  };
}

function answerProblem(
  problem: Problem,
  reports: readonly SeedReport[],
  accounts: string | undefined,
  json: boolean,
  io: InspectIo,
): number {
  const nodeId = [...new Set(reports.map((report) => report.nodeId))].join("\n");
  if (json) io.stdout(`${JSON.stringify({ error: jsonProblem(problem) })}\n`);
  else io.stderr(`${adviceText(problem, accounts ?? "", nodeId === "" ? undefined : nodeId)}\n`);
  return 1;
}

function writeAccounts(
  path: string | undefined,
  text: string | undefined,
  io: InspectIo,
): Result<undefined, InspectFileError> {
  return path === undefined || text === undefined ? ok(undefined) : io.writeFile(path, Buffer.from(text));
}

function parseArguments(args: readonly string[]): Result<Arguments, string> {
  let networks: readonly Network[] = ["mainnet"];
  let accounts: string | undefined;
  let json = false;
  const rest = separateValues(args);
  while (rest.length > 0) {
    const option = rest.shift();
    if (option === "--json") {
      json = true;
    } else if (option === "--network") {
      const name = rest.shift() ?? "";
      const network = parseNetwork(name);
      if (name !== "all" && network === undefined)
        return fail(`--network is one of ${NETWORKS.join(", ")}, or all${networkAdvice(name)}`);
      networks = network === undefined ? NETWORKS : [network];
    } else if (option === "--accounts") {
      accounts = rest.shift();
      if (accounts === undefined || accounts === "") return fail("--accounts needs the name of a file");
    } else {
      return fail("there is an argument that it does not know. Words are never arguments: they come on standard input");
    }
  }
  if (accounts !== undefined && networks.length > 1) return fail("--accounts is for one network: name it");
  return ok({ networks, json, accounts });
}

/** The error as `--json` shows it: its code, and the positions or names that go with it. No seed. */
function jsonProblem(problem: Problem): Record<string, unknown> {
  if (problem.code === "word_count") return { code: problem.code };
  const { seed: _, ...shown } = { seed: undefined, ...problem };
  return shown;
}

function jsonReport({ reports, missing }: Inspected): string {
  const [first, ...others] = reports;
  const nodeIds = Object.fromEntries(reports.map(({ network, nodeId }) => [network, nodeId]));
  const { network: _, nodeId: __, ...common } = first as SeedReport;
  const value = {
    ...(others.length === 0 ? first : { ...common, network: "all", nodeIds }),
    ...(missing.length === 0 ? {} : { missing }),
  };
  return `${JSON.stringify(value)}\n`;
}

function reportText({ reports, missing }: Inspected, accounts: string | undefined): string {
  const kinds = ["legacy", "taproot"];
  const report = reports[0] as SeedReport;
  const kind = kinds[report.internalVersion] ?? "unknown to lnd, which makes no wallet of it";
  // 66 digits and a label of ten columns stay on one line of a screen of 80.
  const nodes = reports.map(
    ({ network, nodeId }) => `${(reports.length === 1 ? "node id" : network).padEnd(10)}${nodeId}\n`,
  );
  const rows = [
    ["aezeed version", String(report.version)],
    ["internal version", `${report.internalVersion} (${kind})`],
    ["birthday", `day ${report.birthdayDays}, ${report.birthdayDate}, unix ${report.birthdayUnix}`],
    ["master fingerprint", report.masterFingerprint],
    ["network", reports.length === 1 ? report.network : "all: the node id on each is"],
    ...(accounts === undefined ? [] : [["accounts", `259, written to ${accounts} and read back`]]),
  ];
  const table = rows.map(([name = "", value = ""]) => `${name.padEnd(20)}${value}\n`).join("");
  return `${missingText(missing)}${table}${nodes.join("")}
Compare the node id with identity_pubkey of lncli getinfo. lnd looks for coins
from the birthday on and skips the blocks before it. No accounts file can carry
it: lncli createwatchonly asks for it, in unix seconds.
`;
}
