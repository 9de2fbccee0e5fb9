import assert from "node:assert/strict";

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { MACHINE_CHECKS } from "../../../ceremony/check/table.ts";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { evaluate } from "./nix.ts";

const STUB = `import ${ROOT}/iso/check.stub.nix`;

/** One change to the machine for each way to break a rule: where, and a value as Nix writes it. */
const BREAKS: Readonly<Record<string, readonly (readonly [path: string, value: string])[]>> = {
  arguments_safe: [["ceremony.arguments", '[ "--mode" "production" "--network" "mainnet" "--out" "/tmp" ]']],
  ceremony_environment_empty: [
    ["systemd.services.ceremony.environment", '{ NODE_OPTIONS = "--require x"; }'],
    ["systemd.services.ceremony.serviceConfig.EnvironmentFile", '"/out/env"'],
  ],
  ceremony_on_tty1: [
    ["systemd.services.ceremony.serviceConfig.TTYPath", '"/dev/tty2"'],
    ["systemd.services.ceremony.wantedBy", "[ ]"],
  ],
  ceremony_sealed: [
    ["systemd.services.ceremony.serviceConfig.RestrictAddressFamilies", '"AF_INET"'],
    ["systemd.services.ceremony.serviceConfig.ProtectSystem", "true"],
    ["systemd.services.ceremony.serviceConfig.LimitCORE", '"infinity"'],
    ["systemd.services.ceremony.serviceConfig.CoredumpFilter", '"0x33"'],
  ],
  ceremony_sees_the_machine: [
    ["systemd.services.ceremony.serviceConfig.PrivateNetwork", "true"],
    ["systemd.services.ceremony.serviceConfig.ProcSubset", '"pid"'],
  ],
  ceremony_then_off: [
    ["systemd.services.ceremony.unitConfig.SuccessAction", '"none"'],
    ["systemd.services.ceremony.serviceConfig.Restart", '"always"'],
  ],
  ceremony_unprivileged: [
    ["systemd.services.ceremony.serviceConfig.User", '"root"'],
    ["systemd.services.ceremony.serviceConfig.CapabilityBoundingSet", '"CAP_NET_ADMIN"'],
    ["systemd.services.ceremony.serviceConfig.NoNewPrivileges", "false"],
  ],
  console_not_deferred: [["boot.kernelParams", without("fbcon=nodefer")]],
  console_single: [
    ['systemd.services."getty@".enable', "true"],
    ["services.logind.settings.Login.NAutoVTs", "6"],
  ],
  cores_off: [
    ['boot.kernel.sysctl."kernel.core_pattern"', '"core"'],
    ['boot.kernel.sysctl."fs.suid_dumpable"', "2"],
    ["systemd.coredump.enable", "true"],
  ],
  disks_unmounted: [["boot.swraid.enable", "true"]],
  dma_guarded: [["boot.kernelParams", without("intel_iommu=on")]],
  emergency_shell_none: [
    ["systemd.enableEmergencyMode", "true"],
    ["boot.initrd.systemd.emergencyAccess", "true"],
  ],
  executable_unreadable: [
    ['systemd.tmpfiles.settings."10-ceremony"."/run/ceremony/ceremony"."C+".mode', '"0755"'],
    ['systemd.tmpfiles.settings."10-ceremony"."/run/ceremony/ceremony"."C+".user', '"ceremony"'],
  ],
  file_systems_few: [["boot.supportedFilesystems", '[ "vfat" "ext4" ]']],
  firmware_none: [
    ["hardware.firmware", '{ paths = [ "/packages/linux-firmware" ]; }'],
    ["hardware.enableRedistributableFirmware", "true"],
  ],
  flash_untouched: [
    ["boot.kernelParams", without("pstore.backend=none")],
    ["systemd.services.ceremony.serviceConfig.ReadOnlyPaths", '[ "-/sys/fs/pstore" ]'],
    ["systemd.services.ceremony.serviceConfig.ReadOnlyPaths", '[ "-/sys/firmware/efi/efivars" ]'],
  ],
  hibernation_off: [["boot.kernelParams", without("nohibernate")]],
  io_uring_off: [['boot.kernel.sysctl."kernel.io_uring_disabled"', "1"]],
  ipv6_off: [
    ["networking.enableIPv6", "true"],
    ["boot.kernelParams", without("ipv6.disable=1")],
  ],
  journal_in_memory: [["services.journald.storage", '"persistent"']],
  kexec_off: [
    ['boot.kernel.sysctl."kernel.kexec_load_disabled"', "0"],
    ["security.protectKernelImage", "false"],
    ["boot.kexec.enable", "true"],
  ],
  login_none: [
    ["users.users.root.hashedPassword", '""'],
    ["users.mutableUsers", "true"],
    ["users.users.ceremony.password", '"x"'],
    ["users.users.root.openssh.authorizedKeys.keys", '[ "ssh-ed25519 A" ]'],
  ],
  memory_zeroed: [["boot.kernelParams", without("init_on_free=1")]],
  modules_harmless: [["boot.kernelModules", '(import ./check.modules.nix ++ [ "e1000e" ])']],
  modules_listed: [
    ["boot.kernelModules", '(import ./check.modules.nix ++ [ "hid_apple" ])'],
    ["boot.extraModulePackages", '[ "/packages/rtl8812au" ]'],
  ],
  modules_locked: [
    ["security.lockKernelModules", "false"],
    ["systemd.services.disable-kernel-module-loading.before", "[ ]"],
  ],
  network_unused: [
    ["networking.useDHCP", "true"],
    ["networking.interfaces", "{ eth0 = { }; }"],
    ["networking.wireless.enable", "true"],
    ["networking.networkmanager.enable", "true"],
  ],
  nix_off: [
    ["nix.enable", "true"],
    ["systemd.services.register-nix-paths.enable", "true"],
    ["systemd.services.register-nix-paths", "{ }"],
  ],
  no_timers: [
    ["systemd.timers", "{ }"],
    ["systemd.timers.x", "{ }"],
    ["systemd.timers.systemd-tmpfiles-clean.enable", "true"],
  ],
  parameters_honest: [
    ["boot.kernelParams", withMore("lockdown=confidentiality")],
    ["boot.kernelParams", withMore("systemd.debug_shell")],
    ["boot.kernelParams", withMore("init=/bin/sh")],
  ],
  programs_none: [
    ["environment.systemPackages", '[ "/packages/curl" ]'],
    ["environment.corePackages", '[ "/packages/openssh" ]'],
  ],
  ptrace_off: [
    ['boot.kernel.sysctl."kernel.yama.ptrace_scope"', "1"],
    ["boot.kernelParams", without("lsm=landlock,yama")],
  ],
  radio_off: [["hardware.bluetooth.enable", "true"]],
  root_in_memory: [["boot.kernelParams", without("root=fstab")]],
  services_off: [
    ["services.openssh.enable", "true"],
    ["services.pipewire.enable", "true"],
  ],
  sleep_off: [
    ["powerManagement.enable", "true"],
    ["systemd.shutdownRamfs.enable", "true"],
  ],
  setuid_none: [["security.wrappers", '{ su.source = "/packages/su"; }']],
  sudo_off: [["security.sudo.enable", "true"]],
  swap_none: [
    ["swapDevices", '[ { device = "/dev/sda2"; } ]'],
    ["zramSwap.enable", "true"],
  ],
  sysrq_off: [['boot.kernel.sysctl."kernel.sysrq"', "1"]],
};

