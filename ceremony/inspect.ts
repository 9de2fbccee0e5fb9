import { fail, ok, type Result } from "./result.ts";
import { accountsJson, watchOnlyAccounts } from "./seed/accounts.ts";
import { type CipherOptions, decipher } from "./seed/aezeed.ts";
import { type Suspect, suspectPositions } from "./seed/locator.ts";
import { NETWORKS, type Network, parseNetwork } from "./seed/network.ts";
import { countWords, PHRASE_WORDS, type PhraseError, parsePhrase } from "./seed/phrase.ts";
import { type SeedReport, seedReport } from "./seed/report.ts";
import { Secret } from "./seed/secret.ts";

export type InspectError =
  | PhraseError
  | { readonly code: "bad_version" | "wrong_passphrase" }
  | { readonly code: "bad_checksum"; readonly suspectPositions: readonly Suspect[] };

/** What writing the accounts can end in; `NewFileError` of the host. */
export type FileError = { readonly code: "file_exists" | "file_not_written" };

export interface Inspected {
  readonly report: SeedReport;
  /** `accounts.json`, if it was asked for. */
  readonly accounts: string | undefined;
}

export interface InspectIo {
  /** Standard input, read until `enough` says that nothing more is needed, or to its end. */
  readonly stdin: (enough: (soFar: Buffer) => boolean) => Buffer;
  readonly stdinIsTerminal: boolean;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Writes a file that does not exist yet, readable by its owner only, and reads it back. */
  readonly writeFile: (path: string, bytes: Buffer) => Result<undefined, FileError>;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Reads words and passphrase as they come on standard input, and reports the seed. Pure; the caller wipes `input`.
 *
 * The words are on the first line; if that holds one word, one a line until 24 or an empty line. The next line is the
 * passphrase: raw bytes, less one line end (LF or CRLF). What follows it is not looked at.
 */
export function inspect(
  input: Buffer,
  network: Network,
  options: CipherOptions & { readonly accounts?: boolean } = {},
): Result<Inspected, InspectError> {
  const { words, passphrase } = splitInput(input);
  const enciphered = parsePhrase(words);
  if (!enciphered.ok) return enciphered;
  const secret = Secret.copyOf(passphrase);
  const deciphered = decipher(enciphered.value, secret, options);
  secret.wipe();
  if (!deciphered.ok) {
    const { code } = deciphered.error;
    const error = code === "bad_checksum" ? { code, suspectPositions: suspectPositions(enciphered.value) } : { code };
    enciphered.value.wipe();
    return fail(error);
  }
  const seed = deciphered.value;
  const report = seedReport(seed, network);
  const accounts = options.accounts === true ? accountsJson(watchOnlyAccounts(seed.entropy, network)) : undefined;
  for (const used of [enciphered.value, seed.entropy, seed.salt]) used.wipe();
  return ok({ report, accounts });
}

/** Cuts standard input into views of the words and of the passphrase line. */
function splitInput(input: Buffer): { words: Buffer; passphrase: Buffer; complete: boolean } {
  let end = lineEnd(input, 0);
  if (countWords(input.subarray(0, end)) === 1) {
    let blank = false;
    while (!blank && end < input.length && countWords(input.subarray(0, end)) < PHRASE_WORDS) {
      const next = lineEnd(input, end);
      blank = countWords(input.subarray(end, next)) === 0;
      end = next;
    }
  }
  const passphraseEnd = lineEnd(input, end);
  const line = input.subarray(end, passphraseEnd);
  const complete = line.at(-1) === LINE_FEED;
  const ending = complete ? (line.at(-2) === CARRIAGE_RETURN ? 2 : 1) : 0;
  return { words: input.subarray(0, end), passphrase: line.subarray(0, line.length - ending), complete };
}

/** Where the line that begins at `start` ends, its line feed counted in. */
function lineEnd(input: Buffer, start: number): number {
  const at = input.indexOf(LINE_FEED, start);
  return at < 0 ? input.length : at + 1;
}

interface Arguments {
  readonly network: Network;
  readonly json: boolean;
  readonly accounts: string | undefined;
}

export const INSPECT_USAGE = `usage: ceremony inspect [--network NAME] [--json] [--accounts FILE]

Reads 24 words and a passphrase from standard input and shows what lnd makes of
them. The words stand on the first line, or one a line until 24 or an empty
line; the line after them is the passphrase.

  --network NAME   ${NETWORKS.join(", ")}; mainnet if none is given
  --json           one line of JSON, errors too
  --accounts FILE  writes the 259 accounts of a watch-only lnd to a new file
`;

const PROMPT = `Type the 24 words on one line, or one a line; then the passphrase on a line of
its own, empty if there is none. What you type can be seen on this screen: clear
it afterwards.
`;

/**
 * The command: exit code 0 with a report, 1 with an error, 2 for a wrong command line. Nothing of the words or the
 * passphrase is ever printed, and no argument either: somebody will give the words as arguments.
 */
export async function runInspect(args: readonly string[], io: InspectIo): Promise<number> {
  if (args.includes("--help")) {
    io.stdout(INSPECT_USAGE);
    return 0;
  }
  const parsed = parseArguments(args);
  if (!parsed.ok) {
    io.stderr(`ceremony inspect: ${parsed.error}\n\n${INSPECT_USAGE}`);
    return 2;
  }
  const { network, json, accounts } = parsed.value;

  if (io.stdinIsTerminal) io.stderr(PROMPT);
  const input = io.stdin((soFar) => splitInput(soFar).complete);
  const inspected = inspect(input, network, { accounts: accounts !== undefined });
  input.fill(0);
  const written = inspected.ok ? writeAccounts(accounts, inspected.value.accounts, io) : inspected;
  if (!written.ok) {
    const { error } = written;
    if (json) io.stdout(`${JSON.stringify({ error: jsonError(error) })}\n`);
    else io.stderr(`${errorText(error, accounts ?? "")}\n`);
    return 1;
  }
  if (inspected.ok)
    io.stdout(json ? `${JSON.stringify(inspected.value.report)}\n` : reportText(inspected.value, accounts));
  return 0;
}

function writeAccounts(
  path: string | undefined,
  text: string | undefined,
  io: InspectIo,
): Result<undefined, FileError> {
  return path === undefined || text === undefined ? ok(undefined) : io.writeFile(path, Buffer.from(text));
}

function parseArguments(args: readonly string[]): Result<Arguments, string> {
  let network: Network | undefined = "mainnet";
  let accounts: string | undefined;
  let json = false;
  const rest = args.flatMap((arg) =>
    /^--\w+=/.test(arg) ? [arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1)] : [arg],
  );
  while (rest.length > 0) {
    const option = rest.shift();
    if (option === "--json") {
      json = true;
    } else if (option === "--network") {
      network = parseNetwork(rest.shift() ?? "");
      if (network === undefined) return fail(`--network is one of ${NETWORKS.join(", ")}`);
    } else if (option === "--accounts") {
      accounts = rest.shift();
      if (accounts === undefined || accounts === "") return fail("--accounts needs the name of a file");
    } else {
      return fail("there is an argument that it does not know. Words are never arguments: they come on standard input");
    }
  }
  return ok({ network, json, accounts });
}

