import { fail, ok } from "../../../core/result.ts";
import { type Change, GOOD_FILES } from "./machine.ts";

// What turns each required check red, one change at a time.

const appended = (path: string, line: string): Change => ({ files: { [path]: `${GOOD_FILES[path]}${line}\n` } });
const file = (path: string, content: string): Change => ({ files: { [path]: `${content}\n` } });
const replaced = (path: string, from: string, to: string): Change => {
  const before = GOOD_FILES[path] ?? "";
  if (!before.includes(from)) throw new Error(`${path} has no ${from}`);
  return { files: { [path]: before.replaceAll(from, to) } };
};
const folder = (path: string): Change => ({ files: { [`${path}/`]: "" } });
const pci = (code: string, bound: boolean): Change => ({
  files: {
    "/sys/bus/pci/devices/0000:03:00.0/class": `${code}\n`,
    ...(bound ? { "/sys/bus/pci/devices/0000:03:00.0/driver/": "" } : {}),
  },
});
const usb = (code: string): Change => file("/sys/bus/usb/devices/1-9:1.0/bInterfaceClass", code);
const sysctl = (name: string, content: string): Change => file(`/proc/sys/${name}`, content);
const environment = (...names: string[]): Change => ({ facts: { environment: ["PATH", ...names] } });
const status = (from: string, to: string): Change => replaced("/proc/self/status", from, to);

const SOCKET = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 654 1";
const MOUNTS = "/proc/mounts";

