import { type Finding, info, pass, red } from "./result.ts";
import { missing, notProvenAbsent, setting, shown } from "./rows.ts";
import type { MachineCheck, MachineView } from "./view.ts";

// What the kernel forbids to everyone, and whether it is still itself (docs/checks.md#the-kernel-is-shut).

const sysctl = (name: string): string => `/proc/sys/${name.replaceAll(".", "/")}`;

/** A row for one sysctl with one good value. */
function sysctlRow(id: string, title: string, name: string, good: readonly string[], absent?: string): MachineCheck {
  return {
    id,
    title,
    severity: "required",
    source: sysctl(name),
    evaluate: (view) => setting(view, sysctl(name), (text) => good.includes(text), absent),
  };
}

/** The switch is new in 6.6. Older kernels have io_uring and no switch, newer ones have no switch only without io_uring. */
function ioUring(view: MachineView): Finding {
  const path = sysctl("kernel.io_uring_disabled");
  const file = view.read(path);
  if (file.ok) return setting(view, path, (text) => text === "2");
  const failure = notProvenAbsent(view, path, file.error);
  if (failure !== undefined) return failure;
  const release = view.read(sysctl("kernel.osrelease"));
  if (!release.ok) return missing(release.error);
  const match = /^(\d+)\.(\d+)/.exec(release.value);
  if (match === null) return red("kernel release is not a number");
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > 6 || (major === 6 && minor >= 6) ? pass("not in the kernel") : red("no switch before Linux 6.6");
}

/**
 * Bits that say nothing of foreign code: 9 a warning was printed, 11 a firmware bug was worked around (both common on
 * good boards), 17 the kernel was built with shuffled structures. Every other bit is a module that is proprietary,
 * forced, staged, unsigned or from elsewhere, an overridden ACPI table, a live patch, or a fault of the hardware.
 * `Documentation/admin-guide/tainted-kernels.rst` of Linux.
 */
const TAINT_HARMLESS = (1 << 9) | (1 << 11) | (1 << 17);

const tainted = (view: MachineView): Finding =>
  setting(view, sysctl("kernel.tainted"), (text) => /^\d{1,9}$/.test(text) && (Number(text) & ~TAINT_HARMLESS) === 0);

/** The image knows the line it boots with; anywhere else there is nothing to compare with. */
function commandLine(view: MachineView): Finding {
  const expected = view.expected.commandLine;
  const file = view.read("/proc/cmdline");
  if (!file.ok) return missing(file.error);
  const line = file.value.trim();
  if (expected === undefined) return info("no expected line on this machine");
  if (line === expected.trim()) return pass("as the image was built");
  const known = new Set(expected.trim().split(/\s+/));
  const stranger = line.split(/\s+/).find((word) => !known.has(word));
  return red(stranger === undefined ? "words are missing or moved" : `unexpected: ${stranger}`);
}

const EFI_VARIABLE = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

function secureBoot(view: MachineView): Finding {
  const variable = view.read(EFI_VARIABLE);
  // Four bytes of attributes, then the value.
  if (variable.ok) return info(variable.value.charCodeAt(4) === 1 ? "on" : "off");
  return info(view.list("/sys/firmware/efi").ok ? "EFI, variable not readable" : "BIOS");
}

function lockdown(view: MachineView): Finding {
  const path = "/sys/kernel/security/lockdown";
  const file = view.read(path);
  // "none [integrity] confidentiality": the brackets mark the one that holds.
  const active = file.ok ? /\[(\w+)\]/.exec(file.value)?.[1] : undefined;
  return active === undefined ? shown(view, path, "not in the kernel, or not mounted") : info(active);
}

export const KERNEL_CHECKS: readonly MachineCheck[] = [
  {
    id: "kernel_command_line",
    title: "Kernel started as the image says",
    severity: "required",
    source: "/proc/cmdline",
    evaluate: commandLine,
  },
  {
    id: "kernel_tainted",
    title: "Kernel is untainted",
    severity: "required",
    source: sysctl("kernel.tainted"),
    evaluate: tainted,
  },
  {
    id: "modules_disabled",
    title: "No kernel module can be loaded",
    severity: "required",
    source: sysctl("kernel.modules_disabled"),
    // A kernel without modules has neither the switch nor the list.
    evaluate: (view) => setting(view, sysctl("kernel.modules_disabled"), (text) => text === "1", "not in the kernel"),
  },
  sysctlRow(
    "kexec_disabled",
    "No other kernel can be started",
    "kernel.kexec_load_disabled",
    ["1"],
    "not in the kernel",
  ),
  sysctlRow("sysrq", "No magic SysRq key", "kernel.sysrq", ["0"], "not in the kernel"),
  {
    id: "io_uring",
    title: "No io_uring (sockets unseen by a trace)",
    severity: "required",
    source: `${sysctl("kernel.io_uring_disabled")}, osrelease`,
    evaluate: ioUring,
  },
  sysctlRow("core_pattern", "Core dumps go nowhere", "kernel.core_pattern", ["|/bin/false"]),
  sysctlRow("core_setuid", "No core of a privileged program", "fs.suid_dumpable", ["0"]),
  sysctlRow("ptrace_scope", "Debuggers are locked out", "kernel.yama.ptrace_scope", ["2", "3"]),
  {
    id: "lockdown",
    title: "Kernel lockdown",
    severity: "info",
    source: "/sys/kernel/security/lockdown",
    evaluate: lockdown,
  },
  {
    id: "secure_boot",
    title: "Secure boot",
    severity: "info",
    source: "/sys/firmware/efi/efivars/SecureBoot-*",
    evaluate: secureBoot,
  },
];
