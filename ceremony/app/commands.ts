import { readFileSync } from "node:fs";
import { asksHelp } from "../../core/options.ts";
import { CHILD_ARGUMENT } from "../host/child.ts";
import { program } from "../host/self.ts";
import { CEREMONY_EXIT, CEREMONY_USAGE, parseOptions, parseScriptMode } from "../host/usage.ts";

const out = (text: string): void => void process.stdout.write(text);
const err = (text: string): void => void process.stderr.write(text);

/** Runs one command and resolves to the exit code. Each loads its own modules, and only those. */
export async function dispatchCeremony(command: string | undefined, rest: readonly string[]): Promise<number> {
  stayWithCaller();
  switch (command) {
    case "--help":
    case "-h":
      out(CEREMONY_USAGE);
      return CEREMONY_EXIT.done;
    case CHILD_ARGUMENT:
      return exitingWith(await (await import("../host/inner.ts")).runInner());
    case "inspect":
      return (await import("../inspect/command.ts")).runInspect(rest, (await import("../host/stdio.ts")).processIo());
    case "verify":
      return (await import("./verify.ts")).runVerify(rest, {
        readFile: (path) => readFileSync(path),
        stdout: out,
        stderr: err,
      });
    case "hash":
      if (asksHelp(rest)) return help(HASH_USAGE);
      return (await import("./hash.ts")).runHash(rest, out, err);
    case "script":
      return asksHelp(rest) ? help(SCRIPT_USAGE) : printScript(rest);
    default:
      if (asksHelp(rest)) return help(CEREMONY_USAGE);
      return ceremony(command === undefined ? [] : [command, ...rest]);
  }
}

const HASH_USAGE = `usage: ceremony hash

The SHA-256 of this program, in hex and in words, in the rows that the ceremony
asks for: to be printed, and compared with what the screen shows.
`;
const SCRIPT_USAGE = `usage: ceremony script [--mode rehearsal|production]

The script of a ceremony as Markdown, to be printed; of production if no mode is
given.
`;

function help(text: string): number {
  out(text);
  return CEREMONY_EXIT.done;
}

async function ceremony(args: readonly string[]): Promise<number> {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  const config = parseOptions(args, stamp);
  if (!config.ok) {
    err(`ceremony: ${config.error.text}\n\n${CEREMONY_USAGE}`);
    return CEREMONY_EXIT.usage;
  }
  return exitingWith(await (await import("../host/outer.ts")).runCeremony(config.value));
}

async function printScript(args: readonly string[]): Promise<number> {
  const mode = parseScriptMode(args);
  if (!mode.ok) {
    err(`ceremony: ${mode.error.text}\n`);
    return CEREMONY_EXIT.usage;
  }
  out((await import("../transcript/script.ts")).scriptMarkdown(mode.value));
  return CEREMONY_EXIT.done;
}

/** A terminal that was read keeps Node waiting for the next key. */
function exitingWith(code: number): number {
  process.exit(code);
  return code;
}

/**
 * npm runs a checkout's scripts in the checkout and says in INIT_CWD where the caller stands: relative paths are the
 * caller's. The executable has no such caller, and listens to no such variable.
 */
function stayWithCaller(): void {
  const caller = process.env["INIT_CWD"];
  const self = program();
  if (caller !== undefined && self.ok && self.value.form === "checkout") process.chdir(caller);
}
