import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../../tools/sources.ts";
import { writeBundle } from "./bundle.ts";

export const MAIN = join(ROOT, "signer/main.ts");

/** `signer run` as a process of its own, past the line that says that it signs. */
export interface SignerProgram {
  readonly child: ChildProcess;
  readonly socket: string;
  readonly data: string;
  readonly logged: () => string;
  /** Sends a signal and resolves to the exit code, null when the signal itself ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** @param wrapper a program and its arguments that start it, strace for one */
export async function startSignerProgram(
  folder: string,
  more: readonly string[] = [],
  wrapper: readonly string[] = [],
): Promise<SignerProgram> {
  const { bundle, identity } = await writeBundle(folder);
  const socket = join(folder, "run", "lsp.sock");
  const data = join(folder, "data");
  const options = [
    "--bundle",
    bundle,
    "--identity-file",
    identity,
    "--socket",
    socket,
    "--data",
    data,
    "--network",
    "regtest",
  ];
  const [program = "", ...args] = [...wrapper, process.execPath, MAIN, "run", ...options, ...more];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let logged = "";
  child.stderr.on("data", (chunk: Buffer) => {
    logged += chunk.toString();
  });
  const exit = once(child, "exit") as Promise<[number | null]>;
  const line = await Promise.race([once(createInterface({ input: child.stdout }), "line"), exit]);
  if (typeof line[0] !== "string") throw new Error(logged);
  return {
    child,
    socket,
    data,
    logged: () => logged,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return (await exit)[0];
    },
  };
}

/** One command to its end. */
export function signer(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
}
