import { closeSync, readSync } from "node:fs";
import { fail, ok, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";

export type PromptError = {
  readonly code: /** There is no terminal to ask at; `--passphrase-fd` reads a descriptor. */
    | "passphrase_no_terminal"
    | "passphrase_ended"
    /** The descriptor is not open, or holds another number of lines. */
    | "passphrase_fd"
    | "passphrase_empty"
    | "passphrase_short"
    /** The second typing differs. */
    | "passphrase_differs";
};

/** Where a passphrase comes from: never argv or the environment, which others can read. */
export interface PassphraseIo {
  /** Asks at the terminal, without an echo. */
  ask(prompt: string): Promise<Result<Secret, PromptError>>;
  /** All that a descriptor holds. */
  readFd(fd: number): Result<Secret, PromptError>;
}

export interface PassphraseOptions {
  /** A descriptor that holds the passphrase on one line, or its two halves on two; left out, a person is asked. */
  readonly fd?: number;
  /** Two people type a half each, and neither knows the other's. */
  readonly halves: boolean;
  /** A new passphrase: typed twice, and long enough. */
  readonly isNew: boolean;
}

/** A file that was copied can be tried offline: 12 characters keep a dictionary out, as in the ceremony. */
export const NEW_PASSPHRASE_MIN = 12;
const PASSPHRASE_MAX = 1024;

/** The passphrase of an identity, of one person or of two. The caller's to wipe. */
export async function obtainPassphrase(
  options: PassphraseOptions,
  io: PassphraseIo,
): Promise<Result<Secret, PromptError>> {
  const passphrase = options.fd === undefined ? await askAll(options, io) : readParts(options.fd, options.halves, io);
  if (!passphrase.ok) return passphrase;
  const { length } = passphrase.value;
  if (length === 0) return fail({ code: "passphrase_empty" });
  if (options.isNew && length < NEW_PASSPHRASE_MIN) {
    passphrase.value.wipe();
    return fail({ code: "passphrase_short" });
  }
  return passphrase;
}

/** Each part is typed twice by the same person before the next sits down. */
async function askAll({ halves, isNew }: PassphraseOptions, io: PassphraseIo): Promise<Result<Secret, PromptError>> {
  const parts: Secret[] = [];
  for (const name of halves ? ["first half of the passphrase", "second half of the passphrase"] : ["passphrase"]) {
    const typed = await io.ask(`${name}: `);
    if (!typed.ok) return typed;
    if (typed.value.length === 0) return fail({ code: "passphrase_empty" });
    parts.push(typed.value);
    if (!isNew) continue;
    const again = await io.ask(`${name}, again: `);
    if (!again.ok) return again;
    const same = typed.value.equals(again.value);
    again.value.wipe();
    if (!same) return fail({ code: "passphrase_differs" });
  }
  return ok(joined(parts));
}

/** One line, or two; a line end at the end is an editor's. */
function readParts(fd: number, halves: boolean, io: PassphraseIo): Result<Secret, PromptError> {
  const read = io.readFd(fd);
  if (!read.ok) return read;
  const { bytes } = read.value;
  const parts: Secret[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found;
    parts.push(Secret.copyOf(bytes.subarray(start, bytes[end - 1] === 0x0d ? end - 1 : end)));
    start = end + 1;
  }
  read.value.wipe();
  return parts.length === (halves ? 2 : 1) ? ok(joined(parts)) : fail({ code: "passphrase_fd" });
}

function joined(parts: readonly Secret[]): Secret {
  const all = Secret.take(Buffer.concat(parts.map(({ bytes }) => bytes)));
  for (const part of parts) part.wipe();
  return all;
}

/** This process' terminal and descriptors. Prompts go to standard error: what is printed may go to a file. */
export function processPassphraseIo(): PassphraseIo {
  return { ask: askTerminal, readFd };
}

function readFd(fd: number): Result<Secret, PromptError> {
  const bytes = Buffer.alloc(PASSPHRASE_MAX);
  try {
    let length = 0;
    for (;;) {
      const read = readSync(fd, bytes, length, bytes.length - length, null);
      length += read;
      if (read === 0) break;
      if (length === bytes.length) return fail({ code: "passphrase_fd" });
    }
    closeSync(fd);
    return ok(Secret.copyOf(bytes.subarray(0, length)));
  } catch {
    // Not a descriptor of this process, or one that cannot be read: the code says it.
    return fail({ code: "passphrase_fd" });
  } finally {
    bytes.fill(0);
  }
}

const ENDS = new Set([0x0d, 0x0a]);
/** Ctrl-C and Ctrl-D. */
const ABORTS = new Set([0x03, 0x04]);
const ERASES = new Set([0x7f, 0x08]);

/** Raw mode: no echo, and the keys come as bytes. */
function askTerminal(prompt: string): Promise<Result<Secret, PromptError>> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return Promise.resolve(fail({ code: "passphrase_no_terminal" }));
  stderr.write(prompt);
  stdin.setRawMode(true);
  const typed = Buffer.alloc(PASSPHRASE_MAX);
  let length = 0;
  return new Promise((resolve) => {
    const end = (result: Result<Secret, PromptError>): void => {
      stdin.off("data", take);
      stdin.off("end", gone);
      stdin.setRawMode(false);
      stdin.pause();
      typed.fill(0);
      stderr.write("\n");
      resolve(result);
    };
    const gone = (): void => end(fail({ code: "passphrase_ended" }));
    const take = (chunk: Buffer): void => {
      const over = chunk.findIndex((key) => ENDS.has(key) || ABORTS.has(key));
      for (const key of over < 0 ? chunk : chunk.subarray(0, over)) {
        if (ERASES.has(key)) length = Math.max(0, length - 1);
        else if (key >= 0x20 && length < typed.length) typed[length++] = key;
      }
      const last = chunk[over];
      chunk.fill(0);
      if (last === undefined) return;
      if (ABORTS.has(last)) gone();
      else end(ok(Secret.copyOf(typed.subarray(0, length))));
    };
    stdin.on("data", take);
    stdin.on("end", gone);
    stdin.resume();
  });
}
