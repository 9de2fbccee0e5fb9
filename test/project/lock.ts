/** A package of package-lock.json, as far as it is judged here. */
export interface LockEntry {
  readonly version?: string;
  /** Of the archive; npm writes none where a registry did not serve the package. */
  readonly integrity?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

/** The machines that the project is built and tested on. */
const MACHINES = [{ os: "linux", cpu: "x64", libc: "glibc" }] as const;

const INTEGRITY = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** npm's rule for `os`, `cpu` and `libc` (npm-install-checks): none is every machine, `!NAME` is every other one. */
function allows(list: readonly string[] | undefined, name: string): boolean {
  if (list === undefined || list.length === 0 || list.includes("any")) return true;
  if (list.includes(`!${name}`)) return false;
  return list.includes(name) || list.every((one) => one.startsWith("!"));
}

const isInstalled = ({ os, cpu, libc }: LockEntry): boolean =>
  MACHINES.some((machine) => allows(os, machine.os) && allows(cpu, machine.cpu) && allows(libc, machine.libc));

/**
 * What is wrong with the entries of a lock: a sentence each, which begins with the entry's name.
 * @param unserved the entries without integrity that are known; npm has to see on every machine that it is not theirs,
 *   also one whose registry serves them
 */
export function judgeLock(packages: Readonly<Record<string, LockEntry>>, unserved: readonly string[]): string[] {
  const found = Object.entries(packages).flatMap(([name, entry]) => {
    if (name === "") return [];
    if (entry.integrity !== undefined)
      return INTEGRITY.test(entry.integrity) ? [] : [`${name} has an integrity that is not one SHA-512`];
    const missing = (["os", "cpu"] as const).filter((part) => (entry[part] ?? []).length === 0);
    if (unserved.includes(name) && missing.length > 0) return missing.map((part) => `${name} names no ${part}`);
    if (isInstalled(entry)) return [`${name} is installed here and has no integrity`];
    return unserved.includes(name) ? [] : [`${name} has no integrity and is not listed`];
  });
  const idle = unserved.filter((name) => packages[name] === undefined || packages[name].integrity !== undefined);
  return [...found, ...idle.map((name) => `${name} is listed and has integrity, or is gone`)];
}
