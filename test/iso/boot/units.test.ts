import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { type EvaluatedMachine, unitsCommandLine } from "../../../iso/boot/units.ts";
import { builtCeremony } from "../../deploy/release/artefact.ts";
import { KEYS } from "../../rehearsal/console.ts";
import { needs } from "../../tools/need.ts";
import { newNixFolder } from "../nix/nix.ts";
import { BootMachine, type BootMachineOptions } from "./machine.ts";
import { checksOf, endCeremony, passSelfTest, REFUSED } from "./selftest.ts";
import { makeStick, readStick } from "./stick.ts";
import { evaluatedMachine, packedImage, unitsImage } from "./units.ts";

const TOOLS = needs("nix", "qemu", "ovmf", "xorriso", "grub", "grubEfi", "mtools", "dosfstools", "busybox", "font");

/** The copy of the executable in /run, a tmpfs, has a fifth of it. */
const MEMORY_MIB = 1536;

/** For the program's end to have passed without the machine going off: the fault took a second. */
const STAYS_MS = 500;

const LEFT = "Press Enter: the machine goes off.";

/** A machine for one test, with the image that a change of the module and of its programs makes. */
class Bench {
  readonly stick: string;
  readonly #folder: string;
  readonly #machine: EvaluatedMachine;

  constructor(t: TestContext, executable: string, { units = (it) => it, program = (it) => it }: Change) {
    this.#folder = newNixFolder(t);
    this.stick = join(this.#folder, "out.img");
    makeStick(this.stick, "CEREMONYOUT");
    const store = join(this.#folder, "store");
    this.#machine = units(evaluatedMachine(store));
    const { kernel, initramfs } = unitsImage(this.#machine, store, executable, program);
    writeFileSync(this.#part("vmlinuz"), kernel);
    writeFileSync(this.#part("initrd"), initramfs);
  }

  #part(name: "vmlinuz" | "initrd"): string {
    return join(this.#folder, name);
  }

  /** As a person starts it: GRUB's entry, from a CD under UEFI; or the kernel at once. */
  start(firmware: "bios" | "uefi"): Promise<BootMachine> {
    const parts = { kernel: this.#part("vmlinuz"), initramfs: this.#part("initrd") };
    const line = unitsCommandLine(this.#machine);
    const start: BootMachineOptions["start"] =
      firmware === "bios"
        ? { kind: "kernel", ...parts, commandLine: line }
        : { kind: "cd", image: packedImage(this.#folder, parts, line) };
    return BootMachine.start({ firmware, start, stick: this.stick, memoryMib: MEMORY_MIB });
  }

  transcript(): Buffer {
    const transcript = readStick(this.stick, "ceremony-1/transcript.jsonl");
    assert.ok(transcript, "the stick has a transcript");
    return transcript;
  }
}

interface Change {
  readonly units?: (machine: EvaluatedMachine) => EvaluatedMachine;
  readonly program?: (text: string) => string;
}

/** The questions before the ceremony, each with its first answer. */
async function prepare(machine: BootMachine, firmware: "bios" | "uefi"): Promise<void> {
  if (firmware === "uefi") {
    await machine.waitFor("Characters:");
    await machine.press(KEYS.enter);
  }
  await machine.waitFor("Keyboard:");
  await machine.press(KEYS.enter);
}

const isOff = (machine: BootMachine, withinMs: number): Promise<boolean> =>
  machine.off(withinMs).then(
    () => true,
    () => false,
  );

async function assertPassed(t: TestContext, firmware: "bios" | "uefi"): Promise<void> {
  const bench = new Bench(t, await builtCeremony(), {});
  const machine = await bench.start(firmware);
  try {
    await prepare(machine, firmware);
    const rows: string[] = [];
    await passSelfTest(machine, rows);
    assertAllPass(rows, firmware);
    await endCeremony(machine);
    const screen = await machine.waitFor(LEFT);
    assert.match(screen.join("\n"), /The ceremony ended with 3\. Press Enter/);
    assert.equal(await isOff(machine, STAYS_MS), false, "it waits for the console's Enter");
    await machine.press(KEYS.enter);
    await machine.off();
  } finally {
    await machine.close();
  }
}

/** What the pages say: an ended ceremony that wrote no transcript has nothing else. */
function assertAllPass(rows: readonly string[], firmware: "bios" | "uefi"): void {
  const checks = rows.filter((row) => /^\w+ {2,}\S/.test(row) && !row.startsWith("Enter"));
  assert.ok(checks.length > 50, rows.join("\n"));
  assert.deepEqual(
    checks.filter((row) => !/^(?:pass|info) /.test(row)),
    [],
    "nothing fails on this machine",
  );
  const value = (name: string): string =>
    checks
      .find((row) => row.includes(name))
      ?.split(/ {2,}/)
      .at(-1) ?? "";
  assert.equal(value("Kernel started as the image says"), "as the image was built");
  assert.match(value("Nothing mounted that keeps what is written"), /^memory/);
  // Read-only, and read all the same.
  assert.equal(value("Secure boot"), firmware === "uefi" ? "off" : "BIOS");
}

/** The module and its program as they were. */
const OLD: Change = {
  units(machine) {
    const { ceremony } = machine.services;
    assert.ok(ceremony?.serviceConfig);
    const { ReadOnlyPaths, ...serviceConfig } = ceremony.serviceConfig;
    assert.ok(ReadOnlyPaths);
    return { ...machine, services: { ...machine.services, ceremony: { ...ceremony, serviceConfig } } };
  },
  program: (text) => text.replace("  exec </dev/tty1\n", ""),
};

async function assertOld(t: TestContext, firmware: "bios" | "uefi", mounted: string): Promise<void> {
  const bench = new Bench(t, await builtCeremony(), OLD);
  const machine = await bench.start(firmware);
  try {
    await prepare(machine, firmware);
    const screen = await passSelfTest(machine);
    assert.ok(screen.join("\n").includes(REFUSED), screen.join("\n"));
    await machine.press(KEYS.enter);
    await machine.off();
  } finally {
    await machine.close();
  }
  const failed = checksOf(bench.transcript()).filter(({ outcome }) => outcome === "fail");
  assert.deepEqual(
    failed.map(({ id, value }) => [id, value]),
    [["writable_mounts", mounted]],
  );
}

describe("the image's own units, under a systemd that is newer than the base image's", { concurrency: 2 }, () => {
  for (const firmware of ["bios", "uefi"] as const)
    test(`${firmware}: a production fails on nothing, and its end waits for Enter`, TOOLS, (t) =>
      assertPassed(t, firmware),
    );

  if (process.env["DEEP"] === "1")
    for (const [firmware, mounted] of [
      ["bios", "2: pstore vfat"],
      ["uefi", "3: pstore efivarfs vfat"],
    ] as const)
      test(`${firmware}: with the old text a production is refused, and its end does not wait`, TOOLS, (t) =>
        assertOld(t, firmware, mounted),
      );
});

test(
  "the kernel's line takes the framebuffer console over at once, and writes no crash into flash",
  needs("nix"),
  (t) => {
    const words = unitsCommandLine(evaluatedMachine(newNixFolder(t))).split(" ");
    for (const word of ["fbcon=nodefer", "pstore.backend=none"]) assert.ok(words.includes(word), word);
  },
);
