import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { ROOT } from "../../tools/sources.ts";

/** What a Nix program said, and whether it was content. */
export interface Said {
  readonly done: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** What iso/check.debian.nix says has to be let into the sandbox. */
const SANDBOX_PATHS = "/bin/sh=/bin/busybox /bin/busybox /lib /lib64 /usr/lib/x86_64-linux-gnu";

/** A store of its own in a folder, offline, in the sandbox; nothing of the machine's own settings. */
export interface NixStore {
  readonly folder: string;
  build(...args: string[]): Said;
  /** Puts files into it as fixed outputs; says their paths, one a line. */
  add(...files: string[]): Said;
  /** Where a store path really lies. */
  at(path: string): string;
}

const ENVIRONMENT = { PATH: process.env["PATH"], NIX_CONF_DIR: "/nonexistent", HOME: "/nonexistent", LC_ALL: "C" };

function said(run: { status: number | null; stdout: string; stderr: string }): Said {
  return { done: run.status === 0, stdout: run.stdout.trim(), stderr: run.stderr };
}

/** A folder on the project's own disk, which is gone after the test: a store has some 400 MB. */
export function newNixFolder(t: Pick<TestContext, "after">): string {
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, ".cache", "nix-"));
  t.after(() => {
    openFolders(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** What is in a store may be written by nobody, so nobody but root could remove it. */
function openFolders(folder: string): void {
  if (lstatSync(folder).isSymbolicLink()) return;
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) openFolders(join(folder, entry.name));
}

export function newStore(folder: string): NixStore {
  const options = (...more: string[]) => {
    const given = { "build-users-group": "", sandbox: "true", substitute: "false", "sandbox-paths": SANDBOX_PATHS };
    return ["--store", folder, ...Object.entries(given).flatMap(([name, value]) => ["--option", name, value]), ...more];
  };
  const text = { encoding: "utf8", env: ENVIRONMENT } as const;
  return {
    folder,
    build: (...args) => said(spawnSync("nix-build", options("--no-out-link", ...args), text)),
    add: (...files) => said(spawnSync("nix-store", options("--add-fixed", "sha512", ...files), text)),
    at: (path) => join(folder, path),
  };
}

/**
 * Evaluates an expression, strictly, and returns it as JSON. Throws with what Nix said.
 * @param store a folder for the store that files are written to; without one none is written
 */
export function evaluate<T>(expression: string, store?: string): T {
  const into = store === undefined ? [] : ["--store", store, "--read-write-mode"];
  const args = ["--option", "build-users-group", "", ...into, "--eval", "--strict", "--json", "--expr", expression];
  const run = spawnSync("nix-instantiate", args, { encoding: "utf8", env: ENVIRONMENT });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as T;
}

/** What iso/payload.nix reads of a checkout, somewhere else. */
export function copyCheckout(folder: string): string {
  for (const name of [
    "VERSION",
    ".npmrc",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "ceremony",
    "core",
    "iso",
  ])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  cpSync(join(ROOT, "deploy/release"), join(folder, "deploy/release"), { recursive: true });
  return folder;
}
