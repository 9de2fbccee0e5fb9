import { EXIT } from "../../core/errors.ts";
import { networkAdvice } from "../../core/network.ts";
import { separateValues } from "../../core/options.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { type Config, MODES, parseConfig } from "../table/config.ts";

/** `early`: the ceremony was ended, or a transcript stops, with nothing wrong in it. */
export const CEREMONY_EXIT = { ...EXIT, early: 3 } as const;

export const CEREMONY_USAGE = `usage: ceremony [options]          a ceremony, in this terminal (from 80x24)
       ceremony inspect [options]  what lnd makes of 24 words: node id, birthday
       ceremony verify FILE [--head WORDS]   checks a transcript, prints it
       ceremony hash               the hash of this program, to be printed
       ceremony script [--mode M]  the script of a ceremony as Markdown
       ceremony --version | --help

  --mode rehearsal|production    rehearsal (default) is on regtest, always
  --network NAME                 mainnet, testnet, signet, simnet (production)
  --out DIR                      an empty or new folder; in production the stick
  --rolls N                      throws of a die, 64 (default) to 128
  --passphrase typed|dice|none   typed (default), eight words by dice, or none
  --plates 1|2                   metal plates, each is read back; default 1
  --recipient AGE1...|none       the signer's age recipient; default none

every command has --help, and takes --option=value too

exit: 0 done   1 refused   2 usage   3 ended early
`;

export interface UsageError {
  readonly code: "usage";
  readonly text: string;
}

const OPTIONS = ["mode", "network", "out", "rolls", "passphrase", "plates", "recipient"] as const;
type Option = (typeof OPTIONS)[number];

/**
 * The configuration from the command line.
 * @param stamp `YYYYMMDD-HHMMSS`, for the folder of a rehearsal that was not given one
 */
export function parseOptions(args: readonly string[], stamp: string): Result<Config, UsageError> {
  const values: Partial<Record<Option, string>> = {};
  const words = separateValues(args);
  for (let at = 0; at < words.length; at += 2) {
    const option = OPTIONS.find((known) => `--${known}` === words[at]);
    const value = words[at + 1];
    if (option === undefined) return wrong(`unknown argument ${words[at]}`);
    if (value === undefined) return wrong(`--${option} needs a value`);
    if (values[option] !== undefined) return wrong(`--${option} is given twice`);
    values[option] = value;
  }
  const mode = MODES.find((known) => known === (values.mode ?? "rehearsal"));
  if (mode === undefined) return wrong(`--mode is one of ${MODES.join(", ")}`);
  if (mode === "production" && values.out === undefined) return wrong("production needs --out DIR");
  if (mode === "production" && values.network === undefined) return wrong("production needs --network NAME");
  const config = parseConfig({
    mode,
    network: values.network ?? "regtest",
    out: values.out ?? `rehearsal-${stamp}`,
    rolls: numberOf(values.rolls ?? "64"),
    passphrase: values.passphrase ?? "typed",
    plates: numberOf(values.plates ?? "1"),
    ...(values.recipient === undefined || values.recipient === "none" ? {} : { recipient: plain(values.recipient) }),
  });
  if (config.ok) return config;
  const { field, rule } = config.error;
  return wrong(`--${field} ${rule}${field === "network" ? networkAdvice(values.network ?? "") : ""}`);
}

/** A value that comes out of a file may have a mark before it (BOM), and blanks or a carriage return after it. */
const plain = (text: string): string => text.replace(/^\uFEFF/, "").trim();

function numberOf(text: string): number {
  return /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
}

const wrong = (text: string): Result<never, UsageError> => fail({ code: "usage", text });

/** The mode that `ceremony script` prints. */
export function parseScriptMode(args: readonly string[]): Result<(typeof MODES)[number], UsageError> {
  if (args.length === 0) return ok("production");
  const [option, value, ...more] = separateValues(args);
  const mode = MODES.find((known) => option === "--mode" && known === value && more.length === 0);
  return mode === undefined ? wrong(`ceremony script takes --mode ${MODES.join("|")}`) : ok(mode);
}
