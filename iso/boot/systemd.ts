import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { type CpioEntry, cpioArchive } from "./cpio.ts";
import type { DebianRelease } from "./debian.ts";
import { EPOCH } from "./image.ts";
import { type Parts, sha256OfPart } from "./parts.ts";
import { type EvaluatedMachine, etcOf } from "./units.ts";

interface UnitsOptions {
  readonly parts: Parts;
  readonly release: DebianRelease;
  readonly machine: EvaluatedMachine;
  readonly executable: Uint8Array;
  /** What may be started, `TARGET.wants/UNIT`: `iso/check.services`. */
  readonly started: readonly string[];
  /** The text of a program of the image, by its path. */
  readonly program: (path: string) => string;
  /** Fonts by the names that the programs call them. */
  readonly fonts: ReadonlyMap<string, Uint8Array>;
}

/** Packages of nixpkgs that units and programs name, whose programs Debian has in /usr. */
const IN_USR = ["bash", "coreutils", "kbd", "systemd", "util-linux"];

/** What a machine without people, network and package manager has no use for; and Debian's own settings. */
const LEFT_OUT = [
  /^usr\/share\/(?!keymaps)/,
  /^usr\/lib\/(?:sysctl|modprobe|environment|binfmt)\.d/,
  /^usr\/lib\/udev\/hwdb\.d/,
  /^usr\/lib\/systemd\/(?:user|network|catalog|boot)\//,
  /^usr\/lib\/systemd\/system-generators\/systemd-(?:rc-local|ssh|sysv|tpm2)/,
  /^usr\/lib\/tmpfiles\.d\/(?:credstore|debian|home|legacy|provision|systemd-network|systemd-pstore|20-)/,
  /^usr\/lib\/x86_64-linux-gnu\/(?:gconv|perl)/,
  /^(?:var|etc|dev|run|proc|sys|tmp)\//,
];

const WANTS = /^usr\/lib\/systemd\/system\/([^/]+\.(?:wants|requires)\/[^/]+)$/;

/** What init needs, systemd mounts over, or NixOS has. */
const FOLDERS = ["dev", "etc", "out", "packages/glibc/lib", "proc", "run", "sys", "sysroot", "tmp", "var/log"];

/**
 * The archive in memory of a machine on which the image's own units run under Debian's systemd: the unit files as they
 * are evaluated, the programs with their own paths, and links where nixpkgs' folders would be. README.md says what of
 * NixOS is not there.
 */
export function unitsInitramfs(options: UnitsOptions): Buffer {
  const { parts, release, machine, executable, started, program, fonts } = options;
  const tree = new Tree();
  const suppressed = new Set(machine.suppressedSystemUnits);
  for (const entry of entriesBelow(release.root)) {
    if (LEFT_OUT.some((pattern) => pattern.test(`${entry.path}/`))) continue;
    const wanted = WANTS.exec(entry.path)?.[1];
    if (wanted !== undefined && !started.includes(wanted)) continue;
    if (dirname(entry.path) === "usr/lib/systemd/system" && suppressed.has(entry.path.split("/").at(-1) ?? ""))
      continue;
    tree.add(entry);
  }
  for (const path of [...FOLDERS, machine.toplevel]) tree.folder(path);
  // Debian's packages leave it to the installation, and the keyboard's and font's programs start a shell for gzip.
  tree.link("usr/bin/sh", "bash");
  for (const name of IN_USR) tree.link(`packages/${name}`, "/usr");
  for (const entry of entriesBelow(join(release.root, "usr/lib/x86_64-linux-gnu")))
    if (/^(?:ld-linux-x86-64|lib(?:c|dl|m|pthread|gcc_s|stdc\+\+))\.so/.test(entry.path))
      tree.add({ ...entry, path: `built/libraries/${entry.path}` });
  for (const [name, content] of fonts) tree.file(`built/console-fonts/${name}`, content);
  for (const [path, content] of moduleFiles(parts, release, machine.kernelModules)) tree.file(path, content);
  for (const path of programsOf(machine)) tree.file(path, program(path), 0o755);
  tree.file(`${machine.payload}/ceremony`, executable, 0o755);
  tree.file("usr/bin/busybox", parts.busybox, 0o755);
  tree.file("init", readFileSync(join(import.meta.dirname, "systemd.init")), 0o755);
  for (const [path, value] of etcOf(machine, sha256OfPart(executable)))
    if (typeof value === "string") tree.file(path, value);
    else tree.link(path, value.link);
  return zstdCompressSync(cpioArchive(tree.entries(), EPOCH));
}

