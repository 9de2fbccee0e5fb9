import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { verifyTranscript } from "../../../ceremony/transcript/verify.ts";
import { commandLine, type Variant, variantArchive } from "../../../iso/boot/image.ts";
import { collectParts } from "../../../iso/boot/parts.ts";
import { CHECKOUT } from "../../deploy/release/artefact.ts";
import { KEYS } from "../../rehearsal/console.ts";
import { needs } from "../../tools/need.ts";
import { GATE_FAULTS, GATES_TOGETHER, type GateFault } from "./gates.ts";
import { type BootImage, builtImage } from "./image.ts";
import { BootMachine } from "./machine.ts";
import { checksOf, endCeremony, passSelfTest, REFUSED } from "./selftest.ts";
import { makeStick, makeSwap, readStick, stickFiles } from "./stick.ts";

const TOOLS = needs("qemu", "xorriso", "grub", "grubEfi", "mtools", "dosfstools", "busybox", "font");

/** One machine after the other beside another: two cores. */
const TWO = { concurrency: 2 } as const;

/** What one machine has of several faults. */
function together(
  faults: readonly GateFault[],
): Required<Pick<GateFault, "red" | "devices">> & Omit<GateFault, "name" | "red" | "devices"> {
  const devices = new Set<string>();
  // A card or a controller that two of them want is there once.
  const pairs = faults.flatMap(({ devices: own = [] }) =>
    own.filter((_, at) => at % 2 === 0).map((_, pair) => own.slice(2 * pair, 2 * pair + 2)),
  );
  for (const pair of pairs) devices.add(pair.join("\n"));
  const variants = faults.flatMap(({ variant }) => variant ?? []);
  const variant: Variant = {
    modules: [...new Set(variants.flatMap(({ modules = [] }) => modules))],
    commands: variants.map(({ commands = "" }) => commands).join(""),
  };
  const memoryMib = faults.find((fault) => fault.memoryMib !== undefined)?.memoryMib;
  const extraArgument = faults.find((fault) => fault.extraArgument !== undefined)?.extraArgument;
  return {
    red: faults.flatMap(({ red }) => red),
    devices: [...devices].flatMap((pair) => pair.split("\n")),
    ...(variants.length === 0 ? {} : { variant }),
    ...(memoryMib === undefined ? {} : { memoryMib }),
    ...(extraArgument === undefined ? {} : { extraArgument }),
    isOpenlyVirtual: faults.some((fault) => fault.isOpenlyVirtual === true),
  };
}

