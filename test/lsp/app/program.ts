import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../../tools/sources.ts";
import { writeSecret } from "./rig.ts";

const MAIN = join(ROOT, "lsp/main.ts");

/** `lsp run` as a process of its own, past the lines that say that it serves. It does not outlive this process. */
export interface LspProgram {
  readonly child: ChildProcess;
  /** `host:port` of the API. */
  readonly address: string;
  /** `host:port` of the admin listener. */
  readonly admin: string;
  /** Its log so far. */
  logged(): string;
  /** Sends a signal and resolves to the exit code, null when the signal itself ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface RefusedStart {
  readonly code: string;
  readonly status: number | null;
  readonly stderr: string;
}

/** A signal for a start that waits, when something holds. */
export interface Interruption {
  readonly signal: NodeJS.Signals;
  when(child: ChildProcess): Promise<void>;
}

/** Writes the configuration (JSON is YAML) and starts it; what it said instead if it ended before it served. */
async function tryProgram(
  folder: string,
  config: object,
  { interruption, env = {} }: { interruption?: Interruption; env?: Record<string, string> } = {},
): Promise<LspProgram | RefusedStart> {
  const path = writeSecret(join(folder, `lsp-${randomUUID()}.yaml`), JSON.stringify(config));
  const command = [process.execPath, MAIN, "run", "--config", path];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...command], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let logged = "";
  child.stderr.on("data", (chunk: Buffer) => {
    logged += chunk.toString();
  });
  const exit = once(child, "close") as Promise<[number | null]>;
  if (interruption !== undefined) {
    await interruption.when(child);
    child.kill(interruption.signal);
  }
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === 3) break;
  }
  const [, address, admin] = lines.map((line) => line.split(" ").at(-1) ?? "");
  if (address === undefined || admin === undefined) {
    const [status] = await exit;
    return { code: /^lsp: \[(\w+)\]/m.exec(logged)?.[1] ?? logged, status, stderr: logged };
  }
  return {
    child,
    address,
    admin,
    logged: () => logged,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return (await exit)[0];
    },
  };
}

/** The environment of a program that throws what it is told when it gets SIGUSR2. */
export function throwing(text: string): Record<string, string> {
  const program = "process.on('SIGUSR2',()=>{throw(Error(process.env.THROWN))})";
  return { NODE_OPTIONS: `--import=data:text/javascript,${program}`, THROWN: text };
}

/** @throws what it logged, if it ended before it served */
export async function startLspProgram(
  folder: string,
  config: object,
  env: Record<string, string> = {},
): Promise<LspProgram> {
  const started = await tryProgram(folder, config, { env });
  if ("stop" in started) return started;
  throw new Error(started.stderr);
}

/** Why it does not start. */
export async function refusal(folder: string, config: object, interruption?: Interruption): Promise<RefusedStart> {
  const started = await tryProgram(folder, config, interruption === undefined ? {} : { interruption });
  if (!("stop" in started)) return started;
  await started.stop("SIGKILL");
  throw new Error("it started");
}

/** One command to its end. */
export function lsp(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
}
