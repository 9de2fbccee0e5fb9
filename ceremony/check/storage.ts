import { type Finding, pass, red } from "./result.ts";
import { column, missing, names, notProvenAbsent, setting, tableLines } from "./rows.ts";
import type { MachineCheck, MachineView } from "./view.ts";

// Memory must not reach a medium: no swap, no hibernation, nothing mounted that keeps what is written (T12).

function swap(view: MachineView): Finding {
  const swaps = view.read("/proc/swaps");
  if (!swaps.ok) return missing(swaps.error);
  if (!swaps.value.startsWith("Filename")) return red("not the table of swaps");
  const lines = tableLines(swaps.value, 1);
  return lines.length === 0 ? pass("none") : red(names(lines.map((line) => column(line, 1))));
}

/** Compressed memory is the same memory, but it may write back to a disk (`backing_dev`). */
function zram(view: MachineView): Finding {
  const folder = view.list("/sys/block");
  if (!folder.ok) return notProvenAbsent(view, "/sys/block", folder.error) ?? pass("none");
  const found = folder.value.filter((name) => name.startsWith("zram"));
  return found.length === 0 ? pass("none") : red(names(found));
}

interface Mount {
  readonly point: string;
  readonly type: string;
  readonly writable: boolean;
}

/** `source point type options …` (`man 5 fstab`), in the order in which they were mounted. */
function mounts(text: string): Mount[] {
  return tableLines(text, 0).map((line) => ({
    point: column(line, 1),
    type: column(line, 2),
    writable: !column(line, 3).split(",").includes("ro"),
  }));
}

const ROOT_TYPES = ["rootfs", "tmpfs", "ramfs", "overlay", "squashfs"];

function rootFilesystem(view: MachineView): Finding {
  const text = view.read("/proc/mounts");
  if (!text.ok) return missing(text.error);
  // The last one mounted on "/" is the one that is seen.
  const root = mounts(text.value).findLast((mount) => mount.point === "/");
  if (root === undefined) return red("no root in the table");
  return (ROOT_TYPES.includes(root.type) ? pass : red)(root.type);
}

/**
 * File systems that live in memory or are the kernel talking. A list of what is allowed, because a disk is not the only
 * thing that keeps bytes: zfs has no `/dev/` source, 9p and nfs have no block device at all. `efivarfs` and `pstore`
 * write to flash and are not here; mounted read-only they pass.
 */
const MEMORY_TYPES = (
  "rootfs tmpfs ramfs overlay proc sysfs devtmpfs devpts mqueue hugetlbfs cgroup cgroup2 securityfs debugfs tracefs " +
  "configfs bpf binfmt_misc autofs fusectl"
).split(" ");

function writableMounts(view: MachineView): Finding {
  const text = view.read("/proc/mounts");
  if (!text.ok) return missing(text.error);
  const all = mounts(text.value);
  if (all.length === 0) return red("the table is empty");
  const kept = all.filter((mount) => mount.writable && !MEMORY_TYPES.includes(mount.type));
  const output = kept.filter((mount) => mount.point === view.expected.outputMount);
  if (kept.length > output.length) return red(names(kept.map((mount) => mount.type)));
  return pass(output.length === 0 ? "memory only" : "memory, and the medium for the results");
}

/** `[disabled]` under lockdown; no such file in a kernel without hibernation. */
const hibernation = (view: MachineView): Finding =>
  setting(view, "/sys/power/disk", (text) => text === "[disabled]", "not in the kernel");

export const STORAGE_CHECKS: readonly MachineCheck[] = [
  { id: "swap", title: "No swap", severity: "required", source: "/proc/swaps", evaluate: swap },
  { id: "zram", title: "No compressed swap device", severity: "required", source: "/sys/block", evaluate: zram },
  {
    id: "root_filesystem",
    title: "Root file system is in memory",
    severity: "required",
    source: "/proc/mounts",
    evaluate: rootFilesystem,
  },
  {
    id: "writable_mounts",
    title: "Nothing mounted that keeps what is written",
    severity: "required",
    source: "/proc/mounts",
    evaluate: writableMounts,
  },
  {
    id: "hibernation",
    title: "No hibernation",
    severity: "required",
    source: "/sys/power/disk",
    evaluate: hibernation,
  },
];
