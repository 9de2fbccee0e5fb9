import { execFileSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { stampOf } from "../../../deploy/release/stamp.ts";

export const CHECKOUT = join(import.meta.dirname, "../../..");

/** The process id in a lock file, or what it has at the moment. */
function ownerOf(lock: string): string {
  try {
    return readFileSync(lock, "utf8");
  } catch {
    return "";
  }
}

/** Runs `work` while no other test process does: test files run at the same time, and a build takes seconds. */
export async function alone<T>(lock: string, work: () => T): Promise<T> {
  // A link to a file that already names its owner: there is no moment at which the lock is there and nobody's.
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, `${process.pid}`);
  for (;;) {
    try {
      linkSync(mine, lock);
      break;
    } catch {
      const owner = ownerOf(lock);
      if (owner !== "" && !existsSync(`/proc/${owner}`)) rmSync(lock, { force: true });
      await setTimeout(100);
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock);
    rmSync(mine);
  }
}

async function built(entry: string, name: string, output: string): Promise<string> {
  mkdirSync(output, { recursive: true });
  const file = join(output, name);
  return await alone(join(output, `.${name}.lock`), () => {
    const stamp = join(output, ".stamp");
    const isFresh =
      existsSync(file) && existsSync(stamp) && readFileSync(stamp, "utf8").trim() === stampOf(CHECKOUT, entry);
    if (!isFresh) {
      const build = ["deploy/release/main.ts", "--entry", entry, "--name", name, "--output", output];
      execFileSync(process.execPath, build, { cwd: CHECKOUT, stdio: ["ignore", "ignore", "inherit"] });
    }
    return file;
  });
}

/** The path of dist/ceremony, built first if it is not the build of this tree. */
export const builtCeremony = () => built("ceremony/main.ts", "ceremony", join(CHECKOUT, "dist"));

/** The same of talker.ts, which starts children and talks to them as the ceremony does. */
export const builtTalker = () => built("test/deploy/release/talker.ts", "talker", join(CHECKOUT, "dist/talker"));
