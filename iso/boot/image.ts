import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { type CpioEntry, cpioArchive } from "./cpio.ts";
import { MODULES } from "./modules.ts";
import { type Parts, sha256OfPart } from "./parts.ts";

const HERE = import.meta.dirname;

/** Every time in the image, 2023-11-14T22:13:20Z: any would do that FAT, ISO 9660 and cpio can all hold. */
export const EPOCH = 1_700_000_000;
/** The same as xorriso takes it, with hundredths of a second. */
const EPOCH_ISO = "2023111422132000";

const LABEL = "CEREMONYTEST";
/** Made up once; a file system's serial and a disk's GUID are drawn at random otherwise. */
const FAT_SERIAL = "5EEDC0DE";
const DISK_GUID = "5eedc0de-0000-4000-8000-000000000001";

export type BootMode = "rehearsal" | "production";

/**
 * The kernel's command line, as GRUB puts it together. Lockdown keeps even root from reading memory and from unsigned
 * modules; memory is zeroed when it is taken and when it is given back.
 */
export function commandLine(mode: BootMode): string {
  return [
    "BOOT_IMAGE=/boot/vmlinuz",
    `ceremony.mode=${mode}`,
    "quiet loglevel=1 consoleblank=0 ipv6.disable=1",
    "lockdown=confidentiality init_on_alloc=1 init_on_free=1 slab_nomerge page_alloc.shuffle=1",
    "debugfs=off vsyscall=none nohibernate noresume",
  ].join(" ");
}

/** What the program compares the machine with (`Expected` of `ceremony/check/view.ts`). */
const declaration = (mode: BootMode): string =>
  `${JSON.stringify({ commandLine: commandLine(mode), outputMount: "/out", noWiredCard: true }, undefined, 2)}\n`;

/** The programs of busybox that init uses, and no others. */
const APPLETS =
  "cat chmod chown dmesg false findfs grep insmod ln loadfont mount poweroff setpriv setsid sh sha256sum sleep stty su sync tr umount wc";

const folder = (path: string, mode = 0o755): CpioEntry => ({ kind: "folder", path, mode });
const file = (path: string, content: Uint8Array | string, mode = 0o644): CpioEntry => ({
  kind: "file",
  path,
  mode,
  content: Buffer.from(content),
});

