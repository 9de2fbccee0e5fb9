import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Console,
  describeWait,
  isWanted,
  QUIET_MS,
  type TypeOptions,
  type WaitOptions,
  type Wanted,
} from "../../rehearsal/console.ts";
import { bound } from "../../tools/speed.ts";
import { parsePpm, readScreen, type ScreenText } from "./eyes.ts";
import { strokesOf } from "./keyboard.ts";
import { Qmp, type QmpEvent } from "./qmp.ts";

/** UEFI of Debian's package; its variables are copied for each machine, as one that was used starts elsewhere. */
const OVMF = { code: "/usr/share/OVMF/OVMF_CODE_4M.fd", variables: "/usr/share/OVMF/OVMF_VARS_4M.fd" } as const;

export interface BootMachineOptions {
  readonly firmware: "bios" | "uefi";
  /** Started from this image, as a CD or as a stick; or the kernel directly, which saves the firmware's and GRUB's time. */
  readonly start:
    | { readonly kind: "cd" | "stick"; readonly image: string }
    | { readonly kind: "kernel"; readonly kernel: string; readonly initramfs: string; readonly commandLine: string };
  /** The output stick's image. */
  readonly stick: string;
  /** The keyboard that is typed on; with `usb` there are two, and QEMU takes that one. */
  readonly keyboard?: "ps2" | "usb";
  readonly memoryMib?: number;
  /** What QEMU gets besides. */
  readonly devices?: readonly string[];
  /** A virtual machine that owns up to being one, as QEMU does by itself. */
  readonly isOpenlyVirtual?: boolean;
}

/** RAM of the machines: what the image asks for, and as little to search as possible. */
export const MEMORY_MIB = 512;

/** No network at all. No KVM: the guest would have to be the host's processor. */
const ALWAYS =
  "-machine pc,accel=tcg -nic none -display none -vga std -no-reboot -no-shutdown -serial none -parallel none";

/** The longest wait is for the self-test, which takes 20 s on an idle core. */
const GUEST_WAIT_MS = 100_000;

/** A screen that stays the same is looked at less and less often: every look takes time from the machine. */
const PAUSE_GROWTH = 1.3;
const PAUSE_MAX_MS = 500;

/** Key down for this long and as long up, by the guest's clock: a USB keyboard is asked every 8 ms, and keeps 16 changes. */
const KEY_MS = 16;

const QEMU_START_MS = 20_000;

/** One virtual machine, seen and typed at through its screen and keyboard. Always `close` it. */
export class BootMachine implements Console {
  readonly folder: string;
  readonly qmp: Qmp;
  readonly #process: ChildProcess;
  #picture: Buffer = Buffer.alloc(0);
  #seen: ScreenText = { columns: 80, rows: 25, text: [] };

  private constructor(folder: string, process: ChildProcess, qmp: Qmp) {
    this.folder = folder;
    this.#process = process;
    this.qmp = qmp;
  }

