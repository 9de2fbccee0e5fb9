import { execFileSync, spawnSync } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";

const STICK_MIB = 64;

const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`, MTOOLS_SKIP_CHECK: "1" };
const run = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: "utf8", env });

/** Makes an image of a stick as people bring it: one FAT file system with this name, and these files. */
export function makeStick(path: string, label: string, files: Readonly<Record<string, string>> = {}): void {
  writeFileSync(path, "");
  truncateSync(path, STICK_MIB << 20);
  run("mkfs.vfat", "-n", label, path);
  for (const [name, text] of Object.entries(files))
    execFileSync("mcopy", ["-i", path, "-", `::/${name}`], { env, input: text });
}

/** Every file on it, by its path, sorted. */
export function stickFiles(path: string): string[] {
  // mdir(1) takes a folder without anything in it for one that is not there.
  const { stdout, stderr } = spawnSync("mdir", ["-/", "-b", "-a", "-i", path, "::/"], { encoding: "utf8", env });
  if (stderr !== "" && !stderr.includes('"::/" not found')) throw new Error(stderr);
  return stdout
    .split("\n")
    .map((line) => line.replace(/^::\//, ""))
    .filter((line) => line !== "" && !line.endsWith("/"))
    .sort();
}

/** The contents of one file, or undefined if it is not there. */
export function readStick(path: string, name: string): Buffer | undefined {
  try {
    return execFileSync("mtype", ["-i", path, `::/${name}`], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 1 << 24,
    });
  } catch {
    return undefined;
  }
}

/** Makes an image of a disk that is all swap. */
export function makeSwap(path: string, label: string): void {
  writeFileSync(path, "");
  truncateSync(path, STICK_MIB << 20);
  execFileSync("mkswap", ["--label", label, path], { env, stdio: "ignore" });
}
