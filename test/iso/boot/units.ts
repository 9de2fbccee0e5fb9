import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { laterRelease } from "../../../iso/boot/debian.ts";
import { smallFont } from "../../../iso/boot/font.ts";
import { collectParts } from "../../../iso/boot/parts.ts";
import { unitsInitramfs } from "../../../iso/boot/systemd.ts";
import type { EvaluatedMachine } from "../../../iso/boot/units.ts";
import { CONSOLE_FONT } from "../../tools/list.ts";
import { ROOT } from "../../tools/sources.ts";
import { evaluate } from "../nix/nix.ts";

/** What the module says of the machine, as the stub evaluates it, with the programs as files in a store. */
export function evaluatedMachine(store: string): EvaluatedMachine {
  return evaluate<EvaluatedMachine>(
    `let
      config = (import ${ROOT}/iso/check.stub.nix).flake.nixosConfigurations.production.config;
      texts = builtins.mapAttrs (_: it: { text = it.text or null; source = it.source or null; }) (builtins.removeAttrs config.environment.etc [ "systemd/system" ]);
    in {
      inherit (config.systemd) services timers suppressedSystemUnits defaultUnit;
      inherit (config.boot) kernelParams kernelModules;
      sysctl = config.boot.kernel.sysctl;
      tmpfiles = config.systemd.tmpfiles.settings;
      etc = texts;
      udevRules = config.services.udev.extraRules;
      journalStorage = config.services.journald.storage;
      users = builtins.mapAttrs (_: it: { uid = it.uid or null; }) config.users.users;
      payload = config.ceremony.payload;
      inherit (config.system.build) toplevel;
    }`,
    store,
  );
}

interface Packed<T> {
  readonly kernel: T;
  readonly initramfs: T;
}

/**
 * The machine of the units.
 * @param change of the text of each of the image's programs
 */
export function unitsImage(
  machine: EvaluatedMachine,
  store: string,
  executable: string,
  change: (text: string) => string,
): Packed<Buffer> {
  const cache = join(ROOT, ".cache/boot");
  const parts = collectParts(executable, cache);
  const normal = readFileSync(CONSOLE_FONT);
  const initramfs = unitsInitramfs({
    parts,
    release: laterRelease(cache),
    machine,
    executable: readFileSync(executable),
    started: readFileSync(join(ROOT, "iso/check.services"), "utf8").trimEnd().split("\n"),
    program: (path) => change(readFileSync(join(store, path), "utf8")),
    fonts: new Map<string, Uint8Array>([
      ["normal.psf.gz", normal],
      ["text.psf", smallFont(gunzipSync(normal))],
      ["large.psf.gz", readFileSync(join(dirname(CONSOLE_FONT), "FullCyrSlav-TerminusBold32x16.psf.gz"))],
    ]),
  });
  return { kernel: parts.kernel, initramfs };
}

/** An ISO of them by the image's own script, with the image's own menu. */
export function packedImage(folder: string, { kernel, initramfs }: Packed<string>, line: string): string {
  const iso = join(folder, "image.iso");
  const menu = readFileSync(join(ROOT, "iso/appliance.grub.cfg"), "utf8");
  writeFileSync(join(folder, "grub.cfg"), menu.replace("@line@", line.replace(/^BOOT_IMAGE=\S+ /, "")));
  const grub = ["/usr/lib/grub/i386-pc", "/usr/lib/grub/x86_64-efi"];
  const script = join(ROOT, "iso/appliance.image.sh");
  execFileSync("bash", [script, iso, kernel, initramfs, join(folder, "grub.cfg"), ...grub], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "ignore", "pipe"],
  });
  return iso;
}
