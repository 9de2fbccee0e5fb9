import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { copyCheckout, evaluate, newNixFolder } from "./nix.ts";

/** What the flake says of a checkout: its image, and the verdicts that need no build. */
const VERDICTS = ["packages.iso", "checks.policy-production", "checks.policy-rehearsal", "checks.services"];

function verdictOf(checkout: string): string {
  const attributes = VERDICTS.map((name) => `flake.${name.replace(".", ".x86_64-linux.")}`);
  try {
    evaluate(`let inherit (import ${checkout}/iso/check.stub.nix) flake; in [ ${attributes.join(" ")} ]`);
    return "";
  } catch (error) {
    return /error: (.*)/.exec(String(error))?.[1] ?? String(error);
  }
}

/**
 * What NixOS' own modules found, one a row: the text that is there, the text that was, and what NixOS said. Each was
 * green here when the stub did nothing to values.
 */
const FOUND: readonly (readonly [file: string, now: string, then: string, said: string])[] = [
  ["appliance.nix", "firmware = pkgs.emptyDirectory;", "firmware = [ ];", "cd: null directory"],
  ["appliance.nix", "mkForce [ modulesTree ]", "mkForce [ closure ]", "cannot stat modules.order"],
  ["appliance.nix", '"fbcon=nodefer"', "", "policy: console_not_deferred"],
  ["appliance.nix", '"pstore.backend=none"', "", "policy: flash_untouched"],
  ["appliance.nix", '"-/sys/fs/pstore"', "", "policy: flash_untouched"],
  ["appliance.nix", '"-/sys/firmware/efi/efivars"', "", "policy: flash_untouched"],
  ["check.nix", "config.hardware.firmware.paths == [ ]", "config.hardware.firmware == [ ]", "policy: firmware_none"],
  ["check.nix", "sorted config.boot.kernelModules == sorted", "config.boot.kernelModules ==", "policy: modules_listed"],
  ["appliance.nix", "boot.kexec.enable = mkForce false;", "boot.kexec.enable = true;", "policy: kexec_off"],
  ["appliance.nix", "powerManagement.enable = mkForce false;", "powerManagement.enable = true;", "policy: sleep_off"],
  [
    "appliance.nix",
    "systemd.shutdownRamfs.enable = mkForce false;",
    "systemd.shutdownRamfs.enable = true;",
    "policy: sleep_off",
  ],
  ["appliance.nix", "systemd.services.register-nix-paths.enable = mkForce false;", "", "policy: nix_off"],
  [
    "appliance.nix",
    "systemd.services.lastlog2-import.enable = mkForce false;",
    "",
    "services: default.target.wants/lastlog2-import.service",
  ],
  [
    "appliance.nix",
    "systemd.services.systemd-tmpfiles-resetup.enable = mkForce false;",
    "",
    "services: sysinit-reactivation.target.requires/systemd-tmpfiles-resetup.service",
  ],
  ["appliance.nix", '[ "systemd-pstore.service" ]', "[ ]", "services: sysinit.target.wants/systemd-pstore.service"],
  ["appliance.nix", "{ systemd-tmpfiles-clean.enable = false; }", "{ }", "policy: no_timers"],
];

describe("what NixOS found is found by the stub", needs("nix"), () => {
  test("as it is now, it is content", () => assert.equal(verdictOf(ROOT), ""));

  for (const [file, now, then, said] of FOUND)
    test(`${said}: ${now}`, (t) => {
      const checkout = copyCheckout(newNixFolder(t));
      const path = join(checkout, "iso", file);
      const text = readFileSync(path, "utf8");
      assert.equal(text.split(now).length, 2, "it is there once");
      writeFileSync(path, text.replace(now, then));
      assert.equal(verdictOf(checkout), said);
    });
});

test(
  "the image is packed by a GRUB without liblzma",
  needs("grub", "grubEfi", "mtools", "dosfstools", "xorriso"),
  (t) => {
    const folder = newNixFolder(t);
    mkdirSync(join(folder, "bin"));
    const real = spawnSync("sh", ["-c", "command -v grub-mkimage"], { encoding: "utf8" }).stdout.trim();
    const lines = [
      'case " $* " in *" -C xz "* | *" --compression=xz "*)',
      '  echo "grub-mkimage is compiled without XZ support" >&2; exit 1 ;;',
      "esac",
      `exec ${real} "$@"`,
    ];
    writeFileSync(join(folder, "bin/grub-mkimage"), `#!/bin/sh\n${lines.join("\n")}\n`);
    chmodSync(join(folder, "bin/grub-mkimage"), 0o755);
    for (const name of ["kernel", "initrd", "grub.cfg"]) writeFileSync(join(folder, name), name);
    const pack = (script: string) =>
      spawnSync(
        "bash",
        [script, "image.iso", "kernel", "initrd", "grub.cfg", "/usr/lib/grub/i386-pc", "/usr/lib/grub/x86_64-efi"],
        {
          cwd: folder,
          env: { PATH: `${folder}/bin:${process.env["PATH"]}`, TMPDIR: folder },
          encoding: "utf8",
        },
      );
    const script = join(ROOT, "iso/appliance.image.sh");
    const packed = pack(script);
    assert.equal(packed.status, 0, packed.stderr);
    writeFileSync(
      join(folder, "old.sh"),
      readFileSync(script, "utf8").replaceAll("grub-mkimage -d", "grub-mkimage -C xz -d"),
    );
    assert.match(pack(join(folder, "old.sh")).stderr, /without XZ support/);
  },
);

test("the page's QEMU starts the image, and not the stick", () => {
  const page = readFileSync(join(ROOT, "iso/README.md"), "utf8");
  const lines = page.match(/^ {4}qemu-system-x86_64 (?:.*\\\n)*.*$/gm) ?? [];
  assert.equal(lines.length, 1);
  for (const line of lines) assert.match(line, / -boot d /);
});
