import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, type Stats, statSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { fail, ok, type Result } from "../../ceremony/result.ts";

export interface SocketError {
  readonly code: /** The path would not fit into a socket address. */
    | "socket_path"
    /** Something that is no socket is at the path. */
    | "socket_taken"
    /** Somebody listens there. */
    | "socket_in_use"
    /** Others than the owner could put a socket of their own into the folder, or anybody could look into it. */
    | "socket_folder"
    | "socket_group"
    /** The system refused, with its own word for why. */
    | "socket_failed";
  readonly path: string;
  readonly reason?: string;
}

export interface SocketOptions {
  readonly path: string;
  readonly mode: 0o600 | 0o660;
  /** A group's name or number; the process' own where it is not given. */
  readonly group: string | undefined;
}

/** Bytes of `sun_path`, less its zero: Linux cuts nothing off, it refuses; others cut. */
const PATH_MAX = 107;
/** Octal, of a folder that the signer makes. */
const FOLDER_MODE = 0o750;

/**
 * Listens on a unix socket that only its owner and one group can reach at any moment: it comes into being as 0600, gets
 * its group, and then its mode. A stale file is removed, and only if it is a socket that nobody answers on.
 */
export async function listenUnix(
  { path, mode, group }: SocketOptions,
  onConnection: (socket: Socket) => void,
): Promise<Result<Server, SocketError>> {
  if (Buffer.byteLength(path) > PATH_MAX) return fail({ code: "socket_path", path });
  const gid = group === undefined ? undefined : groupId(group);
  if (group !== undefined && gid === undefined) return fail({ code: "socket_group", path, reason: group });
  try {
    if (!prepareFolder(dirname(path), gid)) return fail({ code: "socket_folder", path });
    const cleared = await removeStale(path);
    if (!cleared.ok) return cleared;
    const server = createServer({ noDelay: true }, onConnection);
    await listening(server, path);
    if (gid !== undefined) chownSync(path, -1, gid);
    chmodSync(path, mode);
    return ok(server);
  } catch (error) {
    return fail({ code: "socket_failed", path, reason: codeOf(error) });
  }
}

/** The folder's own mode keeps others out; a folder that is there already must not be wider. */
function prepareFolder(folder: string, gid: number | undefined): boolean {
  const umask = process.umask(0o027);
  try {
    const made = mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    if (made !== undefined && gid !== undefined) chownSync(folder, -1, gid);
  } finally {
    process.umask(umask);
  }
  const { mode, uid } = statSync(folder);
  return (mode & 0o027) === 0 && (uid === process.geteuid?.() || uid === 0);
}

async function removeStale(path: string): Promise<Result<undefined, SocketError>> {
  const found: Stats | undefined = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return ok(undefined);
  if (!found.isSocket()) return fail({ code: "socket_taken", path });
  if (await answers(path)) return fail({ code: "socket_in_use", path });
  unlinkSync(path);
  return ok(undefined);
}

/** A socket whose process is gone refuses; one whose process is only slow does not, and counts as in use. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => resolve(codeOf(error) !== "ECONNREFUSED"));
  });
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // Node binds before `listen` returns: the umask is tight for the whole life of the file's first mode.
    const umask = process.umask(0o177);
    try {
      server.listen({ path, backlog: 64 }, () => {
        server.off("error", reject);
        resolve();
      });
    } finally {
      process.umask(umask);
    }
  });
}

function groupId(group: string): number | undefined {
  if (/^\d{1,9}$/.test(group)) return Number(group);
  const line = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${group}:`));
  const number = line?.split(":")[2];
  return number === undefined ? undefined : Number(number);
}

/** The system's own word, `EACCES` for one, of what a call threw. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
