import { version } from "./host/version.ts";

const [command, ...rest] = process.argv.slice(2);

// Nothing else is loaded for --version: every command brings its own modules.
if (command === "--version") process.stdout.write(`${version()}\n`);
else process.exitCode = await (await import("./commands.ts")).dispatch(command, rest);
