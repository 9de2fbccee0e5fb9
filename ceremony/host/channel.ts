import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, statfsSync, writeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fail, ok, type Result } from "../../core/result.ts";

/**
 * Messages between a parent and its child over two nameless files in memory.
 *
 * Node's own channels (`pipe` stdio, IPC) are a `socketpair` each, and on the ceremony's machine a socket of any kind is
 * a failed check (docs/checks.md#no-way-out-by-air). So each direction is a file that only grows: the writer appends lines of JSON,
 * the reader looks every 10 ms. Public values only: tmpfs may be swapped.
 */
export interface Port {
  /** Appends one message. Throws `ChannelError` (`message_too_long`, `channel_full`, `closed`). */
  send(message: Json): void;
  /** The next message, in order. Rejects with `ChannelError` (`peer_gone`, `bad_message`, `closed`). */
  receive(): Promise<Json>;
  /** Closes both files; a waiting `receive` rejects within 10 ms. May be called more than once. */
  close(): void;
}

/** The parent's side, which cannot see for itself that the child has gone. */
export interface ParentPort extends Port {
  /** Tells the port that the child has exited: what it still wrote is read, then `receive` rejects. */
  peerGone(): void;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type ChannelCode =
  | "no_memory_filesystem"
  | "not_a_channel"
  | "message_too_long"
  | "channel_full"
  | "bad_message"
  | "peer_gone"
  | "closed";

/** An error of the channel; never holds a message. */
export class ChannelError extends Error {
  readonly code: ChannelCode;

  constructor(code: ChannelCode) {
    super(code);
    this.name = "ChannelError";
    this.code = code;
  }
}

/** Unseen by a person, and 100 reads a second of an empty file cost less than 1 % of a core. */
const POLL_MS = 10;

/** The longest message is the list of 259 accounts, some 80 kB; a longer line is a fault, and memory is not for it. */
export const MESSAGE_LIMIT = 1 << 20;

/** Nothing is ever removed from the file, and it lies in memory: a ceremony writes less than a tenth of this. */
export const CHANNEL_LIMIT = 8 << 20;

/** `f_type` of statfs(2) for file systems that are memory: tmpfs, and ramfs, the root of an early boot. */
const MEMORY_FILESYSTEMS = new Set([0x01021994, 0x858458f6]);

/**
 * `O_TMPFILE` of open(2), which Node does not name: a file that never has a name, so nothing is left behind by a kill
 * and nobody else can open it. With `O_EXCL` it cannot be given a name later either.
 */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/** Folders to try, the usual ones first, then every mount: a machine may lack /dev/shm. */
function* candidates(): Generator<string> {
  yield* ["/dev/shm", "/run", "/tmp"];
  for (const line of readFileSync("/proc/mounts", "utf8").split("\n")) {
    const [, folder, type] = line.split(" ");
    if (folder !== undefined && (type === "tmpfs" || type === "ramfs")) yield folder;
  }
}

function openNameless(folder: string): number {
  return openSync(folder, O_TMPFILE | constants.O_EXCL | constants.O_RDWR, 0o600);
}

function openPair(): Result<readonly [number, number], ChannelError> {
  for (const folder of candidates()) {
    try {
      if (MEMORY_FILESYSTEMS.has(statfsSync(folder).type)) return ok([openNameless(folder), openNameless(folder)]);
    } catch {
      // Missing, read-only, full or too old for O_TMPFILE: the next one may do.
    }
  }
  return fail(new ChannelError("no_memory_filesystem"));
}

class FilePort implements ParentPort {
  readonly #input: number;
  readonly #output: number;
  readonly #isPeerAlive: () => boolean;
  #read = 0;
  #written = 0;
  #pending: Buffer = Buffer.alloc(0);
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;
  #gone = false;

  constructor(input: number, output: number, isPeerAlive: () => boolean) {
    this.#input = input;
    this.#output = output;
    this.#isPeerAlive = isPeerAlive;
  }

  send(message: Json): void {
    if (this.#closed) throw new ChannelError("closed");
    const line = Buffer.from(`${JSON.stringify(message)}\n`);
    if (line.length > MESSAGE_LIMIT) throw new ChannelError("message_too_long");
    if (this.#written + line.length > CHANNEL_LIMIT) throw new ChannelError("channel_full");
    for (let done = 0; done < line.length; ) {
      // The reader waits for the line's end, so a short write (a full tmpfs) shows it nothing.
      const length = this.#append(line.subarray(done));
      done += length;
      this.#written += length;
    }
  }

  #append(bytes: Buffer): number {
    try {
      return writeSync(this.#output, bytes, 0, bytes.length, this.#written);
    } catch {
      throw new ChannelError("channel_full");
    }
  }

  receive(): Promise<Json> {
    const mine = this.#turn.then(() => this.#next());
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #next(): Promise<Json> {
    for (;;) {
      // Asked before the look into the file: what a peer wrote and then left is there by now.
      const alive = !this.#gone && this.#isPeerAlive();
      const message = this.poll();
      if (message !== undefined) return message;
      if (!alive) throw new ChannelError("peer_gone");
      await setTimeout(POLL_MS);
    }
  }

  /** The next message if it is there already. */
  poll(): Json | undefined {
    if (this.#closed) throw new ChannelError("closed");
    let end = this.#pending.indexOf(0x0a);
    if (end < 0) {
      this.#fill();
      end = this.#pending.indexOf(0x0a);
    }
    if (end < 0) return undefined;
    const line = this.#pending.toString("utf8", 0, end);
    this.#pending = this.#pending.subarray(end + 1);
    try {
      return JSON.parse(line) as Json;
    } catch {
      throw new ChannelError("bad_message");
    }
  }

  #fill(): void {
    const size = fstatSync(this.#input).size;
    if (size === this.#read) return;
    const fresh = Buffer.alloc(Math.min(size - this.#read, MESSAGE_LIMIT));
    const length = readSync(this.#input, fresh, 0, fresh.length, this.#read);
    this.#read += length;
    this.#pending = Buffer.concat([this.#pending, fresh.subarray(0, length)]);
    if (this.#pending.length > MESSAGE_LIMIT && !this.#pending.includes(0x0a)) throw new ChannelError("bad_message");
  }

  peerGone(): void {
    this.#gone = true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#input);
    closeSync(this.#output);
  }
}

/** A new channel: the parent's port, and the descriptors that the child gets, in this order, for `openChildPort`. */
export function createChannel(): Result<
  { readonly parent: ParentPort; readonly childFds: readonly [number, number] },
  ChannelError
> {
  const pair = openPair();
  if (!pair.ok) return pair;
  const [toChild, toParent] = pair.value;
  const parent = new FilePort(toParent, toChild, () => true);
  // So that the child knows, however late it looks, whose child it was born as.
  parent.send(process.pid);
  return ok({ parent, childFds: [toChild, toParent] });
}

/**
 * The child's side of `createChannel`. Its `receive` also ends when the parent has gone, so a child should always have
 * one waiting. Fails with `not_a_channel` when the descriptors are anything else (started by hand), or the parent went.
 */
export function openChildPort(fds: readonly [number, number]): Result<Port, ChannelError> {
  let parent: number | undefined;
  const port = new FilePort(fds[0], fds[1], () => process.ppid === parent);
  try {
    if (fds.every((fd) => fstatSync(fd).isFile() && fstatSync(fd).nlink === 0)) {
      const hello = port.poll();
      if (typeof hello === "number") parent = hello;
    }
  } catch {
    return fail(new ChannelError("not_a_channel"));
  }
  return parent === process.ppid ? ok(port) : fail(new ChannelError("not_a_channel"));
}
