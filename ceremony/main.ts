#!/usr/bin/env node
import { ceremonyVersion } from "./host/version.ts";

const [command, ...rest] = process.argv.slice(2);

/** A function: the executable is CommonJS, which has no top-level await. */
async function dispatch(): Promise<void> {
  process.exitCode = await (await import("./app/commands.ts")).dispatchCeremony(command, rest);
}

// Nothing else is loaded for --version: every command brings its own modules.
if (command === "--version") process.stdout.write(`${ceremonyVersion()}\n`);
else void dispatch();
