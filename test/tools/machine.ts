import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { bound } from "./speed.ts";

/** What the list of tools asks about a machine. Tests hand in a faked one. */
export interface ToolMachine {
  readonly root: boolean;
  /** Where a command is on the path, if it is. */
  which(command: string): string | undefined;
  exists(path: string): boolean;
  /** Standard output of a command that exited 0; undefined for every other end. */
  output(command: string, args: readonly string[], folder?: string): string | undefined;
}

/** A probe that hangs must not hang the whole test command; the slowest (a Go that starts) takes well under a second. */
const PROBE_TIMEOUT_MS = 20_000;

export const thisMachine: ToolMachine = {
  root: process.getuid?.() === 0,
  which: (command) =>
    pathFolders()
      .map((folder) => join(folder, command))
      .find(isExecutable),
  exists: existsSync,
  output(command, args, folder) {
    const ended = spawnSync(command, args, { cwd: folder, encoding: "utf8", timeout: bound(PROBE_TIMEOUT_MS) });
    return ended.status === 0 ? ended.stdout : undefined;
  },
};

function pathFolders(): string[] {
  return (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
