import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { freePort, onFreePorts, startDaemon } from "../../regtest/process.ts";
import { POSTGRES_FOLDERS } from "../../tools/list.ts";
import { eventually } from "../../tools/wait.ts";

/** With recovery after a kill. */
const START_MS = 20_000;

/** Postgres refuses root. This user is on every Debian, and owns nothing. */
const NOBODY = 65_534;

export interface PostgresOptions {
  /** More lines of its configuration, as `name=value`; the later one wins. */
  readonly settings?: readonly string[];
}

export interface Postgres {
  /** Of a database that an ordinary user owns. It holds a password. */
  readonly url: string;
  /** Of the server's own user, who may do everything. */
  readonly adminUrl: string;
  readonly pid: number;
  /** A new database of the ordinary user; its URL. */
  newDatabase(): Promise<string>;
  /** Ends it as a power cut would, connections included; `start` recovers it. */
  kill(): Promise<void>;
  /** Ends it as `systemctl stop` does, connections included. */
  end(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its files. May be called twice. */
  stop(): Promise<void>;
}

/**
 * A Postgres server of Debian's package in a temporary folder, on loopback, with passwords, as a user without rights if
 * this process is root's. It does not outlive this process. Everything that makes it durable is as it comes.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), "postgres-"));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  const password = randomBytes(16).toString("hex");
  const asNobody = process.getuid?.() === 0 ? unprivileged(folder) : [];
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, password);
  const auth = ["--auth=scram-sha-256", `--pwfile=${passwordFile}`, "--username=postgres"];
  const init = [
    ...asNobody,
    program("initdb"),
    ...auth,
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--pgdata",
    data,
  ];
  await promisify(execFile)("setpriv", ["--pdeathsig", "KILL", ...init], { cwd: folder });
  try {
    return await onFreePorts(async () => {
      const server = await serve({ folder, data, password, asNobody, port: await freePort(), ...options });
      return {
        ...server,
        get pid() {
          return server.pid;
        },
        async stop() {
          await server.stop();
          removeFolder();
          process.off("exit", removeFolder);
        },
      };
    });
  } catch (error) {
    removeFolder();
    process.off("exit", removeFolder);
    throw error;
  }
}

interface ServeOptions extends PostgresOptions {
  readonly folder: string;
  readonly data: string;
  readonly password: string;
  readonly asNobody: readonly string[];
  readonly port: number;
}

/** Starts the server on a folder that `initdb` has filled. Its `stop` leaves the folder. */
async function serve({ folder, data, password, asNobody, port, ...options }: ServeOptions): Promise<Postgres> {
  const settings = [
    "listen_addresses=127.0.0.1",
    `port=${port}`,
    "unix_socket_directories=",
    "max_connections=200",
    // Shared memory as files of the folder: in /dev/shm a killed server leaves it behind.
    "dynamic_shared_memory_type=mmap",
    ...(options.settings ?? []),
  ];
  const flags = settings.flatMap((setting) => ["-c", setting]);
  const daemon = startDaemon(
    "setpriv",
    () => ["--pdeathsig", "KILL", ...asNobody, program("postgres"), "-D", data, ...flags],
    {
      folder,
    },
  );
  const urlOf = (user: string, database: string): string =>
    `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
  const adminUrl = urlOf("postgres", "postgres");
  const ready = async (): Promise<void> => {
    await daemon.until("ready", START_MS, () =>
      query(adminUrl, "SELECT 1").then(
        () => true,
        () => undefined,
      ),
    );
  };
  const gone = async (): Promise<void> => {
    await eventually("Postgres ends", () => !daemon.running);
  };
  let databases = 0;
  const newDatabase = async (): Promise<string> => {
    databases += 1;
    const name = `lsp${databases}`;
    await query(adminUrl, `CREATE DATABASE ${name} OWNER lsp`);
    return urlOf("lsp", name);
  };
  try {
    await ready();
    await query(adminUrl, `CREATE ROLE lsp LOGIN PASSWORD '${password}'`);
    const url = await newDatabase();
    return {
      url,
      adminUrl,
      get pid() {
        return daemon.pid;
      },
      newDatabase,
      async kill() {
        // Its children see that it is gone only when they next wait for something; a power cut takes all at once.
        const children = childrenOf(daemon.pid);
        const dead = daemon.kill();
        for (const pid of children) killIfThere(pid);
        await dead;
        await eventually("its children are gone", () => !children.some(isAlive));
      },
      async end() {
        // Fast shutdown; SIGTERM would wait for the clients to go (Postgres' documentation, 19.5).
        process.kill(daemon.pid, "SIGINT");
        await gone();
      },
      async start() {
        daemon.start();
        await ready();
      },
      stop: daemon.kill,
    };
  } catch (error) {
    await daemon.kill();
    throw error;
  }
}

/** One statement on a connection of its own. */
export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Words that start a program as a user without rights, whose the folder becomes. */
function unprivileged(folder: string): string[] {
  chownSync(folder, NOBODY, NOBODY);
  // The wish to die with its parent does not survive the change of user, so it is said here (prctl(2)).
  return ["setpriv", "--pdeathsig", "KILL", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--"];
}

/** Debian has the newest of its versions in a folder that is not on the path. */
function program(name: string): string {
  return POSTGRES_FOLDERS.map((folder) => join(folder, name)).find(existsSync) ?? name;
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {}
}

/** Nobody may have asked a dead process how it ended yet: then it is there, as a zombie. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
