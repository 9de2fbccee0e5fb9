import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The release that the units are run on: the base image's systemd (252) has no `OpenFile=` yet, which came with 253, and
 * the image's own is nearer to this one (257).
 */
const RELEASE = "trixie";

/** What PID 1 and the programs of the image are; what they need comes with them. */
const PACKAGES =
  "systemd udev kbd console-data gzip bash coreutils util-linux mount kmod liblzma5 libstdc++6 libgcc-s1".split(" ");

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Packages of another release of Debian than this machine's. */
export interface DebianRelease {
  /** They are unpacked here, and never installed. */
  readonly root: string;
  /** `NAME_VERSION`, sorted. */
  readonly packages: readonly string[];
}

/**
 * Has apt resolve, fetch and check them as it would on an empty machine, with lists, status and archive of their own in
 * `cache`; the machine's own apt is not touched. Throws with what apt said.
 */
export function laterRelease(cache: string): DebianRelease {
  const folder = join(cache, RELEASE);
  const root = join(folder, "root");
  if (!existsSync(root)) {
    const fresh = `${folder}.${process.pid}`;
    fetchInto(fresh);
    // Another process may have been first.
    if (existsSync(root)) rmSync(fresh, { recursive: true });
    else renameSync(fresh, folder);
  }
  const archives = readdirSync(join(folder, "archives")).filter((name) => name.endsWith(".deb"));
  return { root, packages: archives.map((name) => name.replace(/_[^_]*$/, "")).sort() };
}

function fetchInto(folder: string): void {
  const at = (name: string): string => join(folder, name);
  for (const path of ["lists/partial", "archives/partial", "etc/apt.conf.d", "etc/preferences.d", "root"])
    mkdirSync(at(path), { recursive: true });
  writeFileSync(at("status"), "");
  writeFileSync(at("sources.list"), `deb [signed-by=${KEYRING}] ${mirror()} ${RELEASE} main\n`);
  const settings = {
    "Dir::State::lists": at("lists"),
    "Dir::State::status": at("status"),
    "Dir::Cache::archives": at("archives"),
    "Dir::Cache::pkgcache": "",
    "Dir::Cache::srcpkgcache": "",
    "Dir::Etc": at("etc"),
    "Dir::Etc::sourcelist": at("sources.list"),
    "Dir::Etc::sourceparts": "-",
    "APT::Install-Recommends": "false",
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Debug::NoLocking": "true",
  };
  writeFileSync(
    at("apt.conf"),
    Object.entries(settings)
      .map(([name, value]) => `${name} "${value}";\n`)
      .join(""),
  );
  const env = { ...process.env, APT_CONFIG: at("apt.conf"), LC_ALL: "C" };
  const apt = (...args: string[]): Buffer =>
    execFileSync("apt-get", ["-q", ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
  apt("update");
  apt("install", "--yes", "--download-only", ...PACKAGES);
  for (const name of readdirSync(at("archives")).filter((file) => file.endsWith(".deb")))
    execFileSync("dpkg-deb", ["--extract", join(at("archives"), name), at("root")]);
  rmSync(at("lists"), { recursive: true });
}

/** Where this machine has its Debian from. */
function mirror(): string {
  const format = ["indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(COMPONENT)", "Created-By: Packages"];
  const lines = execFileSync("apt-get", format, { encoding: "utf8" }).split("\n");
  const [uri] = lines.find((line) => line.endsWith(" Debian main"))?.split(" ") ?? [];
  if (uri === undefined) throw new Error("apt has no archive of Debian's");
  return uri;
}
