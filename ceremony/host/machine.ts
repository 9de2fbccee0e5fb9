import { closeSync, constants, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { fail, ok, type Result } from "../../core/result.ts";
import type { Expected, Gap, MachineView, ProcessFacts } from "../check/view.ts";

/** ENOENT and ENOTDIR say that there is no such thing; every other error only that it was not seen. */
function gap(error: unknown): Gap {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR" ? "absent" : "unreadable";
}

function attempt<T>(read: () => T): Result<T, Gap> {
  try {
    return ok(read());
  } catch (error) {
    return fail(gap(error));
  }
}

/** Linux packs 12 + 20 bits: major in bits 8 to 19, minor in bits 0 to 7 and 20 to 31 (`makedev(3)`). */
export const deviceNumbers = (rdev: number): { major: number; minor: number } => ({
  major: (rdev >>> 8) & 0xfff,
  minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00),
});

/**
 * Reads `length` bytes of a device that must not block. A read that is short stays short: the caller judges it.
 *
 * @returns `would_block` where the kernel has not seeded its generator (EAGAIN)
 */
export function readNonblocking(path: string, length: number): Result<Buffer, Gap | "would_block"> {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const bytes = Buffer.alloc(length);
      return ok(bytes.subarray(0, readSync(file, bytes, 0, length, null)));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return fail("would_block");
    return fail(gap(error));
  }
}

function processFacts(): ProcessFacts {
  const own = attempt(() => statSync("/proc/self/exe"));
  return {
    environment: Object.keys(process.env).sort(),
    execArgv: process.execArgv,
    now: Math.floor(Date.now() / 1000),
    executable: own.ok ? { mode: own.value.mode, uid: own.value.uid } : undefined,
  };
}

export interface MachineViewOptions {
  /** Folder that stands for `/`; tests put a tree there. */
  readonly root?: string;
  readonly facts?: ProcessFacts;
  readonly expected?: Expected;
}

/**
 * The machine that runs this, read through the file system alone: no socket is opened (`os.networkInterfaces()` would
 * open one) and no program started.
 */
export function machineView(options: MachineViewOptions = {}): MachineView {
  const at = (path: string): string => join(options.root ?? "/", path);
  return {
    read: (path) => attempt(() => readFileSync(at(path), "latin1")),
    list: (path) => attempt(() => readdirSync(at(path)).sort()),
    device: (path) => {
      const file = attempt(() => statSync(at(path)));
      if (!file.ok) return file;
      return file.value.isCharacterDevice() ? ok(deviceNumbers(file.value.rdev)) : fail("unreadable");
    },
    draw: (length) => readNonblocking(at("/dev/random"), length),
    process: options.facts ?? processFacts(),
    expected: options.expected ?? {},
  };
}
