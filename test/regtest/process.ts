import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bound } from "../tools/speed.ts";

const LOG_LINES_SHOWN = 15;
const STOP_MS = 20_000;
const POLL_MS = 25;

export interface DaemonOptions {
  /** Where it runs; whoever gives a folder removes it. Left out, it has one of its own, which goes when it is stopped. */
  readonly folder?: string;
}

export interface Daemon {
  readonly folder: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  readonly running: boolean;
  /** What it has written so far, both streams, over all its starts; nothing once its folder is gone. */
  output(): string;
  /** Ends when `ready` gives something; throws with the daemon's last lines when it ends or `bound(ms)` is over before. */
  until<T>(what: string, ms: number, ready: () => T | undefined | Promise<T | undefined>): Promise<T>;
  /** Asks it to end, insists after a while; resolves when it has. Its folder stays, for `start`. */
  end(): Promise<void>;
  /** Ends it as a power cut would; resolves when it is gone. Its folder stays, for `start`. */
  kill(): Promise<void>;
  /** Starts it again, in its folder and with the same arguments. */
  start(): void;
  /** Asks it to end, insists after a while, removes a folder of its own. May be called twice. */
  stop(): Promise<void>;
}

/** One process, from its start to its end. */
interface Run {
  readonly pid: number;
  /** How it ended, once it has. */
  readonly how: () => string | undefined;
  readonly signal: (name: "SIGTERM" | "SIGKILL") => void;
  readonly ended: Promise<void>;
}

/**
 * Starts a program that runs until it is stopped. It never outlives this process, whatever ends that: the kernel kills it
 * at the death of the one who started it (setpriv of util-linux), also after a kill -9, when no handler of ours would run.
 *
 * `args` gets the daemon's folder. Its output goes to a file there: a pipe that nobody reads would stop it in the end.
 */
export function startDaemon(
  program: string,
  args: (folder: string) => readonly string[],
  options: DaemonOptions = {},
): Daemon {
  const name = program.slice(program.lastIndexOf("/") + 1);
  const own = options.folder === undefined ? temporaryFolder(`${name}-`) : undefined;
  const folder = options.folder ?? own?.path ?? "";
  const log = join(folder, "output.log");
  const launch = (): Run => run(program, args(folder), folder, log);
  let now = launch();
  const output = (): string => (existsSync(log) ? readFileSync(log, "utf8") : "");
  const tail = (): string => output().trimEnd().split("\n").slice(-LOG_LINES_SHOWN).join("\n");
  // Far above its last lines, where it goes on to tell how it ends everything that it had begun.
  const portTaken = (): string[] =>
    output()
      .match(/^.*address already in use.*$/im)
      ?.slice(0, 1) ?? [];
  const end = async (): Promise<void> => {
    now.signal("SIGTERM");
    const insisting = setTimeout(now.signal, bound(STOP_MS), "SIGKILL");
    await now.ended;
    clearTimeout(insisting);
  };
  return {
    folder,
    get pid() {
      return now.pid;
    },
    get running() {
      return now.how() === undefined;
    },
    output,
    async until(what, ms, ready) {
      const atMost = bound(ms);
      for (const latest = performance.now() + atMost; ; ) {
        const found = now.how() === undefined ? await ready() : undefined;
        if (found !== undefined) return found;
        const how = now.how();
        if (how !== undefined) throw new Error([`${name}, ${what}: ${how}`, ...portTaken(), tail()].join("\n"));
        if (performance.now() > latest) throw new Error(`${name}, ${what}: not within ${atMost} ms\n${tail()}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    end,
    async kill() {
      now.signal("SIGKILL");
      await now.ended;
    },
    start() {
      if (now.how() === undefined) throw new Error(`${name} runs already`);
      now = launch();
    },
    async stop() {
      await end();
      own?.remove();
    },
  };
}

/** What must be gone with this process, if it ends before they were stopped: the processes first, then their folders. */
const leftovers = { runs: new Set<() => void>(), folders: new Set<string>() };

process.once("exit", () => {
  for (const kill of leftovers.runs) kill();
  for (const folder of leftovers.folders) removeFolder(folder);
});

export interface TemporaryFolder {
  readonly path: string;
  /** With all that is in it. May be called twice. */
  remove(): void;
}

/** A new folder for its owner alone; it goes at the latest with this process, unless that is killed. */
export function temporaryFolder(prefix: string, base = tmpdir()): TemporaryFolder {
  const path = mkdtempSync(join(base, prefix));
  leftovers.folders.add(path);
  return {
    path,
    remove() {
      removeFolder(path);
      leftovers.folders.delete(path);
    },
  };
}

/** A process that was killed a moment ago may still write: it is tried again. */
function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}

function run(program: string, args: readonly string[], folder: string, log: string): Run {
  const out = openSync(log, "a");
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", program, ...args], {
    cwd: folder,
    stdio: ["ignore", out, out],
    // A group of its own: a Ctrl-C at the terminal is for us, who end them in order.
    detached: true,
  });
  closeSync(out);
  let how: string | undefined;
  const kill = (): void => void child.kill("SIGKILL");
  leftovers.runs.add(kill);
  const ended = new Promise<void>((resolve) => {
    const finish = (why: string): void => {
      how = why;
      leftovers.runs.delete(kill);
      resolve();
    };
    child.once("error", (error) => finish(error.message));
    child.once("exit", (code, signal) => finish(`exit ${code ?? signal}`));
  });
  return { pid: child.pid ?? 0, how: () => how, signal: (name) => void child.kill(name), ended };
}

/**
 * Ports that a process gives out are below those that the kernel takes for outgoing connections (from 32768 on, ip(7)):
 * a daemon that is down for a restart does not lose its port to one of them.
 */
const PORTS = { from: 10_000, below: 32_000 } as const;

/** Given out by this process already, and perhaps not yet listened on. */
const given = new Set<number>();

/** A TCP port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.below);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

const STARTS_MAX = 5;

/**
 * What `start` starts on ports that it takes from `freePort` or `freeAddress`. A port that was free when it was asked for
 * can be another process's when it is used: then `start` is called again, and takes others.
 */
export async function onFreePorts<T>(start: () => Promise<T>): Promise<T> {
  for (let starts = 1; ; starts += 1) {
    try {
      return await start();
    } catch (error) {
      // The words of EADDRINUSE, in a daemon's last lines.
      if (starts === STARTS_MAX || !/address already in use/i.test(String(error))) throw error;
    }
  }
}

/** `127.0.0.1:port`, of a free port. */
export async function freeAddress(): Promise<string> {
  return `127.0.0.1:${await freePort()}`;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
