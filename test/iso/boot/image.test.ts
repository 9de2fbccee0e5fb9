import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { commandLine } from "../../../iso/boot/image.ts";
import { MODULES } from "../../../iso/boot/modules.ts";
import { CHECKOUT } from "../../deploy/release/artefact.ts";
import { needs } from "../../tools/need.ts";
import { builtImage, fileHash, OUTPUT } from "./image.ts";

const TOOLS = needs("xorriso", "grub", "grubEfi", "mtools", "dosfstools", "busybox", "font");
const FILES = ["ceremony-test.iso", "initrd", "vmlinuz"];

test(
  "built again in another folder, at another time, in another zone, with another umask: the same bytes",
  TOOLS,
  async (t) => {
    const { executable } = await builtImage();
    const folder = mkdtempSync(join(tmpdir(), "boot-image-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const build = [
      process.execPath,
      "iso/boot/main.ts",
      "--executable",
      executable,
      "--output",
      join(folder, "deep/er"),
    ];
    const line = 'umask 077; exec "$@"';
    const env = { PATH: process.env["PATH"] ?? "", TZ: "Pacific/Chatham", LC_ALL: "C.UTF-8" };
    execFileSync("sh", ["-c", line, "sh", ...build], { cwd: CHECKOUT, env, stdio: ["ignore", "ignore", "pipe"] });
    for (const name of [...FILES, "SHA256SUMS", "packages.txt"])
      assert.equal(fileHash(join(folder, "deep/er", name)), fileHash(join(OUTPUT, name)), name);
    for (const name of FILES) t.diagnostic(`${name}: sha256 ${fileHash(join(OUTPUT, name))}`);
  },
);

test("the image holds the executable of this tree, byte for byte, and its sum", TOOLS, async (t) => {
  const { executable, iso } = await builtImage();
  const folder = mkdtempSync(join(tmpdir(), "boot-image-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const initrd = join(folder, "initrd");
  execFileSync("xorriso", ["-osirrox", "on", "-indev", iso, "-extract", "/boot/initrd", initrd], { stdio: "ignore" });
  assert.equal(fileHash(initrd), fileHash(join(OUTPUT, "initrd")));
  // Unpacked by Debian's own tools, which share nothing with what packed it.
  execFileSync("sh", ["-c", 'zstd -qdc "$1" | (cd "$2" && busybox cpio -idm 2>/dev/null)', "sh", initrd, folder]);
  assert.equal(fileHash(join(folder, "bin/ceremony")), fileHash(executable));
  const sums = execFileSync("sha256sum", ["--check", "etc/boot/SHA256SUMS"], { cwd: folder, encoding: "utf8" });
  assert.match(sums, /^bin\/ceremony: OK$/m);
  const listed = readFileSync(join(folder, "etc/boot/modules"), "utf8").trim().split("\n");
  assert.deepEqual(
    listed,
    MODULES.map((name) => `${name}.ko.xz`),
  );
  const found = execFileSync("busybox", ["find", "lib/modules", "-type", "f"], { cwd: folder, encoding: "utf8" });
  assert.deepEqual(
    found.trim().split("\n").sort(),
    listed.map((name) => `lib/modules/${name}`).sort(),
    "no driver but those that are loaded",
  );
});

test("both modes start the kernel in the same way, and say which they are", () => {
  assert.equal(commandLine("production"), commandLine("rehearsal").replace("=rehearsal", "=production"));
  for (const word of ["init_on_free=1", "lockdown=confidentiality", "ipv6.disable=1"])
    assert.ok(commandLine("production").split(" ").includes(word), word);
});
