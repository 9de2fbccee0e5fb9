import { noDevice, pciDevices, unboundDevices } from "./pci.ts";
import { type Finding, info, pass, red } from "./result.ts";
import { emptyFolders, missing, names, notProvenAbsent, tableLines } from "./rows.ts";
import type { MachineCheck, MachineView } from "./view.ts";

// Eyes, ears and strangers on the bus (docs/checks.md#eyes-ears-and-strangers).

/**
 * Keyboards and pointers, sticks, hubs, smart cards. Everything else is refused by not being here: radios (e0), modems
 * (02, 0a), cameras (0e), microphones (01), and the Wi-Fi sticks that call themselves vendor-specific (ff).
 */
const USB_ALLOWED = ["03", "08", "09", "0b"];

function usbDevices(view: MachineView): Finding {
  const root = "/sys/bus/usb/devices";
  const folder = view.list(root);
  if (!folder.ok) return notProvenAbsent(view, root, folder.error) ?? pass("no USB");
  const strangers: string[] = [];
  // An interface is named bus-port:configuration.interface, a device has no colon.
  const interfaces = folder.value.filter((name) => name.includes(":"));
  for (const name of interfaces) {
    const code = view.read(`${root}/${name}/bInterfaceClass`);
    if (!code.ok) return missing(code.error);
    const usbClass = code.value.trim();
    if (!USB_ALLOWED.includes(usbClass)) strangers.push(`${name}=${usbClass}`);
  }
  return strangers.length > 0 ? red(names(strangers)) : pass(`${interfaces.length} known interfaces`);
}

function soundCards(view: MachineView): Finding {
  const path = "/proc/asound/cards";
  const cards = view.read(path);
  if (!cards.ok) return notProvenAbsent(view, path, cards.error) ?? pass("no sound");
  // The kernel's own words for an empty table.
  return cards.value.trim() === "--- no soundcards ---" ? pass("no card") : red(cards.value);
}

function hypervisorFlag(view: MachineView): Finding {
  const cpu = view.read("/proc/cpuinfo");
  if (!cpu.ok) return missing(cpu.error);
  // One line a processor. Another architecture calls them otherwise, and has no such flag: it fails closed.
  const flags = cpu.value.split("\n").filter((line) => /^flags\s*:/.test(line));
  if (flags.length === 0) return red("no processor flags");
  return flags.some((line) => /\shypervisor(\s|$)/.test(line)) ? red("hypervisor flag is set") : pass("not set");
}

/** What the usual hypervisors write into their tables; real boards have the name of who made them. */
const VIRTUAL =
  /qemu|kvm|bochs|virtual|vmware|innotek|\bxen\b|parallels|amazon ec2|google compute|openstack|bhyve|vserver|droplet/i;

function hypervisorName(view: MachineView): Finding {
  const seen: string[] = [];
  for (const path of ["/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name", "/sys/hypervisor/type"]) {
    const text = view.read(path);
    if (text.ok) seen.push(text.value.trim());
    else {
      const failure = notProvenAbsent(view, path, text.error);
      if (failure !== undefined) return failure;
    }
    // The file exists under Xen only, whatever it says.
    if (text.ok && path.startsWith("/sys/hypervisor")) return red(`hypervisor: ${text.value}`);
  }
  const value = seen.join(" ");
  if (VIRTUAL.test(value)) return red(value);
  return pass(value === "" ? "no table" : value);
}

/** Disks that could keep something: all block devices but loops, RAM disks and optical drives. */
function disks(view: MachineView): Finding {
  const folder = view.list("/sys/block");
  if (!folder.ok) return info(folder.error === "absent" ? "none" : "cannot be read");
  return info(names(folder.value.filter((name) => !/^(loop|ram|zram|sr|fd)\d/.test(name))));
}

/** A machine of 384 MiB still boots the image (measured) and is refused here, because its kernel keeps some for itself. */
const MEMORY_MIN_KIB = 384 * 1024;

function memory(view: MachineView): Finding {
  const file = view.read("/proc/meminfo");
  if (!file.ok) return missing(file.error);
  const total = tableLines(file.value, 0)
    .map((line) => /^MemTotal:\s+(\d+) kB$/.exec(line)?.[1])
    .find((match) => match !== undefined);
  if (total === undefined) return red("no MemTotal");
  const kib = Number(total);
  return (kib < MEMORY_MIN_KIB ? red : pass)(`${Math.floor(kib / 1024)} MiB`);
}

export const HARDWARE_CHECKS: readonly MachineCheck[] = [
  { id: "memory_size", title: "Enough memory", severity: "required", source: "/proc/meminfo", evaluate: memory },
  {
    id: "usb_devices",
    title: "USB: keyboards, sticks, hubs, cards only",
    severity: "required",
    source: "/sys/bus/usb/devices/*/bInterfaceClass",
    evaluate: usbDevices,
  },
  {
    id: "firewire",
    title: "No FireWire (it reads memory)",
    severity: "required",
    source: "/sys/bus/pci/devices/*/class",
    evaluate: (view) => noDevice(pciDevices(view, "0c00")),
  },
  {
    id: "cameras",
    title: "No camera",
    severity: "required",
    source: "/sys/class/video4linux",
    evaluate: (view) => emptyFolders(view, ["/sys/class/video4linux"]),
  },
  {
    id: "sound_devices",
    title: "No sound device",
    severity: "required",
    source: "/sys/class/sound",
    evaluate: (view) => emptyFolders(view, ["/sys/class/sound"]),
  },
  {
    id: "sound_cards",
    title: "No sound card",
    severity: "required",
    source: "/proc/asound/cards",
    evaluate: soundCards,
  },
  {
    id: "media_driver",
    title: "No driver serves a sound or video card",
    severity: "required",
    source: "/sys/bus/pci/devices/*/{class,driver}",
    evaluate: (view) => noDevice(pciDevices(view, "04"), (device) => device.bound),
  },
  {
    // Like the wired network card: on nearly every board, and deaf without a driver.
    id: "media_hardware",
    title: "Sound or video card without a driver",
    severity: "info",
    source: "/sys/bus/pci/devices/*/{class,driver}",
    evaluate: (view) => unboundDevices(pciDevices(view, "04")),
  },
  {
    id: "hypervisor_flag",
    title: "Processor is not virtual",
    severity: "required",
    source: "/proc/cpuinfo",
    evaluate: hypervisorFlag,
  },
  {
    id: "hypervisor_name",
    title: "Board is not virtual",
    severity: "required",
    source: "/sys/class/dmi/id/{sys_vendor,product_name}, /sys/hypervisor/type",
    evaluate: hypervisorName,
  },
  { id: "disks", title: "Disks in the machine", severity: "info", source: "/sys/block", evaluate: disks },
];
