import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Expected, MachineView, ProcessFacts } from "../../../ceremony/check/view.ts";
import { machineView } from "../../../ceremony/host/machine.ts";
import { ok } from "../../../core/result.ts";

// A machine that passes everything, as a tree of files: a board with a wired card and a sound chip that no driver
// serves, booted from a read-only medium into memory, EFI with secure boot.

const lines = (...text: string[]): string => `${text.join("\n")}\n`;

const SOCKETS = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const COMMAND_LINE = "BOOT_IMAGE=/boot/vmlinuz quiet lockdown=confidentiality";

/** Path to content; a path that ends in "/" is an empty folder. */
export const GOOD_FILES: Readonly<Record<string, string>> = {
  "/proc/cmdline": lines(COMMAND_LINE),
  "/proc/cpuinfo": lines(
    "processor\t: 0",
    "flags\t\t: fpu vme rdrand sse2 aes",
    "",
    "processor\t: 1",
    "flags\t\t: fpu aes",
  ),
  "/proc/meminfo": lines("MemTotal:        8024084 kB", "MemFree:         7024084 kB"),
  "/proc/mounts": lines(
    "rootfs / rootfs rw 0 0",
    "tmpfs / tmpfs rw,relatime,size=1048576k 0 0",
    "proc /proc proc rw,nosuid,nodev,noexec 0 0",
    "sysfs /sys sysfs rw,nosuid,nodev,noexec 0 0",
    "devtmpfs /dev devtmpfs rw,size=4096k,mode=755 0 0",
    "securityfs /sys/kernel/security securityfs rw 0 0",
    "efivarfs /sys/firmware/efi/efivars efivarfs ro,nosuid,nodev,noexec 0 0",
    "/dev/sr0 /iso iso9660 ro,relatime 0 0",
    "/dev/loop0 /nix squashfs ro,relatime 0 0",
  ),
  "/proc/swaps": lines("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority"),
  "/proc/asound/cards": lines("--- no soundcards ---"),
  "/proc/net/dev": lines(
    "Inter-|   Receive                                                |  Transmit",
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier",
    "    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0",
  ),
  "/proc/net/route": lines("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"),
  "/proc/net/if_inet6": lines("00000000000000000000000000000001 01 80 10 80       lo"),
  "/proc/net/tcp": lines(SOCKETS),
  "/proc/net/udp": lines(SOCKETS),
  "/proc/net/raw": lines(SOCKETS),
  "/proc/net/tcp6": lines(SOCKETS),
  "/proc/net/packet": lines("sk               RefCnt Type Proto  Iface R Rmem   User   Inode"),
  "/proc/self/coredump_filter": lines("00000000"),
  "/proc/self/limits": lines(
    "Limit                     Soft Limit           Hard Limit           Units     ",
    "Max core file size        0                    0                    bytes     ",
  ),
  "/proc/self/status": lines(
    "Name:\tceremony",
    "TracerPid:\t0",
    "SigCgt:\t0000000100004402",
    "CapEff:\t0000000000000000",
    "NoNewPrivs:\t1",
    "Seccomp:\t2",
    "Seccomp_filters:\t1",
  ),
  "/proc/sys/fs/suid_dumpable": lines("0"),
  "/proc/sys/kernel/core_pattern": lines("|/bin/false"),
  "/proc/sys/kernel/io_uring_disabled": lines("2"),
  "/proc/sys/kernel/kexec_load_disabled": lines("1"),
  "/proc/sys/kernel/modules_disabled": lines("1"),
  "/proc/sys/kernel/osrelease": lines("6.18.37"),
  "/proc/sys/kernel/random/entropy_avail": lines("256"),
  "/proc/sys/kernel/random/poolsize": lines("256"),
  "/proc/sys/kernel/sysrq": lines("0"),
  "/proc/sys/kernel/tainted": lines("0"),
  "/proc/sys/kernel/yama/ptrace_scope": lines("3"),
  "/sys/block/loop0/": "",
  "/sys/block/sr0/": "",
  "/sys/bus/pci/devices/0000:00:02.0/class": lines("0x030000"),
  "/sys/bus/pci/devices/0000:00:02.0/driver/": "",
  "/sys/bus/pci/devices/0000:00:1f.3/class": lines("0x040300"),
  "/sys/bus/pci/devices/0000:00:1f.6/class": lines("0x020000"),
  "/sys/bus/usb/devices/usb1/": "",
  "/sys/bus/usb/devices/1-0:1.0/bInterfaceClass": lines("09"),
  "/sys/bus/usb/devices/1-1:1.0/bInterfaceClass": lines("03"),
  "/sys/bus/usb/devices/1-2:1.0/bInterfaceClass": lines("08"),
  "/sys/class/bluetooth/": "",
  "/sys/class/dmi/id/product_name": lines("20XX0001GE"),
  "/sys/class/dmi/id/sys_vendor": lines("LENOVO"),
  "/sys/class/misc/hw_random/rng_current": lines("tpm-rng-0"),
  "/sys/class/net/lo/": "",
  "/sys/class/sound/": "",
  "/sys/class/video4linux/": "",
  "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c": "\x06\0\0\0\x01",
  "/sys/kernel/security/lockdown": lines("none integrity [confidentiality]"),
  "/sys/power/disk": lines("[disabled]"),
};

