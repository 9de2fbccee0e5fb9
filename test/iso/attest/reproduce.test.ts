import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { describeDifference, firstDifference, partAt, sections } from "../../../iso/attest/difference.ts";
import { builtCeremony } from "../../deploy/release/artefact.ts";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "reproduce-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A copy with one bit of one byte turned. */
function changed(path: string, copy: string, offset: number): string {
  copyFileSync(path, copy);
  const file = openSync(copy, "r+");
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ 1;
  writeSync(file, byte, 0, 1, offset);
  closeSync(file);
  return copy;
}

test("the first difference is found wherever it is, and so is an end", (t) => {
  const folder = newFolder(t);
  const [one, other] = [join(folder, "one"), join(folder, "other")];
  const large = Buffer.alloc((2 << 20) + 10, 7);
  writeFileSync(one, large);
  for (const offset of [0, 1, (1 << 20) - 1, 1 << 20, large.length - 1])
    assert.equal(firstDifference(one, changed(one, other, offset)), offset);
  for (const length of [0, 5, 1 << 20, large.length - 1]) {
    writeFileSync(other, large.subarray(0, length));
    assert.equal(firstDifference(one, other), length);
    assert.equal(firstDifference(other, one), length);
  }
  writeFileSync(other, large);
  assert.equal(firstDifference(one, other), undefined);
  assert.equal(describeDifference(one, other), undefined);
  assert.equal(describeDifference(one, changed(one, other, 9)), "first difference at byte 9: 07 and 06");
});

test("in an executable it is named by its section, as readelf names them", needs("readelf"), async (t) => {
  const file = await builtCeremony();
  const found = sections(file);
  const { stdout } = spawnSync("readelf", ["-W", "--section-headers", file], { encoding: "utf8" });
  const rows = [...stdout.matchAll(/^ *\[ *\d+\] (\S*) +(\S+) +[0-9a-f]{16} ([0-9a-f]+) ([0-9a-f]+) /gm)];
  const expected = rows
    .filter(([, , type, , size]) => type !== "NOBITS" && type !== "NULL" && Number.parseInt(size ?? "", 16) > 0)
    .map(([, name, , start, size]) => [
      `section ${name}`,
      Number.parseInt(start ?? "", 16),
      Number.parseInt(size ?? "", 16),
    ]);
  assert(expected.length > 20);
  assert.deepEqual(
    found.map(({ name, start, end }) => [name, start, end - start]),
    expected,
  );

  const copy = join(newFolder(t), "ceremony");
  for (const name of ["section .text", "section .rodata"]) {
    const part = found.find((one) => one.name === name);
    assert(part !== undefined);
    assert.match(
      describeDifference(file, changed(file, copy, part.start + 77)) ?? "",
      new RegExp(`, in ${name}, 77 bytes from its start: `),
    );
  }
  // The program itself, which pkg put in: the part that a change of a source changes.
  const source = readFileSync(file).lastIndexOf("usage: ceremony");
  assert.match(describeDifference(file, changed(file, copy, source)) ?? "", /, in note NODE_SEA_BLOB, \d+ bytes/);
  assert.equal(partAt(found, statSync(file).size), undefined);
});

test(
  "in an image it is named by its file, or by what lies around the files",
  needs("xorriso", "grub", "grubEfi", "mtools", "dosfstools"),
  (t) => {
    const folder = newFolder(t);
    const pack = (name: string, initrd: string): string => {
      mkdirSync(join(folder, name));
      const at = (file: string) => join(folder, name, file);
      writeFileSync(at("kernel"), "k".repeat(5000));
      writeFileSync(at("initrd"), initrd);
      const grub = ["/usr/lib/grub/i386-pc", "/usr/lib/grub/x86_64-efi"];
      const args = [at("image.iso"), at("kernel"), at("initrd"), join(ROOT, "iso/appliance.grub.cfg"), ...grub];
      const run = spawnSync("bash", [join(ROOT, "iso/appliance.image.sh"), ...args], { encoding: "utf8" });
      assert.equal(run.status, 0, run.stderr);
      return at("image.iso");
    };
    const one = pack("one", "a".repeat(9000));
    assert.match(
      describeDifference(one, pack("two", `${"a".repeat(8000)}b${"a".repeat(999)}`)) ?? "",
      /in file \/boot\/initrd, 8000 bytes from its start: 61 and 62$/,
    );
    const copy = join(folder, "copy.iso");
    assert.match(
      describeDifference(one, changed(one, copy, 3)) ?? "",
      /in the boot sector and partition table, 3 bytes/,
    );
    assert.match(describeDifference(one, changed(one, copy, 16 * 2048 + 100)) ?? "", /in folders and descriptors/);
    const efi = readFileSync(one).indexOf("BOOTX64 EFI");
    assert(efi > 0);
    assert.match(describeDifference(one, changed(one, copy, efi)) ?? "", /in partition /);
  },
);

test("one command rebuilds the executable in two clean clones, and says that they are equal", needs("git"), (t) => {
  const packages = join(ROOT, "node_modules");
  const folder = newFolder(t);
  // What is not committed is no part of it: the clones are of a clone.
  const clone = join(folder, "clone");
  const run = (program: "git" | "bash", ...args: string[]) =>
    spawnSync(program, args, { encoding: "utf8", cwd: folder });
  assert.equal(run("git", "clone", "-q", ROOT, clone).status, 0);
  const command = [join(clone, "iso/reproduce"), "--executable-only", "--packages", packages];
  const { status, stdout, stderr } = run("bash", ...command);
  assert.match(stdout, /== executable\nequal\n([0-9a-f]{64}) /, stderr);
  assert.match(stdout, /== bill of materials\nequal\n/);
  assert.match(stdout, /^ceremony: (?:OK|FAILED)$/m);
  assert.equal(status, stdout.includes("ceremony: OK") ? 0 : 1, stderr);
  assert.equal(run("bash", command[0] ?? "", "--what").status, 2);
  assert.equal(run("bash", command[0] ?? "", "no-such-commit").status, 2);
});
