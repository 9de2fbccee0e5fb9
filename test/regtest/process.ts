import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LOG_LINES_SHOWN = 15;
const STOP_MS = 20_000;
const POLL_MS = 25;

export interface Daemon {
  /** A folder of its own, which goes when the daemon is stopped. */
  readonly folder: string;
  readonly pid: number;
  /** What it has written so far, both streams. */
  output(): string;
  /** Ends when `ready` gives something; throws with the daemon's last lines when it ends or `ms` are over before. */
  until<T>(what: string, ms: number, ready: () => T | undefined | Promise<T | undefined>): Promise<T>;
  /** Asks it to end, insists after a while, removes its folder. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a program that runs until it is stopped. It never outlives this process, whatever ends that: the kernel kills it
 * at the death of the one who started it (setpriv of util-linux), also after a kill -9, when no handler of ours would run.
 *
 * `args` gets the daemon's folder. Its output goes to a file there: a pipe that nobody reads would stop it in the end.
 */
export function startDaemon(program: string, args: (folder: string) => readonly string[]): Daemon {
  const name = program.slice(program.lastIndexOf("/") + 1);
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const log = join(folder, "output.log");
  const out = openSync(log, "w");
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", program, ...args(folder)], {
    cwd: folder,
    stdio: ["ignore", out, out],
  });
  closeSync(out);
  let end: string | undefined;
  const ended = new Promise<void>((resolve) => {
    const finish = (how: string): void => {
      end = how;
      resolve();
    };
    child.once("error", (error) => finish(error.message));
    child.once("exit", (code, signal) => finish(`exit ${code ?? signal}`));
  });
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  const output = (): string => readFileSync(log, "utf8");
  const tail = (): string => output().trimEnd().split("\n").slice(-LOG_LINES_SHOWN).join("\n");
  return {
    folder,
    pid: child.pid ?? 0,
    output,
    async until(what, ms, ready) {
      for (const latest = performance.now() + ms; ; ) {
        const found = end === undefined ? await ready() : undefined;
        if (found !== undefined) return found;
        if (end !== undefined) throw new Error(`${name}, ${what}: ${end}\n${tail()}`);
        if (performance.now() > latest) throw new Error(`${name}, ${what}: not within ${ms} ms\n${tail()}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    async stop() {
      if (end === undefined) {
        child.kill("SIGTERM");
        const insisting = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
        await ended;
        clearTimeout(insisting);
      }
      removeFolder();
      process.off("exit", removeFolder);
    },
  };
}

/** A TCP port on loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === "object" ? resolve(address.port) : reject()));
    });
  });
}
