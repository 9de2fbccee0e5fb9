import type { Variant } from "../../../iso/boot/image.ts";

/** One thing that is wrong with a machine, and what the self-test says of it. */
export interface GateFault {
  readonly name: string;
  /** The checks that fail by it, and no others. */
  readonly red: readonly string[];
  /** What a check must have seen, where another fault turns the same one red. */
  readonly sees?: Readonly<Record<string, string>>;
  /** What QEMU gets; `DISK` stands for the image of a disk with a swap area, a file system, or nothing. */
  readonly devices?: readonly string[];
  /** An image in which somebody has loaded a driver, or used a disk. */
  readonly variant?: Variant;
  readonly memoryMib?: number;
  readonly extraArgument?: string;
  readonly isOpenlyVirtual?: boolean;
}

/** The driver for disks in the machine, which the image does not have. */
const AHCI = ["libata", "libahci", "ahci"] as const;

const CONTROLLER = ["-device", "ahci,id=sata"];
const disk = (name: string, port: number): string[] => [
  ...["-drive", `if=none,id=${name},format=raw,file=DISK-${name}`],
  ...["-device", `ide-hd,bus=sata.${port},drive=${name}`],
];

/** Each of them alone makes a production impossible; what they have in common with others is said in `red` of each. */
export const GATE_FAULTS = {
  wiredCard: {
    name: "a wired network card without a driver",
    red: ["net_cards"],
    devices: ["-device", "e1000"],
  },
  radioCard: {
    name: "a radio card without a driver",
    red: ["radio_hardware"],
    // QEMU has no Wi-Fi card; a card that says it is one is all that the check sees of one without a driver.
    devices: ["-blockdev", "driver=null-co,node-name=radio", "-device", "virtio-blk-pci,drive=radio,class=0x0280"],
  },
  driver: {
    name: "a network card with a driver",
    red: ["net_interfaces", "net_folders", "net_driver", "net_cards"],
    devices: ["-device", "e1000"],
    variant: { modules: ["e1000"] },
  },
  swap: {
    name: "a disk with active swap",
    red: ["swap"],
    devices: [...CONTROLLER, ...disk("swap", 0)],
    variant: {
      modules: AHCI,
      commands: "sleep 2; busybox swapon $(busybox findfs LABEL=SWAPPING) || refuse 'no swap'\n",
    },
  },
  mounted: {
    name: "a mounted disk",
    red: ["writable_mounts"],
    devices: [...CONTROLLER, ...disk("mounted", 1)],
    variant: {
      modules: AHCI,
      commands: "sleep 2; mkdir /mnt; mount -t vfat $(findfs LABEL=MOUNTED) /mnt || refuse 'no disk'\n",
    },
  },
  memory: { name: "too little memory", red: ["memory_size"], memoryMib: 400 },
  clock: { name: "a clock before the program was made", red: ["clock"], devices: ["-rtc", "base=2020-02-29T12:00:00"] },
  soundCard: {
    name: "a sound card with a driver",
    red: ["sound_devices", "sound_cards", "media_driver"],
    devices: ["-device", "AC97"],
    variant: { modules: ["soundcore", "snd", "snd-timer", "snd-pcm", "ac97_bus", "snd-ac97-codec", "snd-intel8x0"] },
  },
  usbSound: {
    name: "a sound card on USB",
    red: ["usb_devices"],
    sees: { usb_devices: "=01" },
    devices: ["-device", "usb-audio,bus=usb.0"],
  },
  usbNetwork: {
    name: "a network adapter on USB",
    red: ["usb_devices"],
    sees: { usb_devices: "=02" },
    devices: ["-device", "usb-net,bus=usb.0"],
  },
  commandLine: { name: "another kernel command line", red: ["kernel_command_line"], extraArgument: "nosmep" },
  hypervisor: { name: "a virtual machine", red: ["hypervisor_flag", "hypervisor_name"], isOpenlyVirtual: true },
} as const satisfies Readonly<Record<string, GateFault>>;

/**
 * Which faults share a machine: none hides another, and all of them together must turn exactly theirs red. The second
 * needs a changed image. With DEEP=1 each fault has a machine to itself.
 */
export const GATES_TOGETHER: readonly (readonly (keyof typeof GATE_FAULTS)[])[] = [
  ["wiredCard", "radioCard", "memory", "clock", "usbSound", "usbNetwork", "commandLine", "hypervisor"],
  ["driver", "swap", "mounted", "soundCard"],
];