  static async start(options: BootMachineOptions): Promise<BootMachine> {
    const folder = mkdtempSync(join(tmpdir(), "boot-"));
    const socket = join(folder, "qmp");
    const args = qemuArguments(options, folder, socket);
    // The kernel ends it with this process, however that ends.
    const qemu = spawn("setpriv", ["--pdeathsig", "KILL", "qemu-system-x86_64", ...args], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    qemu.stderr?.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    const endsAt = performance.now() + bound(QEMU_START_MS);
    for (;;) {
      try {
        return new BootMachine(folder, qemu, await Qmp.open(socket));
      } catch (error) {
        if (qemu.exitCode === null && performance.now() < endsAt) {
          await sleep(50);
          continue;
        }
        qemu.kill("SIGKILL");
        rmSync(folder, { recursive: true, force: true });
        throw new Error(`QEMU did not start: ${errors}`, { cause: error });
      }
    }
  }

  get columns(): number {
    return this.#seen.columns;
  }

  get rows(): number {
    return this.#seen.rows;
  }

  screen(): string[] {
    return this.#seen.text;
  }

  /** Every key is down and up again before the next; QEMU keeps them in order. */
  async press(keys: string): Promise<void> {
    for (const stroke of strokesOf(keys))
      await this.qmp.run("send-key", { keys: stroke.map((data) => ({ type: "qcode", data })), "hold-time": KEY_MS });
  }

  async type(text: string, options: TypeOptions = {}): Promise<void> {
    for (const char of text) {
      await this.press(char);
      await sleep(Math.max(options.gapMs ?? 0, 2 * KEY_MS));
    }
  }

  async waitFor(wanted: Wanted, options: WaitOptions = {}): Promise<string[]> {
    const { timeoutMs = GUEST_WAIT_MS, quietMs = QUIET_MS } = options;
    const atMost = bound(timeoutMs);
    const endsAt = performance.now() + atMost;
    let pause = QUIET_MS;
    for (let isFirst = true; ; isFirst = false) {
      const isNew = await this.#look();
      const isQuiet = quietMs === 0 || !(isNew || isFirst);
      if (isWanted(this.#seen.text, wanted) && isQuiet) return this.#seen.text;
      if (performance.now() > endsAt)
        throw new Error(describeWait(this.#seen.text, this.#seen.columns, wanted, `not within ${atMost} ms`));
      pause = isNew ? QUIET_MS : Math.min(PAUSE_MAX_MS, pause * PAUSE_GROWTH);
      await sleep(Math.max(quietMs, pause));
    }
  }

  /** Looks at the screen, and reads it if it is another than before: says whether it is. */
  async #look(): Promise<boolean> {
    const path = join(this.folder, "screen.ppm");
    await this.qmp.run("screendump", { filename: path, format: "ppm" });
    const picture = readFileSync(path);
    if (picture.equals(this.#picture)) return false;
    this.#picture = picture;
    this.#seen = readScreen(parsePpm(picture));
    return true;
  }

  /** What the screen shows, as a PNG. */
  async picture(): Promise<Buffer> {
    const path = join(this.folder, "screen.png");
    await this.qmp.run("screendump", { filename: path, format: "png" });
    return readFileSync(path);
  }

  /** Waits until the guest has turned itself off. The machine is kept, with all its memory, until `close`. */
  off(timeoutMs = GUEST_WAIT_MS): Promise<QmpEvent> {
    return this.qmp.event("SHUTDOWN", timeoutMs);
  }

  /** Turns the machine off, if it still runs, and takes everything of it away but the stick's image. */
  async close(): Promise<void> {
    this.qmp.close();
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGKILL");
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function qemuArguments(options: BootMachineOptions, folder: string, socket: string): string[] {
  const {
    firmware,
    start,
    stick,
    keyboard = "ps2",
    memoryMib = MEMORY_MIB,
    devices = [],
    isOpenlyVirtual = false,
  } = options;
  const args = [...ALWAYS.split(" "), "-m", String(memoryMib), "-qmp", `unix:${socket},server=on,wait=off`];
  // So that the other checks of a production can be seen to pass: what this hides is a gate of its own.
  if (isOpenlyVirtual) args.push("-cpu", "max");
  else args.push("-cpu", "max,-hypervisor", "-smbios", "type=1,manufacturer=Example,product=Board");
  if (firmware === "uefi") {
    const variables = join(folder, "variables.fd");
    copyFileSync(OVMF.variables, variables);
    args.push("-drive", `if=pflash,format=raw,readonly=on,file=${OVMF.code}`);
    args.push("-drive", `if=pflash,format=raw,file=${variables}`);
  }
  args.push("-device", "qemu-xhci,id=usb");
  if (keyboard === "usb") args.push("-device", "usb-kbd,bus=usb.0");
  args.push("-drive", `if=none,id=out,format=raw,file=${stick}`, "-device", "usb-storage,bus=usb.0,drive=out");
  if (start.kind === "kernel") {
    args.push("-kernel", start.kernel, "-initrd", start.initramfs, "-append", start.commandLine);
  } else {
    const drive = `if=none,id=image,format=raw,readonly=on,file=${start.image}`;
    const device = start.kind === "cd" ? "ide-cd,drive=image" : "usb-storage,bus=usb.0,drive=image";
    args.push("-drive", start.kind === "cd" ? `${drive},media=cdrom` : drive, "-device", `${device},bootindex=1`);
  }
  if (!existsSync(stick)) throw new Error(`no stick ${stick}`);
  return [...args, ...devices];
}
