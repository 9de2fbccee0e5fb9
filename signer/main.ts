#!/usr/bin/env node
import { dispatchSigner } from "./app/commands.ts";

// A command that is over ends the process, whatever it left open: a start that failed must not be one that hangs. What
// was printed is out by then: files, terminals and pipes are written to at once on Linux (Node, "A note on process I/O").
process.exit(await dispatchSigner(process.argv.slice(2)));
