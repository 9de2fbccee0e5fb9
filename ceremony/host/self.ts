import { accessSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { isSea } from "node:sea";
import { fail, ok, type Result } from "../../core/result.ts";

/** What to run, `args` before any argument of one's own, and the name to run it under. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly argv0: string;
}

/** Where this program is: as one executable file, or as the folder of a checkout. */
export type OwnProgram =
  | {
      readonly form: "executable";
      /** For people to read. */
      readonly path: string;
      /** To read the bytes from: the file that is running, even if another has taken its path since. */
      readonly bytes: string;
    }
  | { readonly form: "checkout"; readonly path: string };

export interface SelfError {
  readonly code: "program_not_found";
  readonly path: string;
}

/** The file that runs now. Not a path that could be swapped between start and use; the kernel keeps it open. */
const RUNNING = "/proc/self/exe";

/**
 * The command line that reached the program before its own arguments: `["./ceremony"]`, or with the dynamic loader
 * `["ld-linux-x86-64.so.2", "--library-path", "LIBS", "./ceremony"]`.
 *
 * Counted from the end, so no list of the loader's options is needed (glibc adds some in every other release): Node
 * takes no argument for itself in a SEA with `execArgvExtension: "none"`, so `process.argv` from 2 on is what follows.
 * Holds as long as nobody changes `process.argv` or sets `process.title`, which the kernel writes over the arguments.
 */
function leadingArguments(): string[] {
  const all = readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(0, -1);
  return all.slice(0, all.length - (process.argv.length - 2));
}

/** Resolves what the loader was told to run. Without a slash it would search its library path, so that is refused. */
function loadedProgram(named: string): Result<string, SelfError> {
  if (!named.includes("/")) return fail({ code: "program_not_found", path: named });
  try {
    const path = realpathSync(named);
    accessSync(path);
    return ok(path);
  } catch {
    return fail({ code: "program_not_found", path: named });
  }
}

/** Where the running program is. Fails only behind a dynamic loader, when the file it was given cannot be found. */
export function program(): Result<OwnProgram, SelfError> {
  if (!isSea()) return ok({ form: "checkout", path: join(import.meta.dirname, "../..") });
  const leading = leadingArguments();
  if (leading.length === 1) return ok({ form: "executable", path: process.execPath, bytes: RUNNING });
  // Behind the loader process.execPath and /proc/self/exe are both the loader.
  const loaded = loadedProgram(leading.at(-1) ?? "");
  return loaded.ok ? ok({ form: "executable", path: loaded.value, bytes: loaded.value }) : loaded;
}

/**
 * The command that starts this program again, for a child with other arguments; the same bytes in each of the three
 * ways to start it (a checkout, the executable, the executable behind a dynamic loader with its options).
 */
export function selfCommand(): Result<Command, SelfError> {
  if (!isSea()) {
    // The executable has this option baked in: no inspector on SIGUSR1, least of all in the child with the secrets.
    return ok({ file: process.execPath, args: ["--disable-sigusr1", process.argv[1] ?? ""], argv0: "node" });
  }
  const leading = leadingArguments();
  const argv0 = leading[0] ?? "";
  if (leading.length === 1) return ok({ file: RUNNING, args: [], argv0 });
  const loaded = loadedProgram(leading.at(-1) ?? "");
  return loaded.ok ? ok({ file: RUNNING, args: [...leading.slice(1, -1), loaded.value], argv0 }) : loaded;
}
