import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Lnd } from "../regtest/lnd.ts";
import { ROOT } from "../tools/sources.ts";

const execute = promisify(execFile);

/** One command of a program of this project, to its end; its standard output. Rejects for any exit code but 0. */
export async function runCommand(program: "lsp" | "signer", args: readonly string[]): Promise<string> {
  return (await execute(process.execPath, [join(ROOT, program, "main.ts"), ...args])).stdout;
}

/** Runs a line that is meant for the shell of lnd's host, with that lnd's `lncli`, in `folder`, where its files go. */
export async function runLncli(line: string, folder: string, lnd: Lnd, lncli: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const own = 'lncli() { "$LNCLI" --rpcserver="$TARGET" --lnddir="$LNDDIR" --network=regtest "$@"; }';
  const env = { PATH: process.env["PATH"] ?? "", LNCLI: lncli, TARGET: lnd.target, LNDDIR: lnd.folder };
  await execute("sh", ["-ec", `${own}\n${line}`], { cwd: folder, env });
}
