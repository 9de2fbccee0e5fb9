import { readSync } from "node:fs";
import { resolve } from "node:path";
import { isatty } from "node:tty";
import type { InspectIo } from "../inspect.ts";
import { INPUT_MAX } from "../limits.ts";
import { writeNewFile } from "./newfile.ts";

const STDIN = 0;

/** Standard input and output of this process, for `ceremony inspect`. Paths are relative to the caller's folder. */
export function processIo(): InspectIo {
  return {
    stdin: readInput,
    stdinIsTerminal: isatty(STDIN),
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
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
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EOF") return 0;
      // A shell may hand over a pipe or a terminal that does not block: ask again in a moment.
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}