/** A machine for one test, with its stick, and its disks beside. */
class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), "boot-gate-"));
  readonly stick = join(this.folder, "out.img");
  readonly #image: BootImage;

  constructor(t: TestContext, image: BootImage) {
    this.#image = image;
    makeStick(this.stick, "CEREMONYOUT");
    makeSwap(join(this.folder, "swap.img"), "SWAPPING");
    makeStick(join(this.folder, "mounted.img"), "MOUNTED");
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** The image's initramfs, or that of an image in which somebody has done something; its hash is printed. */
  initramfs(t: TestContext, variant: Variant | undefined): string {
    if (variant === undefined) return this.#image.initramfs;
    const parts = collectParts(this.#image.executable, join(CHECKOUT, ".cache/boot"));
    const bytes = Buffer.concat([
      readFileSync(this.#image.initramfs),
      Buffer.alloc(-readFileSync(this.#image.initramfs).length & 3),
      variantArchive(parts, variant),
    ]);
    const path = join(this.folder, "variant");
    writeFileSync(path, bytes);
    t.diagnostic(`variant of the initramfs: sha256 ${createHash("sha256").update(bytes).digest("hex")}`);
    return path;
  }

  /** Starts the checks of a production on a machine with these faults. */
  start(t: TestContext, fault: Omit<GateFault, "name" | "red">, keyboard: "usb" | "ps2" = "usb"): Promise<BootMachine> {
    const line = commandLine("production");
    const devices = (fault.devices ?? []).map((text) =>
      text.replace(/DISK-(\w+)/, (_, name) => join(this.folder, `${name}.img`)),
    );
    return BootMachine.start({
      firmware: "bios",
      start: {
        kind: "kernel",
        kernel: this.#image.kernel,
        initramfs: this.initramfs(t, fault.variant),
        commandLine: fault.extraArgument === undefined ? line : `${line} ${fault.extraArgument}`,
      },
      stick: this.stick,
      // A USB keyboard is allowed, and there in every machine that gets as far as the checks.
      keyboard,
      devices,
      ...(fault.memoryMib === undefined ? {} : { memoryMib: fault.memoryMib }),
      ...(fault.isOpenlyVirtual === undefined ? {} : { isOpenlyVirtual: fault.isOpenlyVirtual }),
    });
  }

  transcript(): Buffer {
    const bytes = readStick(this.stick, "ceremony-1/transcript.jsonl");
    assert.ok(bytes, "there is a transcript on the stick");
    return bytes;
  }
}

/** The last refusal, what init says, and the end. */
async function leave(machine: BootMachine): Promise<void> {
  await machine.press(KEYS.enter);
  await machine.waitFor("the machine goes off");
  await machine.press(KEYS.enter);
  await machine.off();
}

async function assertRefused(t: TestContext, faults: readonly GateFault[]): Promise<void> {
  const bench = new Bench(t, await builtImage());
  const { red, ...machineOptions } = together(faults);
  const machine = await bench.start(t, machineOptions);
  try {
    const screen = await passSelfTest(machine);
    if (red.length > 0) assert.ok(screen.join("\n").includes(REFUSED), screen.join("\n"));
    await leave(machine);
  } finally {
    await machine.close();
  }
  const transcript = bench.transcript();
  const verdict = verifyTranscript(transcript);
  assert.deepEqual([verdict.kind, verdict.step?.id, verdict.ended], ["stopped", "selftest", "refused"]);
  const checks = checksOf(transcript);
  const failed = checks.filter(({ outcome }) => outcome === "fail");
  t.diagnostic(failed.map(({ id, value }) => `${id}: ${value}`).join("; "));
  assert.deepEqual(failed.map(({ id }) => id).sort(), [...new Set(red)].sort());
  for (const [id, seen] of faults.flatMap(({ sees = {} }) => Object.entries(sees)))
    assert.ok(failed.find((check) => check.id === id)?.value.includes(seen), `${id} sees ${seen}`);
}

/** Init itself refuses, before the ceremony; nothing is on the stick then. */
async function assertNotStarted(t: TestContext, fault: Omit<GateFault, "name" | "red">, why: string): Promise<void> {
  const bench = new Bench(t, await builtImage());
  const machine = await bench.start(t, fault, "ps2");
  try {
    const screen = await machine.waitFor("the machine goes off");
    assert.ok(screen.join("\n").includes(why), screen.join("\n"));
    await machine.press(KEYS.enter);
    await machine.off();
  } finally {
    await machine.close();
  }
  assert.deepEqual(stickFiles(bench.stick), []);
}

describe("the gates of a production, on machines that are started for them", TWO, () => {
  test(
    "a machine with nothing wrong but what this image is passes every one; a USB keyboard is allowed",
    TOOLS,
    async (t) => {
      const bench = new Bench(t, await builtImage());
      const machine = await bench.start(t, {});
      try {
        await passSelfTest(machine);
        await endCeremony(machine);
        await machine.waitFor("ended with 3");
      } finally {
        await machine.close();
      }
    },
  );

  const groups =
    process.env["DEEP"] === "1"
      ? Object.keys(GATE_FAULTS).map((name) => [name as keyof typeof GATE_FAULTS])
      : GATES_TOGETHER;
  for (const group of groups) {
    const faults = group.map((name): GateFault => GATE_FAULTS[name]);
    test(`red: ${faults.map(({ name }) => name).join("; ")}`, TOOLS, (t) => assertRefused(t, faults));
  }

  test("init starts no executable but the one that was built", TOOLS, async (t) => {
    const changed = readFileSync((await builtImage()).executable);
    const last = changed.length - 1;
    changed[last] = (changed[last] ?? 0) ^ 1;
    const variant = { files: new Map([["bin/ceremony", changed]]) };
    await assertNotStarted(t, { variant }, "CHANGED: bin/ceremony: FAILED");
  });

  test("init starts nothing where freed memory is not zeroed", TOOLS, (t) =>
    assertNotStarted(t, { extraArgument: "init_on_free=0" }, "does not zero the memory that is freed"),
  );
});

test("every fault is on a machine", () =>
  assert.deepEqual(GATES_TOGETHER.flat().sort(), Object.keys(GATE_FAULTS).sort()));
