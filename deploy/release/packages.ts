import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A third-party package with bytes in the bundle. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX identifier. */
  readonly license: string;
  /** Subresource integrity of the package's archive, from the lock file: `sha512-BASE64`. */
  readonly integrity: string;
}

interface LockEntry {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
}

/** Licences in an older form than SPDX, as the packages themselves write them. */
const SPDX: Readonly<Record<string, string>> = { "Apache 2.0": "Apache-2.0" };

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

function licenseOf(root: string, folder: string, entry: LockEntry): string {
  if (entry.license !== undefined) return entry.license;
  const { licenses } = readJson<{ licenses?: { type: string }[] }>(join(root, folder, "package.json"));
  const license = licenses?.map(({ type }) => SPDX[type] ?? type).join(" AND ");
  if (license === undefined) throw new Error(`${folder} names no licence`);
  return license;
}

/** The folder of the package that a file belongs to, the innermost one; undefined for a file of our own. */
function packageFolder(path: string): string | undefined {
  return /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}

/**
 * Reads one package from the lock file by its folder. Throws when the lock does not have it, or not its integrity, and when
 * what is installed is another version: the bill would name what is not in the executable.
 */
export function readPackage(root: string, folder: string): NpmPackage {
  const lock = readJson<{ packages: Record<string, LockEntry> }>(join(root, "package-lock.json"));
  const entry = lock.packages[folder];
  if (entry === undefined) throw new Error(`${folder} is not in package-lock.json`);
  const { version, integrity } = entry;
  if (integrity === undefined) throw new Error(`${folder} has no integrity in package-lock.json`);
  const installed = readJson<{ version?: string }>(join(root, folder, "package.json")).version;
  if (installed !== version) throw new Error(`${folder} is ${installed}, and ${version} in package-lock.json: npm ci`);
  const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
  return { name, version, license: licenseOf(root, folder, entry), integrity };
}

/** The packages that a bundle's inputs belong to, sorted by name and version; two versions of one are two packages. */
export function packagesOf(root: string, inputs: readonly string[]): NpmPackage[] {
  const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined));
  return [...folders]
    .map((folder) => readPackage(root, folder))
    .sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}
