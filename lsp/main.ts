#!/usr/bin/env node
import { dispatchLsp } from "./app/commands.ts";

process.exitCode = await dispatchLsp(process.argv.slice(2));
