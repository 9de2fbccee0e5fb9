import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  type Stats,
  statSync,
  unlinkSync,
} from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { fail, ok, type Result } from "./result.ts";

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
export const SOCKET_PATH_MAX = 107;
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
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX) return fail({ code: "socket_path", path });
  const gid = group === undefined ? undefined : groupId(group);
  if (group !== undefined && gid === undefined) return fail({ code: "socket_group", path, reason: group });
  if (gid !== undefined && !mayGive(gid)) return fail({ code: "socket_failed", path, reason: notIn(group) });
  try {
    const open = prepareFolder(dirname(path), gid);
    if (open !== undefined) return fail({ code: "socket_folder", path, reason: open });
    const cleared = await removeStale(path);
    if (!cleared.ok) return cleared;
  } catch (error) {
    return fail({ code: "socket_failed", path, reason: systemWord(error) });
  }
  const server = createServer({ noDelay: true }, onConnection);
  try {
    await listening(server, path);
    if (gid !== undefined) chownSync(path, -1, gid);
    chmodSync(path, mode);
    return ok(server);
  } catch (error) {
    // A server that is listening keeps its process, and takes connections that nobody is meant to have yet.
    await new Promise((resolve) => server.close(resolve));
    return fail({ code: "socket_failed", path, reason: systemWord(error) });
  }
}

/**
 * What `listenUnix` would refuse, without making anything: for `signer config check`. A socket that somebody answers on is
 * no fault there, as the signer may be running.
 */
export function checkSocket({ path, group }: Pick<SocketOptions, "path" | "group">): Result<undefined, SocketError> {
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX) return fail({ code: "socket_path", path });
  const gid = group === undefined ? undefined : groupId(group);
  if (group !== undefined && gid === undefined) return fail({ code: "socket_group", path, reason: group });
  if (gid !== undefined && !mayGive(gid)) return fail({ code: "socket_failed", path, reason: notIn(group) });
  try {
    const folder = dirname(path);
    const open = existsSync(folder) ? openFolder(folder) : undefined;
    if (open !== undefined) return fail({ code: "socket_folder", path, reason: open });
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found !== undefined && !found.isSocket()) return fail({ code: "socket_taken", path });
    accessSync(existingFolder(folder), constants.W_OK | constants.X_OK);
    return ok(undefined);
  } catch (error) {
    return fail({ code: "socket_failed", path, reason: systemWord(error) });
  }
}

/** chown(2): "The owner of a file may change the group of the file to any group of which that owner is a member"; root, any. */
function mayGive(gid: number): boolean {
  return process.geteuid?.() === 0 || process.getegid?.() === gid || process.getgroups?.().includes(gid) === true;
}

const notIn = (group = ""): string => `chown: EPERM: this process is not in the group ${group}`;

/** The nearest folder above that is there: the others would be made in it. */
function existingFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existingFolder(dirname(folder));
}

/** The folder's own mode keeps others out; a folder that is there already must not be wider. Returns what is wrong with it. */
function prepareFolder(folder: string, gid: number | undefined): string | undefined {
  const umask = process.umask(0o027);
  try {
    const made = mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    if (made !== undefined && gid !== undefined) chownSync(folder, -1, gid);
  } finally {
    process.umask(umask);
  }
  return openFolder(folder);
}

function openFolder(folder: string): string | undefined {
  const { mode, uid } = statSync(folder);
  if ((mode & 0o027) === 0 && (uid === process.geteuid?.() || uid === 0)) return undefined;
  return `${folder}: mode ${(mode & 0o7777).toString(8)}, owner ${uid}`;
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
    socket.once("error", (error) => resolve(errnoOfSocket(error) !== "ECONNREFUSED"));
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

/** Which call and the system's word for why: `chown: EPERM`. */
function systemWord(error: unknown): string {
  const call = error instanceof Error && "syscall" in error ? `${String(error.syscall)}: ` : "";
  return `${call}${errnoOfSocket(error)}`;
}

/** The system's own word, `EACCES` for one, of what a call threw. */
export function errnoOfSocket(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
