import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { smallFont } from "./font.ts";

/** A Debian package that bytes of the image come from. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
}

/** What the image is made of besides our own files. Contents as they are on this machine or in the kernel's package. */
export interface Parts {
  readonly kernel: Buffer;
  /** A compressed module by its name, as the kernel's package has it. */
  readonly module: (name: string) => { readonly file: string; readonly content: Buffer };
  /** The kernel's own folder of modules, whose name is its version. */
  readonly modulesFolder: string;
  readonly busybox: Buffer;
  /** Path without a leading slash, to content: the loader and the libraries of the executable. */
  readonly libraries: ReadonlyMap<string, Buffer>;
  /** The console's font: uncompressed, of 256 glyphs. */
  readonly font: Buffer;
  readonly packages: readonly DebianPackage[];
}

/**
 * Debian's full kernel for PCs: the cloud kernel has no USB. 6.12, because 6.1 has no switch for io_uring, and a
 * production ceremony refuses it.
 */
const KERNEL = "linux-image-6.12-amd64";

const BUSYBOX = "/bin/busybox";

/** Half blocks and Cyrillic in one font, at the size of a VGA text console. */
const FONT = "/usr/share/consolefonts/FullCyrSlav-Fixed16.psf.gz";

/** Collects the parts. `cache` keeps the kernel's package and what was taken out of it. Throws if anything is missing. */
export function collectParts(executable: string, cache: string): Parts {
  const kernel = kernelFolder(cache);
  const modulesFolder = modulesOf(kernel.folder);
  const modules = moduleFiles(modulesFolder);
  const libraries = libraryPaths(executable);
  return {
    kernel: readFileSync(only(join(kernel.folder, "boot"), (name) => name.startsWith("vmlinuz-"))),
    module: (name) => {
      const path = modules.get(name);
      if (path === undefined) throw new Error(`the kernel has no module ${name}`);
      return { file: basename(path), content: readFileSync(path) };
    },
    modulesFolder,
    busybox: readFileSync(BUSYBOX),
    libraries: new Map(libraries.map((path) => [path.slice(1), readFileSync(path)])),
    font: smallFont(gunzipSync(readFileSync(FONT))),
    packages: [kernel.package, ...packagesOf([BUSYBOX, FONT, ...libraries])],
  };
}

/** Fetched by apt, which checks it against Debian's signatures, and unpacked but never installed. */
function kernelFolder(cache: string): { readonly folder: string; readonly package: DebianPackage } {
  const { name, version } = knownKernel();
  const folder = join(cache, `${name}_${version}`);
  if (!existsSync(folder)) {
    const fresh = `${folder}.${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    execFileSync("apt-get", ["download", "-q", name], { cwd: fresh, stdio: ["ignore", "ignore", "inherit"] });
    const archive = only(fresh, (file) => file.endsWith(".deb"));
    execFileSync("dpkg-deb", ["--extract", archive, fresh]);
    rmSync(archive);
    renameSync(fresh, folder);
  }
  return { folder, package: { name, version } };
}

/** The kernel that apt's lists name; a machine that never fetched them does it now, if it may. */
function knownKernel(): DebianPackage {
  const name = kernelName() ?? (updateLists() ? kernelName() : undefined);
  const version =
    name === undefined ? undefined : /^Version: (\S+)$/m.exec(apt("show", "--no-all-versions", name))?.[1];
  if (name === undefined || version === undefined) throw new Error(`apt knows no ${KERNEL}`);
  return { name, version };
}

const kernelName = (): string | undefined => /Depends: (linux-image-\S+)/.exec(apt("depends", KERNEL))?.[1];

const apt = (...args: string[]): string =>
  spawnSync("apt-cache", args, { encoding: "utf8", env: ENGLISH }).stdout ?? "";

const updateLists = (): boolean => spawnSync("apt-get", ["update", "-q"], { stdio: "ignore" }).status === 0;

function modulesOf(folder: string): string {
  const root = ["usr/lib/modules", "lib/modules"].map((path) => join(folder, path)).find(existsSync);
  if (root === undefined) throw new Error(`${folder} has no modules`);
  return only(root, () => true);
}

function moduleFiles(root: string): Map<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ko.xz"));
  return new Map(paths.map((path) => [basename(path, ".ko.xz"), join(root, path)]));
}

/** What ldd(1) says: the loader, and where it finds each library. */
function libraryPaths(executable: string): string[] {
  const paths = [...run("ldd", executable).matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(([, path = ""]) => path);
  return [...new Set(paths)].sort();
}

function packagesOf(files: readonly string[]): DebianPackage[] {
  const owners = files.map((file) => {
    // dpkg knows a file by the name under which it was installed, of which /lib may be a link to /usr/lib.
    const names = [file, realpathSync(file), file.replace(/^\/usr/, ""), realpathSync(file).replace(/^\/usr/, "")];
    const owner = names.map(ownerOf).find((found) => found !== undefined);
    if (owner === undefined) throw new Error(`no Debian package has ${file}`);
    return owner;
  });
  return [...new Set(owners)]
    .sort()
    .map((name) => ({ name, version: run("dpkg-query", "-W", name).split("\t")[1]?.trim() ?? "" }));
}

function ownerOf(file: string): string | undefined {
  try {
    return /^([^:,\s]+)/.exec(run("dpkg-query", "-S", file))?.[1];
  } catch {
    return undefined;
  }
}

function only(folder: string, wanted: (name: string) => boolean): string {
  const [name, ...others] = readdirSync(folder).filter(wanted);
  if (name === undefined || others.length > 0) throw new Error(`${folder} has not exactly one file of a kind`);
  return join(folder, name);
}

const ENGLISH = { ...process.env, LC_ALL: "C" };

const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: ENGLISH });

export const sha256OfPart = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