/** The error as `--json` shows it: a code, and the position or the suspects that go with it. */
function jsonError(error: InspectError | FileError): Record<string, unknown> {
  if (error.code === "word_count") return { code: error.code };
  return { ...error };
}

function reportText({ report }: Inspected, accounts: string | undefined): string {
  const kinds = ["legacy", "taproot"];
  const kind = kinds[report.internalVersion] ?? "unknown to lnd, which makes no wallet of it";
  const rows = [
    ["aezeed version", String(report.version)],
    ["internal version", `${report.internalVersion} (${kind})`],
    ["birthday", `day ${report.birthdayDays}, ${report.birthdayDate}, unix ${report.birthdayUnix}`],
    ["master fingerprint", report.masterFingerprint],
    ["network", report.network],
    ["node id", report.nodeId],
    ...(accounts === undefined ? [] : [["accounts", `259, written to ${accounts} and read back`]]),
  ];
  const table = rows.map(([name = "", value = ""]) => `${name.padEnd(20)}${value}\n`).join("");
  return `${table}
Compare the node id with identity_pubkey of lncli getinfo. lnd looks for coins
from the birthday on and skips the blocks before it. No accounts file can carry
it: lncli createwatchonly asks for it, in unix seconds.
`;
}

/** What went wrong and what to do next. */
function errorText(error: InspectError | FileError, accounts: string): string {
  switch (error.code) {
    case "unknown_word":
      return `Word ${error.position} is not in the word list. Check it: either the whole word or exactly its
first four letters. If the words are numbered, each number must be its word's.`;
    case "word_count":
      return `The words are ${error.count}, and a seed has 24. Put all of them on the first line, or one
on each line.`;
    case "bad_version":
      return `Word 1 does not begin an aezeed of version 0. Check it, and whether it changed
places with another word. A seed of another wallet than lnd looks the same, and
cannot be read here.`;
    case "bad_checksum":
      return `Every word is in the list, but together they are not right.
${suspectText(error.suspectPositions)}`;
    case "wrong_passphrase":
      return `The words are right and the passphrase is not. It is the line after the words,
taken as it is: case, spaces and all. An empty line stands for no passphrase.`;
    case "file_exists":
      return `${accounts} is there already and was left as it is.
Give --accounts the name of a new file.`;
    case "file_not_written":
      return `${accounts} could not be written and read back.
Check the folder and the space on it, and try again.`;
  }
}

function suspectText(suspects: readonly Suspect[]): string {
  if (suspects.length === 0)
    return `More than one is wrong: compare all of them, and their order. If they are as you
wrote them down, this is no seed of lnd: other wallets use the same words.`;
  const places = suspects.map((suspect) =>
    typeof suspect === "number" ? `word ${suspect}` : `words ${suspect.join(" and ")}, which may have changed places`,
  );
  return `Check ${places.join("; or ")}.`;
}
