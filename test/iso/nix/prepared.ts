import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { ROOT } from "../../tools/sources.ts";
import { bound } from "../../tools/speed.ts";
import { newNixFolder } from "./nix.ts";

/** Programs that would change this machine; each writes its call down. */
const FAKES: Readonly<Record<string, string>> = {
  dmesg: "echo 'mem auto-init: stack:off, heap alloc:on, heap free:on'",
  loadkeys: "",
  mount: "",
  setfont: "",
  stty: "echo 24 80",
  umount: "",
};

export interface PreparedMachine {
  /** What is typed, a line an answer. */
  readonly typed: string;
  /** Whether the console is drawn by the kernel, on a frame buffer. */
  readonly frameBuffer?: boolean;
  readonly fakes?: Readonly<Record<string, string>>;
  readonly before?: (at: (path: string) => string) => void;
  readonly env?: Readonly<Record<string, string>>;
}

interface Outcome {
  readonly status: number | null;
  readonly screen: string;
  /** Calls of the fakes, in order. */
  readonly calls: readonly string[];
  /** A file that the program left, undefined if it did not. */
  file(path: string): string | undefined;
  /** What is in a folder. */
  left(path: string): readonly string[];
}

/** Runs a program of the image with its own text, on a machine that is a folder: its paths begin there. */
export function runProgram(t: TestContext, name: "prepare" | "end", machine: PreparedMachine): Outcome {
  const folder = newNixFolder(t);
  const at = (path: string): string => join(folder, path);
  for (const path of ["run/ceremony", "run/booted", "etc/ceremony", "dev/disk/by-label", "out", "fakes/bin"])
    mkdirSync(at(path), { recursive: true });
  for (const [program, answer] of Object.entries({ ...FAKES, ...machine.fakes })) {
    writeFileSync(at(`fakes/bin/${program}`), `#!/bin/bash\necho "${program} $*" >>"${at("calls")}"\n${answer}\n`);
    chmodSync(at(`fakes/bin/${program}`), 0o755);
  }
  writeFileSync(at("run/ceremony/ceremony"), "the executable");
  const hash = createHash("sha256").update("the executable").digest("hex");
  writeFileSync(at("etc/ceremony/payload.sha256"), `${hash}  ${at("run/ceremony/ceremony")}\n`);
  writeFileSync(
    at("etc/ceremony/machine.json.in"),
    '{"commandLine":"BOOT_IMAGE=/boot/vmlinuz init=@system@/init quiet"}',
  );
  writeFileSync(at("etc/ceremony/arguments"), "--mode\nproduction\n--network\nmainnet\n");
  writeFileSync(at("dev/disk/by-label/CEREMONYOUT"), "");
  if (machine.frameBuffer === true) writeFileSync(at("dev/fb0"), "");
  writeFileSync(at("dev/tty1"), machine.typed);
  machine.before?.(at);
  const text = readFileSync(join(ROOT, `iso/appliance.${name}.sh`), "utf8")
    .replaceAll("@bash@", "")
    .replaceAll("@recipient@", readFileSync(join(ROOT, "iso/appliance.recipient.sh"), "utf8"))
    .replaceAll(/@(?:coreutils|kbd|utilLinux)@\/bin/g, `${at("fakes")}/bin:/usr/bin`)
    .replaceAll("@fonts@", "/fonts")
    .replaceAll("@label@", "CEREMONYOUT")
    .replaceAll("@out@", at("out"))
    .replaceAll("/run/booted-system", at("run/booted"))
    .replaceAll(/(?<=[ "=])\/(?=(?:run|etc)\/ceremony|dev\/(?:fb0|disk))/g, `${folder}/`)
    // A stick is a block device, which only root could make here.
    .replaceAll("[ ! -b ", "[ ! -e ")
    .replaceAll("[ -b ", "[ -e ")
    .replaceAll(">/run/", `>${folder}/run/`)
    .replaceAll("</etc/", `<${folder}/etc/`)
    .replaceAll("</dev/tty1", `<${folder}/dev/tty1`);
  writeFileSync(at("program"), text);
  const { status, stdout, stderr } = spawnSync("bash", [at("program")], {
    // systemd gives the console to what runs before and at the start, and /dev/null to what runs after.
    input: name === "prepare" ? machine.typed : "",
    encoding: "utf8",
    timeout: bound(10_000),
    env: { PATH: "/usr/bin:/bin", ...machine.env },
  });
  assert.equal(stderr, "");
  return {
    status,
    screen: stdout.replaceAll(folder, ""),
    calls: existsSync(at("calls")) ? readFileSync(at("calls"), "utf8").replaceAll(folder, "").trim().split("\n") : [],
    left: (path) => readdirSync(at(path)),
    file: (path) => (existsSync(at(path)) ? readFileSync(at(path), "utf8").replaceAll(folder, "") : undefined),
  };
}

export const MOUNT =
  "mount -t vfat -o rw,nosuid,nodev,noexec,noatime,flush,uid=900,gid=900,umask=077 /dev/disk/by-label/CEREMONYOUT /out";
