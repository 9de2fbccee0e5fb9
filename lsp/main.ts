#!/usr/bin/env node
import { dispatch } from "./commands.ts";

process.exitCode = await dispatch(process.argv.slice(2));