export const RED_CASES: readonly (readonly [id: string, why: string, change: Change])[] = [
  ["node_variables", "NODE_OPTIONS", environment("NODE_OPTIONS")],
  ["node_variables", "NODE_V8_COVERAGE writes files", environment("NODE_V8_COVERAGE")],
  ["node_variables", "one that no Node knows yet", environment("NODE_SOMETHING_NEW")],
  ["loader_variables", "LD_PRELOAD", environment("LD_PRELOAD")],
  ["loader_variables", "LD_AUDIT", environment("LD_AUDIT")],
  ["loader_variables", "OPENSSL_CONF loads engines", environment("OPENSSL_CONF")],
  ["loader_variables", "GLIBC_TUNABLES", environment("GLIBC_TUNABLES")],
  ["exec_arguments", "--inspect", { facts: { execArgv: ["--disable-sigusr1", "--inspect=127.0.0.1"] } }],
  ["exec_arguments", "--require", { facts: { execArgv: ["--require", "x.js"] } }],
  ["inspector", "Node catches SIGUSR1", status("0000000100004402", "0000000100004602")],
  ["inspector", "no mask", status("SigCgt:\t0000000100004402", "SigCgt:\t")],
  ["tracer", "strace", status("TracerPid:\t0", "TracerPid:\t4711")],
  [
    "core_limit",
    "unlimited",
    replaced("/proc/self/limits", "0                    0 ", "unlimited            unlimited "),
  ],
  [
    "core_limit",
    "a hard limit that allows more",
    replaced("/proc/self/limits", "0                    0 ", "0   unlimited "),
  ],
  ["core_limit", "no such line", replaced("/proc/self/limits", "Max core", "Min core")],
  ["core_filter", "the kernel's default", file("/proc/self/coredump_filter", "00000033")],
  ["no_new_privileges", "not set", status("NoNewPrivs:\t1", "NoNewPrivs:\t0")],
  ["capabilities", "root", status("CapEff:\t0000000000000000", "CapEff:\t000001ffffffffff")],
  ["capabilities", "an old kernel's line is missing", status("CapEff", "CapOff")],
  ["clock", "1970", { facts: { now: 0 } }],
  ["clock", "the day before the floor", { facts: { now: Date.UTC(2026, 9, 31) / 1000 } }],
  ["clock", "2099", { facts: { now: Date.UTC(2099, 0, 1) / 1000 } }],
  ["clock", "no number", { facts: { now: Number.NaN } }],
  ["net_interfaces", "a card", appended("/proc/net/dev", "  eth0:       0       0    0    0    0")],
  ["net_interfaces", "another file in its place", file("/proc/net/dev", "    lo: 0")],
  ["net_folders", "a card of another namespace", folder("/sys/class/net/wlan0")],
  ["net_routes", "a default route", appended("/proc/net/route", "eth0\t00000000\t010200C0\t0003")],
  ["net_routes", "another file in its place", file("/proc/net/route", "")],
  ["net_addresses", "a link-local address", appended("/proc/net/if_inet6", "fe80000000000000 02 40 20 80 eth0")],
  ["net_sockets", "a listener on TCP", appended("/proc/net/tcp", SOCKET)],
  ["net_sockets", "a listener on TCP over IPv6", appended("/proc/net/tcp6", SOCKET)],
  ["net_sockets", "UDP", appended("/proc/net/udp", SOCKET)],
  ["net_sockets", "raw", appended("/proc/net/raw", SOCKET)],
  ["net_sockets", "a packet socket", appended("/proc/net/packet", "0000000 3 3 0003 2 1 0 0 1234")],
  ["net_sockets", "another file in its place", file("/proc/net/udp", "")],
  ["net_driver", "Ethernet with a driver", pci("0x020000", true)],
  ["net_cards", "Ethernet without a driver, where the image forbids it", { expected: { noWiredCard: true } }],
  ["radio_hardware", "Wi-Fi without a driver", pci("0x028000", false)],
  ["radio_hardware", "Bluetooth on PCI", pci("0x0d1100", false)],
  ["radio_stack", "Wi-Fi", folder("/sys/class/ieee80211/phy0")],
  ["radio_stack", "a switch for radios", folder("/sys/class/rfkill/rfkill0")],
  ["radio_stack", "Bluetooth", folder("/sys/class/bluetooth/hci0")],
  ["radio_stack", "broadband", folder("/sys/class/wwan/wwan0")],
  ["radio_stack", "NFC", folder("/sys/class/nfc/nfc0")],
  ["memory_size", "a machine of 384 MiB", file("/proc/meminfo", "MemTotal:         352084 kB")],
  ["memory_size", "no number", file("/proc/meminfo", "MemTotal: plenty")],
  ["usb_devices", "Bluetooth", usb("e0")],
  ["usb_devices", "a modem", usb("02")],
  ["usb_devices", "a modem's data", usb("0a")],
  ["usb_devices", "a camera", usb("0e")],
  ["usb_devices", "a microphone", usb("01")],
  ["usb_devices", "a Wi-Fi stick that calls itself vendor-specific", usb("ff")],
  ["usb_devices", "a printer", usb("07")],
  ["firewire", "FireWire", pci("0x0c0010", false)],
  ["cameras", "a camera", folder("/sys/class/video4linux/video0")],
  ["sound_devices", "a card", folder("/sys/class/sound/card0")],
  ["sound_cards", "a card", file("/proc/asound/cards", " 0 [PCH            ]: HDA-Intel - HDA Intel PCH")],
  ["media_driver", "HDA with a driver", pci("0x040300", true)],
  ["hypervisor_flag", "one processor has it", replaced("/proc/cpuinfo", "fpu aes", "fpu hypervisor aes")],
  ["hypervisor_flag", "no flags at all", replaced("/proc/cpuinfo", "flags", "Features")],
  ["hypervisor_name", "QEMU", file("/sys/class/dmi/id/sys_vendor", "QEMU")],
  ["hypervisor_name", "VirtualBox", file("/sys/class/dmi/id/product_name", "VirtualBox")],
  ["hypervisor_name", "Hyper-V", file("/sys/class/dmi/id/product_name", "Virtual Machine")],
  ["hypervisor_name", "Xen without a table", file("/sys/hypervisor/type", "xen")],
  ["swap", "a partition", appended("/proc/swaps", "/dev/sda2  partition\t8388604\t\t0\t\t-2")],
  ["swap", "another file in its place", file("/proc/swaps", "")],
  ["zram", "compressed swap", folder("/sys/block/zram0")],
  ["root_filesystem", "a disk", replaced(MOUNTS, "tmpfs / tmpfs rw", "/dev/sda1 / ext4 ro")],
  ["root_filesystem", "no root", replaced(MOUNTS, " / ", " /root ")],
  ["writable_mounts", "a disk", appended(MOUNTS, "/dev/sda1 /mnt ext4 rw,relatime 0 0")],
  ["writable_mounts", "a stick nobody declared", appended(MOUNTS, "/dev/sdb1 /out vfat rw,relatime 0 0")],
  ["writable_mounts", "a folder of the host", appended(MOUNTS, "share /mnt 9p rw,relatime 0 0")],
  ["writable_mounts", "a pool without a device's name", appended(MOUNTS, "rpool/home /home zfs rw 0 0")],
  ["writable_mounts", "firmware flash", replaced(MOUNTS, "efivarfs ro,", "efivarfs rw,")],
  [
    "writable_mounts",
    "a disk beside the declared stick",
    {
      ...appended(MOUNTS, "/dev/sdb1 /out vfat rw 0 0\n/dev/sda1 /mnt ext4 rw 0 0"),
      expected: { outputMount: "/out" },
    },
  ],
  ["hibernation", "to a disk", file("/sys/power/disk", "[platform] shutdown reboot suspend test_resume")],
  [
    "kernel_command_line",
    "one word more",
    file("/proc/cmdline", `${GOOD_FILES["/proc/cmdline"]?.trim()} init=/bin/sh`),
  ],
  ["kernel_command_line", "one word less", file("/proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz quiet")],
  ["kernel_tainted", "a module from elsewhere", sysctl("kernel/tainted", "4096")],
  ["kernel_tainted", "an unsigned module and a warning", sysctl("kernel/tainted", String(8192 + 512))],
  ["kernel_tainted", "no number", sysctl("kernel/tainted", "")],
  ["modules_disabled", "modules can be loaded", sysctl("kernel/modules_disabled", "0")],
  ["kexec_disabled", "kexec works", sysctl("kernel/kexec_load_disabled", "0")],
  ["sysrq", "some keys work", sysctl("kernel/sysrq", "438")],
  ["io_uring", "on", sysctl("kernel/io_uring_disabled", "0")],
  ["io_uring", "on for a group", sysctl("kernel/io_uring_disabled", "1")],
  [
    "io_uring",
    "a kernel before the switch",
    { files: { "/proc/sys/kernel/io_uring_disabled": undefined, "/proc/sys/kernel/osrelease": "6.1.0-56-amd64\n" } },
  ],
  ["core_pattern", "a file", sysctl("kernel/core_pattern", "core")],
  ["core_pattern", "a crash reporter", sysctl("kernel/core_pattern", "|/usr/lib/systemd/systemd-coredump %P")],
  ["core_setuid", "dumps of privileged programs", sysctl("fs/suid_dumpable", "2")],
  ["ptrace_scope", "own processes can be traced", sysctl("kernel/yama/ptrace_scope", "1")],
  ["rng_seeded", "too early", sysctl("kernel/random/entropy_avail", "2")],
  ["rng_seeded", "an old kernel's pool", sysctl("kernel/random/poolsize", "4096")],
  ["rng_device", "zero in its place", { view: { device: () => ok({ major: 1, minor: 5 }) } }],
  ["rng_device", "a file in its place", { view: { device: () => fail("unreadable") } }],
  ["rng_device", "missing", { view: { device: () => fail("absent") } }],
  ["rng_path", "not seeded", { view: { draw: () => fail("would_block") } }],
  ["rng_path", "unreadable", { view: { draw: () => fail("unreadable") } }],
  ["rng_path", "a short read", { view: { draw: (length) => ok(new Uint8Array(length - 1)) } }],
  [
    "rng_path",
    "the same twice",
    { view: { draw: (length) => ok(Uint8Array.from({ length }, (_, index) => index & 255)) } },
  ],
  ["rng_path", "stuck", { view: { draw: stuckDraw() } }],
];

/** Two draws that differ, each mostly one byte. */
function stuckDraw(): (length: number) => ReturnType<typeof ok<Uint8Array>> {
  let next = 1;
  return (length) => ok(new Uint8Array(length).fill(next++));
}
