import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const HAMMER = join(import.meta.dirname, "hammer.ts");

export interface TestChild {
  /** The first line that it wrote: `opened`, or the code of what refused it. */
  readonly said: string;
  kill(): Promise<void>;
}

/** Starts `hammer.ts`; resolves when it has opened its store, or could not. */
export function startHammer(...args: readonly string[]): Promise<TestChild> {
  return startChild(HAMMER, ...args);
}

/** Starts a script of the tests; resolves with its first line. It does not outlive this process. */
export async function startChild(script: string, ...args: readonly string[]): Promise<TestChild> {
  const child: ChildProcess = spawn("setpriv", ["--pdeathsig", "KILL", process.execPath, script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  if (child.stdout === null) throw new Error("no standard output");
  for await (const said of createInterface({ input: child.stdout })) return { said, kill };
  return { said: "nothing", kill };
}
