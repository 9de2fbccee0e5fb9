import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./sources.ts";

/** grpcio is gRPC's C core, coincurve another build of libsecp256k1. */
const PACKAGES = ["grpcio==1.81.0", "grpcio-tools==1.81.0", "coincurve==21.0.0"];
const VENV = join(ROOT, ".cache", `python-${createHash("sha256").update(PACKAGES.join()).digest("hex").slice(0, 12)}`);

/**
 * A Python interpreter that has them, or undefined if they cannot be installed. Made once, beside its place and then
 * moved: a half of one is never taken for a whole.
 */
export function grpcPython(): string | undefined {
  const interpreter = join(VENV, "bin", "python");
  if (existsSync(interpreter)) return interpreter;
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  const fresh = `${VENV}.${process.pid}`;
  const steps = [
    ["python3", "-m", "venv", fresh],
    [join(fresh, "bin", "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", ...PACKAGES],
  ] as const;
  for (const [program, ...args] of steps) {
    const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
    if (status !== 0) {
      console.error(stderr.slice(-1000));
      rmSync(fresh, { recursive: true, force: true });
      return undefined;
    }
  }
  try {
    renameSync(fresh, VENV);
  } catch {
    // Another test file was faster: a folder is not moved over one that has something in it.
    rmSync(fresh, { recursive: true, force: true });
  }
  return existsSync(interpreter) ? interpreter : undefined;
}
