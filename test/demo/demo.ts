/**
 * `npm run demo`: the whole system on regtest, from nothing, step by step.
 *
 * With `--keep` all of it stays until Ctrl-C; with `--info FILE` FILE then says where everything is, as JSON.
 */
import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { temporaryFolder } from "../regtest/process.ts";
import { endWithHelp } from "../tools/help.ts";
import { howToInstall, missingTools } from "../tools/list.ts";
import { thisMachine } from "../tools/machine.ts";
import { infoOf, writeInfo } from "./info.ts";
import { tellTo } from "./story.ts";
import { type System, startSystem } from "./system.ts";

const USAGE = "usage: npm run demo -- [--keep [--info FILE]]\n";
const INTERRUPTED = 130;
/** npm passes a Ctrl-C on to a process that has had it from the terminal already: two signals, one wish. */
const SAME_CTRL_C_MS = 500;

/** A ceremony takes 60 printable characters as its output folder, and the kernel 107 as a socket (unix(7)). */
const SHORT_FOLDER = /^[\x21-\x7e]{1,25}$/;

const say = (text: string): void => void process.stdout.write(text);

interface Options {
  readonly keep: boolean;
  readonly info: string | undefined;
}

async function demo({ keep, info }: Options): Promise<void> {
  const start = performance.now();
  // It is there when everything is, and not before.
  if (info !== undefined) rmSync(info, { force: true });
  const folder = temporaryFolder("btc-lsp-demo-", SHORT_FOLDER.test(tmpdir()) ? tmpdir() : "/tmp");
  say(`btc-lsp on regtest, from nothing. No money in it is real.\nAll its files are in ${folder.path}\n`);
  try {
    const system = await startSystem(
      folder.path,
      tellTo(say, () => performance.now()),
    );
    try {
      say(`\nAll of it in ${((performance.now() - start) / 1000).toFixed(0)} s.\n`);
      if (keep) await keepRunning(system, info);
      else say("Stopping. `npm run demo -- --keep` leaves it running.\n");
    } finally {
      await system.stop();
    }
  } catch (error) {
    process.stderr.write(`\ndemo: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  } finally {
    folder.remove();
  }
}

async function keepRunning(system: System, info: string | undefined): Promise<void> {
  const command = `npm run -s lsp -- ${system.getCfg.join(" ")}`;
  say(`\nTo ask again:\n\n  ${command.replaceAll(/ (?=--\w)/g, " \\\n    ")}\n\n`);
  if (info !== undefined) {
    writeInfo(info, infoOf(system));
    say(`Where everything is: ${info}\n`);
  }
  const asked = askedToEnd();
  say("Running until Ctrl-C.\n");
  await asked;
  say("\nStopping.\n");
}

/** Set while all of it runs, and somebody waits to be asked to end. */
let endInOrder: (() => void) | undefined;
let askedAt = Number.NEGATIVE_INFINITY;

/**
 * Once, all is ended in order. Before that, or when it takes too long for whoever asks, this process ends at once, and
 * what it has started and written goes with it (test/regtest/process.ts).
 */
function onSignal(): void {
  const now = performance.now();
  if (endInOrder !== undefined) {
    askedAt = now;
    endInOrder();
    endInOrder = undefined;
  } else if (now - askedAt > SAME_CTRL_C_MS) process.exit(INTERRUPTED);
}

function askedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    endInOrder = resolve;
  });
}

function parse(args: readonly string[]): Options | undefined {
  try {
    const options = { keep: { type: "boolean" }, info: { type: "string" } } as const;
    const { keep = false, info } = parseArgs({ args: [...args], options }).values;
    if (info !== undefined && !keep) return undefined;
    // npm runs scripts in the checkout and says in INIT_CWD where the caller stands.
    return { keep, info: info === undefined ? undefined : resolve(process.env["INIT_CWD"] ?? "", info) };
  } catch {
    return undefined;
  }
}

endWithHelp(USAGE);
const options = parse(process.argv.slice(2));
if (options === undefined) {
  process.stderr.write(USAGE);
  process.exit(2);
}
// Asked before all of it is up, and not after.
if (options.info !== undefined && !existsSync(dirname(options.info))) {
  process.stderr.write(`demo: no folder for ${options.info}\n`);
  process.exit(2);
}
const [missing] = missingTools(thisMachine, ["go"]);
if (missing !== undefined) {
  process.stderr.write(`demo: needs ${missing}: ${howToInstall(missing)}\n`);
  process.exit(1);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
await demo(options);