/** What init does besides in a variant that the gates are tested with: a machine with something that it must not have. */
export interface Variant {
  /** Modules that are added to the image, in the order in which they are to be loaded. */
  readonly modules?: readonly string[];
  /** Shell commands of init, run as root when the output stick is mounted. */
  readonly commands?: string;
  /** Files that take the place of the image's, path without a leading slash. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

/** One reader of recipient.txt for both images. */
const RECIPIENT = readFileSync(join(HERE, "../appliance.recipient.sh"), "utf8");
const INIT = readFileSync(join(HERE, "init"), "utf8").replace("# RECIPIENT\n", () => RECIPIENT);
const VARIANT_MARK = "# VARIANT\n";

/** The tree of the image in memory, before it is packed. */
export function imageEntries(parts: Parts, executable: Uint8Array): CpioEntry[] {
  const modules = MODULES.map((name) => parts.module(name));
  const measured: CpioEntry[] = [
    file("bin/busybox", parts.busybox, 0o755),
    file("bin/ceremony", executable, 0o711),
    file("bin/start", readFileSync(join(HERE, "start")), 0o755),
    ...[...parts.libraries].map(([path, content]) => file(path, content, 0o755)),
    ...modules.map((module) => file(`lib/modules/${module.file}`, module.content)),
    file("etc/boot/modules", modules.map((module) => `${module.file}\n`).join("")),
    file("etc/boot/font.psf", parts.font),
    file("etc/boot/rehearsal.json", declaration("rehearsal")),
    file("etc/boot/production.json", declaration("production")),
    file("etc/passwd", "root:x:0:0::/:/bin/false\nceremony:x:1000:1000::/:/bin/false\n"),
    file("etc/group", "root:x:0:\nceremony:x:1000:\n"),
  ];
  const sums = measured.flatMap((entry) =>
    entry.kind === "file" ? `${sha256OfPart(entry.content)}  ${entry.path}\n` : [],
  );
  const files = [...measured, file("etc/boot/SHA256SUMS", sums.join("")), file("init", INIT, 0o755)];
  return [
    ...foldersOf([...files.map((entry) => entry.path), "etc/ceremony/x"]),
    ...["dev", "proc", "run", "sys"].map((path) => folder(path)),
    folder("out", 0o700),
    ...files,
    ...APPLETS.split(" ").map((name): CpioEntry => ({ kind: "link", path: `bin/${name}`, target: "busybox" })),
  ];
}

/** Every folder that a path lies in, parents first. */
function foldersOf(paths: readonly string[]): CpioEntry[] {
  const folders = new Set<string>();
  const add = (path: string): void => {
    if (path === "." || folders.has(path)) return;
    add(dirname(path));
    folders.add(path);
  };
  for (const path of paths) add(dirname(path));
  return [...folders].map((path) => folder(path));
}

export const makeInitramfs = (entries: readonly CpioEntry[]): Buffer => zstdCompressSync(cpioArchive(entries, EPOCH));

/** A second archive that the kernel unpacks over the image's own: append it to the initramfs. */
export function variantArchive(parts: Parts, { modules = [], commands = "", files = new Map() }: Variant): Buffer {
  const added = modules.map((name) => parts.module(name));
  const loads = added.map((module) => `insmod /lib/modules/${module.file}\n`).join("");
  if (!INIT.includes(VARIANT_MARK)) throw new Error("init has no place for a variant");
  const entries = [
    ...added.map((module) => file(`lib/modules/${module.file}`, module.content)),
    ...(loads + commands === ""
      ? []
      : [
          file(
            "init",
            INIT.replace(VARIANT_MARK, () => loads + commands),
            0o755,
          ),
        ]),
    ...[...files].map(([path, content]) => file(path, content, 0o711)),
  ];
  return zstdCompressSync(cpioArchive(entries, EPOCH));
}

export interface IsoOptions {
  readonly kernel: Uint8Array;
  readonly initramfs: Uint8Array;
  readonly output: string;
  /** A folder of its own, which is emptied. */
  readonly work: string;
}

/** GRUB's modules: to find the image, to show the menu, to start Linux. */
const GRUB_MODULES =
  "iso9660 normal configfile linux search search_label terminal part_gpt part_msdos echo test reboot halt";

const GRUB_EARLY = `search --no-floppy --set=root --label ${LABEL}
set prefix=($root)/boot/grub
configfile ($root)/boot/grub/grub.cfg
`;

/**
 * Makes the hybrid ISO: it starts from a CD and from a stick, under a BIOS and under UEFI. `grub-mkrescue` would do the
 * same in one line, but draws serials at random and keeps times: two of its images are never equal.
 */
export function makeIso({ kernel, initramfs, output, work }: IsoOptions): void {
  rmSync(work, { recursive: true, force: true });
  const at = (...path: string[]): string => join(work, ...path);
  for (const path of ["iso/boot/grub", "efi"]) mkdirSync(at(path), { recursive: true });
  writeFileSync(at("early.cfg"), GRUB_EARLY);
  const grub = (platform: string, name: string, modules: string): void =>
    run(
      "grub-mkimage",
      "-O",
      platform,
      "-C",
      "xz",
      "-c",
      at("early.cfg"),
      "-p",
      "/boot/grub",
      "-o",
      at(name),
      ...modules.split(" "),
    );
  grub("i386-pc-eltorito", "iso/boot/grub/eltorito.img", `biosdisk vga_text ${GRUB_MODULES}`);
  grub("x86_64-efi", "efi/BOOTX64.EFI", `fat efi_gop all_video video ${GRUB_MODULES}`);

  writeFileSync(at("efi.img"), "");
  truncateSync(at("efi.img"), 2880 << 10);
  run("mkfs.vfat", "--invariant", "-i", FAT_SERIAL, "-n", "CEREMONYEFI", at("efi.img"));
  utimesSync(at("efi/BOOTX64.EFI"), EPOCH, EPOCH);
  run("mmd", "-D", "s", "-i", at("efi.img"), "::/EFI", "::/EFI/BOOT");
  run("mcopy", "-m", "-i", at("efi.img"), at("efi/BOOTX64.EFI"), "::/EFI/BOOT/BOOTX64.EFI");

  writeFileSync(at("iso/boot/vmlinuz"), kernel);
  writeFileSync(at("iso/boot/initrd"), initramfs);
  const lines = (mode: BootMode): string => commandLine(mode).replace("BOOT_IMAGE=", "");
  const menu = readFileSync(join(HERE, "grub.cfg"), "utf8");
  writeFileSync(
    at("iso/boot/grub/grub.cfg"),
    menu.replace("@REHEARSAL@", lines("rehearsal")).replace("@PRODUCTION@", lines("production")),
  );
  settle(at("iso"));
  rmSync(output, { force: true });
  run(
    "xorriso",
    ...["-as", "mkisofs", "-quiet", "-o", output, "-r", "-J", "-V", LABEL, "-sysid", "", "-publisher", ""],
    ...["-preparer", "", `--modification-date=${EPOCH_ISO}`, "--set_all_file_dates", "set_to_mtime"],
    ...[
      "--gpt_disk_guid",
      DISK_GUID,
      "--grub2-mbr",
      "/usr/lib/grub/i386-pc/boot_hybrid.img",
      "-partition_offset",
      "16",
    ],
    ...[
      "-b",
      "boot/grub/eltorito.img",
      "-no-emul-boot",
      "-boot-load-size",
      "4",
      "-boot-info-table",
      "--grub2-boot-info",
    ],
    ...["-append_partition", "2", "0xef", at("efi.img"), "-appended_part_as_gpt"],
    ...["-eltorito-alt-boot", "-e", "--interval:appended_partition_2:all::", "-no-emul-boot", at("iso")],
  );
  rmSync(work, { recursive: true });
}

/** Modes and times of every file and folder, whatever the umask and the clock were. */
function settle(path: string): void {
  const isFolder = statSync(path).isDirectory();
  if (isFolder) for (const name of readdirSync(path)) settle(join(path, name));
  chmodSync(path, isFolder ? 0o755 : 0o644);
  utimesSync(path, EPOCH, EPOCH);
}

function run(program: string, ...args: string[]): void {
  const env = {
    PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`,
    SOURCE_DATE_EPOCH: String(EPOCH),
    TZ: "UTC",
    LC_ALL: "C",
    MTOOLS_SKIP_CHECK: "1",
  };
  execFileSync(program, args, { env, stdio: ["ignore", "ignore", "inherit"] });
}