/** Rules that the same change breaks too, and rightly. */
const WITH_IT: Readonly<Record<string, readonly string[]>> = { modules_harmless: ["modules_listed"] };

function without(word: string): string {
  return `(builtins.filter (word: word != "${word}") base.boot.kernelParams)`;
}

function withMore(word: string): string {
  return `(base.boot.kernelParams ++ [ "${word}" ])`;
}

describe("the policy of the machine", needs("nix"), () => {
  test("every rule holds for the production and for the rehearsal", () => {
    const failed = `let stub = ${STUB}; in map (name: (stub.policy stub.flake.nixosConfigurations.\${name}.config).failed) [ "production" "rehearsal" ]`;
    assert.deepEqual(evaluate(failed), [[], []]);
  });

  test("every rule is turned red by one change, and it alone", () => {
    const changes = Object.entries(BREAKS).flatMap(([rule, all]) =>
      all.map(([path, value]) => ({ rule, path, value })),
    );
    // A path into an attribute set as Nix writes it, from outside in: a // { b = a.b // { c = …; }; }
    const keys = (path: string): string[] => path.match(/"[^"]*"|[^.]+/g) ?? [];
    const entries = changes.map(
      ({ path, value }) => `{ path = [ ${keys(path).map(quoted).join(" ")} ]; value = ${value}; }`,
    );
    const expression = `
      let
        stub = ${STUB};
        base = stub.flake.nixosConfigurations.production.config;
        put = path: value: at:
          if path == [ ] then value
          else at // { \${builtins.head path} = put (builtins.tail path) value (at.\${builtins.head path} or { }); };
      in map ({ path, value }: (stub.policy (put path value base)).failed) [ ${entries.join("\n")} ]
    `.replaceAll("import ./", `import ${ROOT}/iso/`);
    const failed = evaluate<string[][]>(expression);
    for (const [at, { rule, path, value }] of changes.entries())
      assert.deepEqual(failed[at], [rule, ...(WITH_IT[rule] ?? [])].sort(), `${path} = ${value}`);
    assert.deepEqual(Object.keys(BREAKS).sort(), evaluate(`builtins.attrNames ((${STUB}).policy { }).rules`));
  });

  test("what the self-test asks of the kernel is what the module sets", () => {
    const sysctl = evaluate<Record<string, string | number>>(
      `(${STUB}).flake.nixosConfigurations.production.config.boot.kernel.sysctl`,
    );
    const asked: Readonly<Record<string, readonly [name: string, value: string | number]>> = {
      kexec_disabled: ["kernel.kexec_load_disabled", 1],
      sysrq: ["kernel.sysrq", 0],
      io_uring: ["kernel.io_uring_disabled", 2],
      core_pattern: ["kernel.core_pattern", "|/bin/false"],
      core_setuid: ["fs.suid_dumpable", 0],
      ptrace_scope: ["kernel.yama.ptrace_scope", 3],
    };
    for (const check of MACHINE_CHECKS) {
      const name = /^\/proc\/sys\/(kernel\/(?!random|tainted|modules_disabled)\S+?|fs\/\S+?)(?:,|$)/.exec(
        check.source,
      )?.[1];
      if (name === undefined) continue;
      const wanted = asked[check.id];
      assert(wanted !== undefined, `${check.id}: what does the module set?`);
      assert.equal(name.replaceAll("/", "."), wanted[0]);
      assert.equal(sysctl[wanted[0]], wanted[1], check.id);
    }
  });

  test("the declaration is the one that the program reads, with the line that GRUB gives", () => {
    const text = evaluate<string>(
      `(${STUB}).flake.nixosConfigurations.production.config.environment.etc."ceremony/machine.json.in".text`,
    );
    const { commandLine, outputMount, ...others } = JSON.parse(text) as Record<string, string>;
    assert.deepEqual([outputMount, others], ["/out", {}]);
    const menu = readFileSync(join(ROOT, "iso/appliance.grub.cfg"), "utf8");
    const line = /^ {2}linux (.*)$/m.exec(menu)?.[1] ?? "";
    const parameters = evaluate<string[]>(`(${STUB}).flake.nixosConfigurations.production.config.boot.kernelParams`);
    // GRUB puts the name of the kernel before the line that it is told.
    assert.equal(commandLine, `BOOT_IMAGE=${line.replace("@line@", `init=@system@/init ${parameters.join(" ")}`)}`);
  });
});

function quoted(key: string): string {
  return key.startsWith('"') ? key : `"${key}"`;
}
