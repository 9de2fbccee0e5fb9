import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { type ServiceUnit, unitText } from "../../../iso/boot/units.ts";
import { readFont } from "../../rehearsal/font.ts";
import { CONSOLE_FONT } from "../../tools/list.ts";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { evaluate, newNixFolder } from "./nix.ts";

const MACHINE = `(import ${ROOT}/iso/check.stub.nix).flake.nixosConfigurations.production.config`;

/** Settings that Debian's systemd (252) does not have yet: systemd.service(5) of 253. */
const TOO_NEW = ["OpenFile"];

const readable = (unit: ServiceUnit): string =>
  unitText(unit)
    .split("\n")
    .filter((line) => !TOO_NEW.includes(line.split("=")[0] ?? ""))
    .join("\n");

describe("the units", needs("nix", "systemd"), () => {
  const units = evaluate<Record<string, ServiceUnit>>(
    `builtins.intersectAttrs { ceremony = 1; ceremony-prepare = 1; ceremony-stranger = 1; } ${MACHINE}.systemd.services`,
  );

  test("systemd verifies them", (t) => {
    const folder = newNixFolder(t);
    assert.equal(Object.keys(units).length, 3);
    for (const [name, unit] of Object.entries(units)) {
      // verify wants the programs to be there; which ones they are is no part of its judgement.
      const text = readable(unit).replaceAll(/^(Exec\w+=\+?)\S+/gm, "$1/bin/true");
      writeFileSync(join(folder, `${name}.service`), text);
    }
    for (const name of Object.keys(units)) {
      const verify = spawnSync("systemd-analyze", ["verify", join(folder, `${name}.service`)], { encoding: "utf8" });
      assert.deepEqual(
        verify.stderr.split("\n").filter((line) => line.includes(`${name}.service:`)),
        [],
      );
    }
  });

  test("systemd calls the ceremony's unit safe", (t) => {
    const path = join(newNixFolder(t), "ceremony.service");
    writeFileSync(path, readable(units["ceremony"] as ServiceUnit));
    // Tenths of systemd's scale from 0 to 10. What is left: the machine's own network, /proc and /dev are to be seen.
    const security = ["security", "--offline=true", "--threshold=12", path];
    const { status, stdout } = spawnSync("systemd-analyze", security, { encoding: "utf8" });
    assert.equal(status, 0, stdout.split("\n").at(-2));
  });
});

