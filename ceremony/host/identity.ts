import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fail, ok, type Result } from "../../core/result.ts";
import { program, type SelfError } from "./self.ts";

/** SHA-256 of the program in lower-case hex, and of what: the one file, or the sources (docs/build.md). */
export interface ProgramHash {
  readonly hash: string;
  readonly form: "executable" | "checkout";
}

export type ProgramHashError = SelfError | { readonly code: "program_unreadable"; readonly path: string };

/** What the hash of a checkout covers: all that the program is made of but the packages, which the lock file pins. */
export const PROGRAM_SOURCES = ["VERSION", "ceremony", "core", "package-lock.json"] as const;

const CHUNK = 1 << 20;

/** Names that `sort`, `xargs` and `sha256sum` all take as they are, so that the line in docs/build.md gives our hash. */
const PLAIN_NAME = /^[A-Za-z0-9._/@+-]+$/;

/** SHA-256 of a file in lower-case hex, one chunk at a time: the executable is 127 MB. Throws like `openSync`. */
function hashFile(path: string): string {
  const file = openSync(path, "r");
  try {
    return hashOpen(file);
  } finally {
    closeSync(file);
  }
}

/** The same of a file that is open, from its beginning, wherever it was left by others. */
function hashOpen(file: number): string {
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(CHUNK);
  let at = 0;
  for (;;) {
    const length = readSync(file, chunk, 0, CHUNK, at);
    if (length === 0) return hash.digest("hex");
    hash.update(chunk.subarray(0, length));
    at += length;
  }
}

/** Where whoever starts the program may leave its own file open for reading. */
export const OWN_FILE = 9;

/**
 * The hash of the running executable. With mode 0711 it may be run by people who may not read it, and then the kernel
 * lets nobody trace or dump it; so its starter hands it its own file open, and it takes that for itself only if it is the
 * very file that runs.
 */
function hashRunning(bytes: string): string {
  try {
    return hashFile(bytes);
  } catch (error) {
    const running = statSync(bytes);
    const handed = fstatSync(OWN_FILE);
    if (handed.dev !== running.dev || handed.ino !== running.ino) throw error;
    return hashOpen(OWN_FILE);
  }
}

function listFiles(root: string, name: string): string[] {
  if (!statSync(join(root, name)).isDirectory()) return [name];
  return readdirSync(join(root, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/**
 * SHA-256 over the lines that `sha256sum` prints for every file in `names`, sorted as bytes: `HASH  PATH\n` with the
 * path relative to `root`. A file or folder that is missing, or has a name that a shell would read otherwise, is an
 * error: two people must not get two hashes for one tree.
 */
export function hashSources(root: string, names: readonly string[]): Result<string, ProgramHashError> {
  const list = createHash("sha256");
  try {
    const paths = names.flatMap((name) => listFiles(root, name));
    paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const path of paths) {
      if (!PLAIN_NAME.test(path)) return fail({ code: "program_unreadable", path });
      list.update(`${hashFile(join(root, path))}  ${path}\n`);
    }
  } catch {
    return fail({ code: "program_unreadable", path: root });
  }
  return ok(list.digest("hex"));
}

/** The hash of the running program. It shows which program this is, never that it is honest (SECURITY.md). */
export function ceremonyHash(): Result<ProgramHash, ProgramHashError> {
  const self = program();
  if (!self.ok) return self;
  if (self.value.form === "checkout") {
    const hash = hashSources(self.value.path, PROGRAM_SOURCES);
    return hash.ok ? ok({ hash: hash.value, form: "checkout" }) : hash;
  }
  try {
    return ok({ hash: hashRunning(self.value.bytes), form: "executable" });
  } catch {
    return fail({ code: "program_unreadable", path: self.value.path });
  }
}