const GOOD_FACTS: ProcessFacts = {
  environment: ["HOME", "LANG", "PATH", "TERM", "TZ"],
  execArgv: ["--disable-sigusr1"],
  now: Date.UTC(2026, 11, 1) / 1000,
  executable: { mode: 0o100711, uid: 0 },
};

/** What differs from the good machine. `undefined` in `files` takes the file or folder away. */
export interface Change {
  readonly files?: Readonly<Record<string, string | undefined>>;
  readonly facts?: Partial<ProcessFacts>;
  readonly expected?: Expected;
  readonly view?: Partial<MachineView>;
}

/** Writes or takes away; returns what to take away to undo it: the first folder that was made, or the path itself. */
function place(root: string, path: string, content: string | undefined): string {
  const full = join(root, path);
  if (content === undefined) {
    rmSync(full, { recursive: true, force: true });
    return full;
  }
  const made = mkdirSync(path.endsWith("/") ? full : dirname(full), { recursive: true });
  if (!path.endsWith("/")) writeFileSync(full, content, "latin1");
  return made ?? full;
}

/** Each draw counts up from another byte: no two are equal and none has a run, as the health tests want it. */
function counterDraw(): MachineView["draw"] {
  let draws = 0;
  return (length) => {
    draws += 1;
    return ok(Uint8Array.from({ length }, (_, index) => (index + draws) & 0xff));
  };
}

/** A tree of the good machine in a folder of its own, read by the real adapter. */
export class FakeMachine {
  readonly root = mkdtempSync(join(tmpdir(), "machine-"));

  constructor() {
    for (const [path, content] of Object.entries(GOOD_FILES)) place(this.root, path, content);
  }

  /** The view with one change, and the tree put back afterwards. Devices cannot be made without root: they are faked. */
  with<T>(change: Change, use: (view: MachineView) => T): T {
    const files = Object.entries(change.files ?? {});
    const undo = files.map(([path, content]) => place(this.root, path, content));
    const real = machineView({
      root: this.root,
      facts: { ...GOOD_FACTS, ...change.facts },
      expected: { commandLine: COMMAND_LINE, ...change.expected },
    });
    try {
      return use({
        ...real,
        device: (path) => ok({ major: 1, minor: path === "/dev/random" ? 8 : 9 }),
        draw: counterDraw(),
        ...change.view,
      });
    } finally {
      for (const made of undo) rmSync(made, { recursive: true, force: true });
      for (const [good, content] of Object.entries(GOOD_FILES))
        if (files.some(([path]) => good.startsWith(path))) place(this.root, good, content);
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
