import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashSources } from "../../../ceremony/host/identity.ts";
import { alone, builtCeremony, CHECKOUT } from "../../deploy/release/artefact.ts";

/** Where `npm run iso` leaves the image and its parts. */
export const OUTPUT = join(CHECKOUT, "dist/boot");

export interface BootImage {
  readonly iso: string;
  readonly kernel: string;
  readonly initramfs: string;
  /** The executable that is in it. */
  readonly executable: string;
}

export const fileHash = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Runs the build as a person does. */
function buildImage(output: string, executable: string): void {
  const args = ["iso/boot/main.ts", "--executable", executable, "--output", output];
  execFileSync(process.execPath, args, { cwd: CHECKOUT, stdio: ["ignore", "ignore", "pipe"] });
}

/**
 * Another image to test than the one that is built here: a file, or the device of the stick that it was written to. Its
 * kernel and initramfs are taken out of it.
 */
const GIVEN = process.env["BOOT_IMAGE"];

/** The image of this tree, built first if what is there is of another; or the one that is named in BOOT_IMAGE. */
export async function builtImage(): Promise<BootImage> {
  const executable = await builtCeremony();
  mkdirSync(OUTPUT, { recursive: true });
  await alone(join(OUTPUT, ".lock"), () => {
    const sources = hashSources(CHECKOUT, ["iso/boot"]);
    if (!sources.ok) throw new Error("iso/boot is not whole");
    const stamp = `${sources.value} ${fileHash(executable)}\n`;
    const at = join(OUTPUT, ".stamp");
    if (existsSync(at) && readFileSync(at, "utf8") === stamp) return;
    buildImage(OUTPUT, executable);
    writeFileSync(at, stamp);
  });
  if (GIVEN !== undefined) return { ...extracted(GIVEN), executable };
  return {
    iso: join(OUTPUT, "ceremony-test.iso"),
    kernel: join(OUTPUT, "vmlinuz"),
    initramfs: join(OUTPUT, "initrd"),
    executable,
  };
}

function extracted(iso: string): Omit<BootImage, "executable"> {
  // Test files run beside each other: each takes its own out.
  const folder = join(OUTPUT, `given-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const [kernel, initramfs] = [join(folder, "vmlinuz"), join(folder, "initrd")];
  const parts = ["-extract", "/boot/vmlinuz", kernel, "-extract", "/boot/initrd", initramfs];
  execFileSync("xorriso", ["-osirrox", "on", "-indev", `stdio:${iso}`, ...parts], { stdio: "ignore" });
  return { iso, kernel, initramfs };
}