describe("the programs of the image", needs("nix"), () => {
  const expression = `
    let services = ${MACHINE}.systemd.services; in {
      prepare = services.ceremony-prepare.serviceConfig.ExecStart;
      start = services.ceremony.serviceConfig.ExecStart;
      end = builtins.substring 1 (-1) services.ceremony.serviceConfig.ExecStopPost;
    }`;

  test("every mark is filled in, with folders that are named; bash finds no fault", (t) => {
    const store = newNixFolder(t);
    const programs = evaluate<Record<string, string>>(expression, store);
    assert.equal(Object.keys(programs).length, 3);
    for (const [name, path] of Object.entries(programs)) {
      const text = readFileSync(join(store, path), "utf8");
      // Left for the machine itself to fill in, in the declaration and not in the program.
      assert.deepEqual(text.replaceAll("@system@", "").match(/(?<!\[)@\w+@/g), null, name);
      assert.match(text, /^#!\/packages\/bash\/bin\/bash\n/);
      assert.equal(spawnSync("bash", ["-n", join(store, path)], { encoding: "utf8" }).stderr, "", name);
    }
  });

  test("the ceremony starts with no variable at all, and with its own file open where it looks for it", (t) => {
    const folder = newNixFolder(t);
    const program = join(folder, "program");
    // What it was started with, from the kernel: a shell has variables of its own.
    writeFileSync(
      program,
      `#!/bin/bash\nprintf '%s|' "$@"; tr '\\0' ',' </proc/$$/environ; readlink /proc/$$/fd/9; readlink /proc/$$/fd/3 || echo closed\n`,
    );
    chmodSync(program, 0o755);
    writeFileSync(join(folder, "arguments"), "--mode\nproduction\n--out\n/out/ceremony-1\n");
    const text = readFileSync(join(ROOT, "iso/appliance.start.sh"), "utf8")
      .replaceAll("@bash@/bin", "/bin")
      .replaceAll("@coreutils@/bin", "/usr/bin")
      .replaceAll("@ceremony@", program)
      .replaceAll("/run/ceremony/", `${folder}/`);
    const start = join(folder, "start");
    writeFileSync(start, text);
    const own = openSync(program, "r");
    t.after(() => closeSync(own));
    const { stdout, stderr } = spawnSync("bash", [start], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe", own],
      env: { NODE_OPTIONS: "--require x", LISTEN_FDS: "1", PATH: "/usr/bin:/bin" },
    });
    assert.equal(stdout, `--mode|production|--out|/out/ceremony-1|${program}\nclosed\n`, stderr);
  });
});

describe("a device that appears", needs("udev", "tmpfs"), () => {
  /** What udev would run for a device of this machine, with our rules and no others. */
  function started(t: TestContext, device: string, { armed = true, action = "add", before = "" } = {}): string[] {
    const folder = newNixFolder(t);
    if (armed) writeFileSync(join(folder, "armed"), "");
    const rules = readFileSync(join(ROOT, "iso/appliance.rules"), "utf8")
      .replaceAll("@label@", "CEREMONYOUT")
      .replaceAll("@systemctl@", "/bin/systemctl")
      .replaceAll("/run/ceremony/", `${folder}/`);
    writeFileSync(join(folder, "90-ceremony.rules"), rules);
    writeFileSync(join(folder, "10-before.rules"), before);
    const script = `
      mount -t tmpfs tmpfs /usr/lib/udev/rules.d && mount -t tmpfs tmpfs /etc/udev || exit 9
      cp "${folder}"/*.rules /usr/lib/udev/rules.d/
      exec udevadm test --action=${action} /sys/class/${device} 2>&1`;
    const { stdout, status } = spawnSync("unshare", ["--mount", "sh", "-c", script], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
    assert.doesNotMatch(stdout, /[Ii]nvalid|[Uu]nknown|error:/);
    return [...stdout.matchAll(/^run: '(.*)'$/gm)].map(([, line = ""]) => line);
  }
  const STRANGER = ["/bin/systemctl --no-block start ceremony-stranger.service"];
  const disk = `block/${readdirSync("/sys/class/block")[0]}`;

  test("ends the ceremony, whatever it is", (t) => {
    assert.deepEqual(started(t, "net/lo"), STRANGER);
    assert.deepEqual(started(t, disk), STRANGER);
    assert.deepEqual(started(t, disk, { before: 'ENV{ID_FS_LABEL}="OTHER"\n' }), STRANGER);
  });

  test("but for the output stick; and nothing ends before it began, or by a device that changes or goes", (t) => {
    assert.deepEqual(started(t, disk, { before: 'ENV{ID_FS_LABEL}="CEREMONYOUT"\n' }), []);
    assert.deepEqual(started(t, "net/lo", { armed: false }), []);
    assert.deepEqual(started(t, "net/lo", { action: "change" }), []);
    assert.deepEqual(started(t, "net/lo", { action: "remove" }), []);
  });
});

describe("the fonts", needs("font"), () => {
  test("both have the half blocks of the QR, the accents and Cyrillic; the large one is twice the size", () => {
    const folder = dirname(CONSOLE_FONT);
    const module = readFileSync(join(ROOT, "iso/appliance.nix"), "utf8");
    const names = [...module.matchAll(/(FullCyrSlav-\w+\.psf\.gz)/g)].map(([, name = ""]) => name);
    const fonts = names.map((name) => readFont(join(folder, name)));
    assert.deepEqual(
      fonts.map(({ width, height }) => `${width}x${height}`),
      ["8x16", "16x32"],
    );
    for (const [at, font] of fonts.entries())
      for (const char of "▀▄█ AZaz09äéñßЖя") assert(font.glyph(char) !== undefined, `${names[at]}: ${char}`);
  });
});

describe("the image", needs("grub", "grubEfi", "mtools", "dosfstools", "xorriso"), () => {
  /** Packs stand-ins for kernel and archive: what is judged is the packing. */
  function pack(folder: string, umask: string, zone: string, changed: number): string {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of [
      ["kernel", "a kernel"],
      ["initrd", "an archive"],
    ] as const) {
      writeFileSync(join(folder, name), text.repeat(99_999));
      utimesSync(join(folder, name), changed, changed);
    }
    copyFileSync(join(ROOT, "iso/appliance.grub.cfg"), join(folder, "grub.cfg"));
    const script = `umask ${umask}; exec bash "${ROOT}/iso/appliance.image.sh" image.iso kernel initrd grub.cfg /usr/lib/grub/i386-pc /usr/lib/grub/x86_64-efi`;
    const run = spawnSync("sh", ["-c", script], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], TZ: zone, TMPDIR: folder },
    });
    assert.equal(run.status, 0, run.stderr);
    return join(folder, "image.iso");
  }

  test("the same parts give the same bytes in other folders, times, umasks and zones", (t) => {
    const folder = newNixFolder(t);
    const images = [
      pack(join(folder, "a"), "077", "Asia/Kathmandu", 1),
      pack(join(folder, "b b/deeper"), "002", "Pacific/Apia", 2_000_000_000),
    ];
    const [first, second] = images.map((path) => createHash("sha256").update(readFileSync(path)).digest("hex"));
    assert.equal(first, second);
    const report = spawnSync(
      "xorriso",
      ["-indev", images[0] ?? "", "-report_el_torito", "plain", "-report_system_area", "plain"],
      {
        encoding: "utf8",
      },
    );
    // CD: a boot image for each firmware. Stick: a master boot record, and a GPT with the EFI partition.
    assert.match(report.stdout, /El Torito boot img :\s+1\s+BIOS/);
    assert.match(report.stdout, /El Torito boot img :\s+2\s+UEFI/);
    assert.match(report.stdout, /grub2-mbr/);
    assert.match(report.stdout, /GPT/);
  });

  test("the menu has one entry, and nobody may change it", () => {
    const menu = readFileSync(join(ROOT, "iso/appliance.grub.cfg"), "utf8");
    assert.equal([...menu.matchAll(/^menuentry /gm)].length, 1);
    assert.match(menu, /^set superusers=nobody$/m);
    assert.doesNotMatch(menu, /^\s*password|--users/m);
  });
});
