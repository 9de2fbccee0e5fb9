import { parseArgs } from "node:util";
import { EXIT } from "../../core/errors.ts";
import { asksHelp } from "../../core/options.ts";
import { type LspErrorCode, lspErrorLine } from "../errors.ts";
import type { LspStartError } from "../files.ts";

const out = (text: string): void => void process.stdout.write(text);
const err = (text: string): void => void process.stderr.write(text);

/** Runs one command and resolves to the exit code. Each loads its own modules, and only those. */
export async function dispatchLsp(args: readonly string[]): Promise<number> {
  stayWithCaller();
  const [command, ...rest] = args;
  if (command === undefined || (command !== "client" && asksHelp(args))) {
    out((await import("./usage.ts")).LSP_USAGE);
    return EXIT.done;
  }
  switch (command) {
    case "--version":
      out(`${(await import("../../core/version.ts")).packageVersion()}\n`);
      return EXIT.done;
    case "run":
      return withConfig(rest, async (path) => (await import("./run.ts")).runLsp(path));
    case "config":
      return config(rest);
    case "nonces":
      return rest[0] === "reset" ? withConfig(rest.slice(1), resetNonces) : usage("nonces reset --config FILE");
    case "macaroon":
      return macaroon(rest);
    case "client":
      return (await import("../client/command.ts")).runClient(rest);
    default:
      return usage(`unknown command ${command}`);
  }
}

async function config([command, ...rest]: readonly string[]): Promise<number> {
  if (command === "check") return withConfig(rest, checkConfig);
  if (command !== "keys" || rest.length > 0) return usage("config check or config keys");
  const { configKeys } = await import("./config.ts");
  for (const { name, value, meaning } of configKeys()) out(`${name.padEnd(34)}${value.padEnd(13)}${meaning}\n`);
  return EXIT.done;
}

async function checkConfig(path: string): Promise<number> {
  const { loadConfig, readMaterials } = await import("./materials.ts");
  const config = loadConfig(path);
  if (!config.ok) return refused(config.error);
  const { materials, faults: ofFiles } = readMaterials(config.value);
  const { checkLspStart: checkStart } = await import("./check.ts");
  const { faults: ofStart, notes } = await checkStart(config.value, materials);
  const faults = [...ofFiles, ...ofStart];
  for (const fault of faults) refused(fault);
  if (faults.length > 0) return EXIT.refused;
  const { describe } = await import("./describe.ts");
  out(describe(config.value));
  // As comments, for what comes before is YAML that is copied.
  for (const note of notes) out(`# ${note}\n`);
  return EXIT.done;
}

async function resetNonces(path: string): Promise<number> {
  const done = await (await import("./nonces.ts")).resetNonces(path);
  if (!done.ok) return refused(done.error);
  out(`${done.value}\n`);
  return EXIT.done;
}

async function macaroon(rest: readonly string[]): Promise<number> {
  const wanted = new Set(rest);
  const known = rest.every((word) => word === "--sign" || word === "--swaps");
  if (!known || wanted.size < rest.length) return usage("macaroon [--sign] [--swaps]");
  const { bakeCommand } = await import("../node/macaroon.ts");
  const more = (["sign", "swaps"] as const).filter((feature) => wanted.has(`--${feature}`));
  out(`${bakeCommand(["info", "blocks", ...more])}\n`);
  return EXIT.done;
}

function withConfig(args: readonly string[], act: (path: string) => Promise<number>): Promise<number> | number {
  try {
    const { values } = parseArgs({ args: [...args], options: { config: { type: "string" } }, strict: true });
    return values.config === undefined ? usage("--config FILE is needed") : act(values.config);
  } catch (error) {
    return usage(error instanceof Error ? error.message : "");
  }
}

/** A configuration has a line for each of its faults, everything else one in all. */
function refused({ code, about }: LspStartError): number {
  const many: readonly LspErrorCode[] = ["config_syntax", "config_invalid"];
  err(lspErrorLine(code, many.includes(code) ? "" : about));
  if (many.includes(code)) for (const fault of about.split("; ")) err(`  ${fault}\n`);
  return EXIT.refused;
}

function usage(why: string): number {
  err(lspErrorLine("usage", why));
  return EXIT.usage;
}

/** npm runs scripts in the checkout and says in INIT_CWD where the caller stands: relative paths are the caller's. */
function stayWithCaller(): void {
  const caller = process.env["INIT_CWD"];
  if (caller !== undefined && process.env["npm_lifecycle_event"] !== undefined) process.chdir(caller);
}