/** Entries by their paths, with every folder that they lie in. */
class Tree {
  readonly #entries = new Map<string, CpioEntry>();

  add(entry: CpioEntry): void {
    const path = entry.path.replace(/^\/+/, "").replace(/^(?=(?:s?bin|lib|lib64)\/)/, "usr/");
    if (dirname(path) !== ".") this.folder(dirname(path));
    this.#entries.set(path, { ...entry, path });
  }

  folder(path: string): void {
    if (!this.#entries.has(path)) this.add({ kind: "folder", path, mode: path === "tmp" ? 0o1777 : 0o755 });
  }

  link(path: string, target: string): void {
    this.add({ kind: "link", path, target });
  }

  file(path: string, content: Uint8Array | string, mode = 0o644): void {
    this.add({ kind: "file", path, mode, content: Buffer.from(content) });
  }

  /** Parents first. */
  entries(): CpioEntry[] {
    return [...this.#entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}

/** Every entry below a folder; a link is one, whatever it leads to. */
function entriesBelow(root: string, below = ""): CpioEntry[] {
  return readdirSync(join(root, below)).flatMap((name): CpioEntry[] => {
    const path = join(below, name);
    const stat = lstatSync(join(root, path));
    if (stat.isSymbolicLink()) return [{ kind: "link", path, target: readlinkSync(join(root, path)) }];
    if (stat.isDirectory()) return [{ kind: "folder", path, mode: 0o755 }, ...entriesBelow(root, path)];
    return [{ kind: "file", path, mode: stat.mode & 0o777, content: readFileSync(join(root, path)) }];
  });
}

/** Every file of the store that a unit starts. */
const programsOf = ({ services }: EvaluatedMachine): string[] =>
  Object.values(services)
    .flatMap(({ serviceConfig = {} }) => [serviceConfig["ExecStart"], serviceConfig["ExecStopPost"]])
    .flatMap((line) => /^\+?(\/nix\/store\/\S+)/.exec(String(line))?.[1] ?? []);

/** The modules that are asked for, what they need, and the lists that the loader reads, made by the release's own depmod. */
function moduleFiles(
  { modulesFolder }: Parts,
  release: DebianRelease,
  names: readonly string[],
): Map<string, Uint8Array> {
  const version = basename(modulesFolder);
  const folder = mkdtempSync(join(tmpdir(), "modules-"));
  try {
    const at = join(folder, "lib/modules", version);
    mkdirSync(at, { recursive: true });
    for (const path of moduleClosure(modulesFolder, release, names)) copyFileSync(path, join(at, basename(path)));
    for (const list of ["modules.order", "modules.builtin", "modules.builtin.modinfo"])
      copyFileSync(join(modulesFolder, list), join(at, list));
    kmod(release, "depmod", "-b", folder, version);
    return new Map(readdirSync(at).map((name) => [`lib/modules/${version}/${name}`, readFileSync(join(at, name))]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The kernel calls a module by `_` where its file may have `-`. */
const moduleName = (path: string): string =>
  basename(path)
    .replace(/\.ko.*$/, "")
    .replaceAll("-", "_");

function moduleClosure(folder: string, release: DebianRelease, names: readonly string[]): Set<string> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.includes(".ko"));
  const files = new Map(paths.map((path) => [moduleName(path), join(folder, path)]));
  const builtIn = new Set(readFileSync(join(folder, "modules.builtin"), "utf8").trim().split("\n").map(moduleName));
  const found = new Set<string>();
  const add = (name: string): void => {
    const path = files.get(name);
    if (path === undefined && builtIn.has(name)) return;
    if (path === undefined) throw new Error(`the kernel has no module ${name}`);
    if (found.has(path)) return;
    found.add(path);
    for (const needed of kmod(release, "modinfo", "-F", "depends", path).trim().split(",").filter(Boolean))
      add(moduleName(needed));
  };
  for (const name of names) add(name);
  return found;
}

/** A program of the release's on this machine, by the release's own loader. */
function kmod({ root }: DebianRelease, name: "depmod" | "modinfo", ...args: string[]): string {
  const library = join(root, "usr/lib/x86_64-linux-gnu");
  const loader = join(library, "ld-linux-x86-64.so.2");
  const program = ["--library-path", library, "--argv0", name, join(root, "usr/bin/kmod")];
  return execFileSync(loader, [...program, ...args], { encoding: "utf8" });
}
