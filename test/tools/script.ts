import { spawnSync } from "node:child_process";
import type { PartReport } from "./report.ts";

/** Runs a script of the package in `root`, with its output shown. One that is not there fails: npm says so and exits 1. */
export function runScript(root: string, name: string): PartReport {
  const start = performance.now();
  const { status } = spawnSync("npm", ["run", "-s", name], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  return { name, ms: performance.now() - start, failed: status !== 0, missing: [] };
}
