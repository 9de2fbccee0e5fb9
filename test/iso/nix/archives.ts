import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/sources.ts";

const FOLDER = join(ROOT, ".cache", "archives");

/** What iso/payload.nix says of one package's archive. */
export interface Archive {
  /** `NAME@VERSION`. */
  readonly package: string;
  /** The file's name, npm's own. */
  readonly name: string;
  /** The lock's integrity, `sha512-BASE64`. */
  readonly outputHash: string;
}

export const integrityOf = (file: string): string =>
  `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;

/**
 * Files with these contents, fetched by npm where they are not in `.cache/archives` or not the lock's. What a registry
 * gives is not looked at here: whoever puts it into a store sees by its path whether it is the lock's.
 */
export function fetchArchives(archives: readonly Archive[]): string[] {
  mkdirSync(FOLDER, { recursive: true });
  const file = ({ name }: Archive) => join(FOLDER, name);
  const wanted = archives.filter((one) => !existsSync(file(one)) || integrityOf(file(one)) !== one.outputHash);
  if (wanted.length > 0) {
    const fresh = mkdtempSync(join(FOLDER, ".fresh-"));
    const args = ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", fresh];
    const run = spawnSync("npm", [...args, ...wanted.map((one) => one.package)], { cwd: fresh, encoding: "utf8" });
    if (run.status !== 0) throw new Error(run.stderr);
    for (const name of readdirSync(fresh)) renameSync(join(fresh, name), join(FOLDER, name));
    rmSync(fresh, { recursive: true });
  }
  return archives.map(file);
}
