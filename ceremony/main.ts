import { version } from "./host/version.ts";

if (process.argv[2] === "--version") process.stdout.write(`${version()}\n`);
