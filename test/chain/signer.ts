import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { startDaemon } from "../regtest/process.ts";
import { ROOT } from "../tools/sources.ts";

const START_MS = 60_000;
const PROGRAM = ["--disable-sigusr1", join(ROOT, "signer", "main.ts")] as const;

export interface SignerProcess {
  /** What it printed when it was ready. */
  readonly nodeId: string;
  readonly pid: number;
  output(): string;
  stop(): Promise<void>;
}

/** `signer run` as a process of its own, on the Node that runs this. `options` are those of the command line. */
export async function startSigner(options: readonly string[]): Promise<SignerProcess> {
  const daemon = startDaemon(process.execPath, () => [...PROGRAM, "run", ...options]);
  try {
    const nodeId = await daemon.until(
      "node id",
      START_MS,
      () => daemon.output().match(/^node id ([0-9a-f]{66})$/m)?.[1],
    );
    return { nodeId, pid: daemon.pid, output: daemon.output, stop: daemon.stop };
  } catch (error) {
    await daemon.stop();
    throw error;
  }
}

/** Another command of the signer, to its end; its standard output. Throws for any exit code but 0. */
export function runChainSigner(args: readonly string[]): string {
  return execFileSync(process.execPath, [...PROGRAM, ...args], { encoding: "utf8" });
}
