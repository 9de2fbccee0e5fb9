import { readSync } from "node:fs";
import { resolve } from "node:path";
import { isatty, ReadStream } from "node:tty";
import type { InspectIo } from "../inspect/command.ts";
import { INPUT_MAX } from "../limits.ts";
import { openDrain } from "./drain.ts";
import { writeNewFile } from "./newfile.ts";

const STDIN = 0;
const STDERR = 2;

/** A pasted text arrives in pieces, with less than this between them. */
const QUIET_MS = 100;
/** The exit code of a program that Ctrl-C ended: 128 and the signal's number. */
const INTERRUPTED = 130;

/** The second screen of a terminal: what stands on it is in no scrollback, and gone when the first one is back. */
const OTHER_SCREEN = "\u001b[?1049h\u001b[H\u001b[2J";
const FIRST_SCREEN = "\u001b[H\u001b[2J\u001b[?1049l";

/** Standard input and output of this process, for `ceremony inspect`. Paths are relative to the caller's folder. */
export function processIo(): InspectIo {
  const stdinIsTerminal = isatty(STDIN);
  const screen = stdinIsTerminal && isatty(STDERR);
  const stderr = (text: string): void => void process.stderr.write(text);
  return {
    stdin: stdinIsTerminal ? (enough, prompt) => readTerminal(enough, prompt, screen, stderr) : readInput,
    stdinIsTerminal,
    stdout: (text) => process.stdout.write(text),
    stderr,
    writeFile: (path, bytes) => writeNewFile(resolve(path), bytes),
  };
}

/** Reads into one buffer, so that wiping it wipes every copy that was made here. */
function readInput(enough: (soFar: Buffer) => boolean): Buffer {
  const input = Buffer.alloc(INPUT_MAX);
  let length = 0;
  while (length < INPUT_MAX && !enough(input.subarray(0, length))) {
    const read = readSome(input, length);
    if (read === 0) break;
    length += read;
  }
  return input.subarray(0, length);
}

function readSome(input: Buffer, at: number): number {
  for (;;) {
    try {
      return readSync(STDIN, input, at, input.length - at, null);
    } catch (error) {
      const code = codeOf(error);
      if (code === "EOF") return 0;
      // A shell may hand over a pipe that does not block: ask again in a moment.
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

/**
 * Reads lines from the terminal, on its second screen. All that was typed or pasted is taken before this ends: what is
 * left in a terminal is run by the shell, and kept in its history. What came beyond the last line that was needed is
 * looked at too, so a paste is read as a file is.
 */
function readTerminal(
  enough: (soFar: Buffer) => boolean,
  prompt: string,
  screen: boolean,
  stderr: (text: string) => void,
): Promise<Buffer> {
  const input = Buffer.alloc(INPUT_MAX);
  let length = 0;
  const terminal = new ReadStream(STDIN);
  if (screen) stderr(OTHER_SCREEN);
  stderr(prompt);
  return new Promise((settle, fail) => {
    const end = (): void => {
      terminal.off("data", typed);
      clearTimeout(quiet);
      process.off("SIGINT", interrupted);
      process.off("SIGTERM", interrupted);
      process.off("SIGHUP", interrupted);
      drain(terminal);
      terminal.destroy();
      if (screen) stderr(FIRST_SCREEN);
    };
    const interrupted = (): void => {
      input.fill(0);
      end();
      process.exit(INTERRUPTED);
    };
    let quiet: NodeJS.Timeout | undefined;
    const done = (): void => {
      end();
      settle(input.subarray(0, length));
    };
    const typed = (chunk: Buffer): void => {
      length += chunk.copy(input, length);
      chunk.fill(0);
      clearTimeout(quiet);
      if (length === INPUT_MAX) done();
      else if (enough(input.subarray(0, length))) quiet = setTimeout(done, QUIET_MS);
    };
    process.on("SIGINT", interrupted);
    process.on("SIGTERM", interrupted);
    process.on("SIGHUP", interrupted);
    terminal.on("data", typed);
    // Ctrl-D on an empty line.
    terminal.on("end", done);
    terminal.on("error", (error) => {
      end();
      // EIO: the terminal has gone.
      if (codeOf(error) === "EIO") settle(input.subarray(0, length));
      else fail(error);
    });
  });
}

/** Takes what was typed and is not read yet, a line without its end too: those can be read in raw mode only. */
function drain(terminal: ReadStream): void {
  try {
    terminal.setRawMode(true);
    const rest = openDrain();
    rest.read();
    rest.close();
    terminal.setRawMode(false);
  } catch (error) {
    // The terminal has gone, and what was typed with it.
    if (!["EIO", "ENXIO", "EBADF"].includes(codeOf(error) ?? "")) throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
