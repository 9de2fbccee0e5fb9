import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { MACHINE_CHECKS } from "../../ceremony/check/table.ts";
import { needs } from "../tools/need.ts";
import { ROOT } from "../tools/sources.ts";
import { copyCheckout, evaluate, newFolder } from "./nix.ts";

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
    ["hardware.firmware", '[ "/packages/linux-firmware" ]'],
    ["hardware.enableRedistributableFirmware", "true"],
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
  nix_off: [["nix.enable", "true"]],
  no_timers: [["systemd.timers", "{ x = { }; }"]],
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

test(
  "the flake is one: Nix reads it and its lock, and evaluates it in pure mode, from a subfolder",
  needs("nix", "git"),
  (t) => {
    const folder = newFolder(t);
    const checkout = copyCheckout(join(folder, "checkout"));
    // nixpkgs is not here: the stub takes its place as a flake.
    const stub = join(folder, "nixpkgs");
    mkdirSync(stub);
    copyFileSync(join(ROOT, "iso/check.stub.nix"), join(stub, "check.stub.nix"));
    writeFileSync(join(stub, "flake.nix"), "{ outputs = _: (import ./check.stub.nix).nixpkgs; }\n");
    for (const args of [
      ["init", "-q"],
      ["add", "--all"],
    ])
      spawnSync("git", args, { cwd: checkout });
    const nix = (...args: string[]): string => {
      const options = ["--extra-experimental-features", "nix-command flakes", "--option", "build-users-group", ""];
      const run = spawnSync("nix", ["--offline", "--store", join(folder, "store"), ...options, ...args], {
        encoding: "utf8",
        env: { ...process.env, NIX_CONF_DIR: "/nonexistent", HOME: folder },
      });
      assert.equal(run.status, 0, run.stderr);
      return run.stdout;
    };
    const flake = `git+file://${checkout}?dir=iso`;
    const metadata = JSON.parse(nix("flake", "metadata", "--json", flake)) as { locks: unknown };
    assert.deepEqual(metadata.locks, JSON.parse(readFileSync(join(ROOT, "iso/flake.lock"), "utf8")));
    const read = (attribute: string): unknown =>
      JSON.parse(nix("eval", "--json", "--override-input", "nixpkgs", `path:${stub}`, `${flake}#${attribute}`));
    assert.equal(read("checks.x86_64-linux.policy-production"), "/built/policy");
    assert.equal(read("packages.x86_64-linux.iso"), "/built/ceremony-stub.iso");
    assert.match(String(read("packages.x86_64-linux.payload.drvPath")), /-ceremony-[0-9.]+\.drv$/);
  },
);

test("the lock pins the NixOS release by revision and hash, in the pair that others published", () => {
  const lock = JSON.parse(readFileSync(join(ROOT, "iso/flake.lock"), "utf8"));
  const { locked, original } = lock.nodes.nixpkgs;
  assert.deepEqual(Object.keys(lock.nodes), ["nixpkgs", "root"]);
  assert.equal(original.ref, "nixos-26.05");
  assert.equal(locked.rev, "fcb8fcd6bf2d0adecae5bd491afaaaf8311b758d");
  assert.equal(locked.narHash, "sha256-9BG7OgUWdu0ONDO5X2q6+K4bsuBITkX/3W4nNJu1Ito=");
});

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

  test("the flake's checks fail by name: a rule that is broken, a service that nobody wrote down", () => {
    const check = (name: string, path: string, value: string): string => {
      const expression = `
        let
          stub = ${STUB};
          production = stub.flake.nixosConfigurations.production;
          machine = { config = production.config // { ${path} = production.config.${path} // ${value}; }; };
        in (import ${ROOT}/iso/check.flake.nix {
          inherit (stub.nixpkgs) lib;
          pkgs = stub.nixpkgs.legacyPackages.x86_64-linux;
          machines = { production = machine; rehearsal = machine; };
          image = "/image";
        }).${name}`;
      try {
        return evaluate<string>(expression);
      } catch (error) {
        return /error: (.*)/.exec(String(error))?.[1] ?? String(error);
      }
    };
    assert.equal(check("policy-production", "nix", "{ }"), "/built/policy");
    assert.equal(check("services", "systemd", "{ }"), "/built/services");
    assert.equal(check("policy-production", "nix", "{ enable = true; }"), "policy: nix_off");
    assert.equal(check("policy-rehearsal", "nix", "{ enable = true; }"), "policy: nix_off");
    const services =
      '{ services = production.config.systemd.services // { sshd.wantedBy = [ "multi-user.target" ]; }; }';
    assert.equal(check("services", "systemd", services), "services: sshd");
    assert.equal(
      check("services", "systemd", services.replace("sshd.", "sshd.enable = false; sshd.")),
      "/built/services",
    );
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

test(
  "iso/README.md lists every option that the module sets, as one whose existence was not checked",
  needs("nix"),
  () => {
    // Options whose value is a set of the user's own names.
    const WHOLE = [
      "boot.kernel.sysctl",
      "boot.kernelPackages",
      "environment.etc",
      "networking.interfaces",
      "security.wrappers",
      "services.logind.settings",
      "system.build",
      "systemd.services",
      "systemd.timers",
      "systemd.tmpfiles.settings",
      "users.groups",
      "users.users",
    ];
    const options = evaluate<string[]>(`
    let
      config = builtins.removeAttrs (${STUB}).flake.nixosConfigurations.production.config [ "ceremony" ];
      whole = [ ${WHOLE.map(quoted).join(" ")} ];
      walk = path: value:
        if path == "system.nixos" then [ ]
        else if builtins.elem path whole || !builtins.isAttrs value then [ path ]
        else builtins.concatMap (name: walk (if path == "" then name else "\${path}.\${name}") value.\${name}) (builtins.attrNames value);
    in walk "" config`);
    const page = readFileSync(join(ROOT, "iso/README.md"), "utf8");
    const table = /<!-- options -->([\s\S]*?)<!-- \/options -->/.exec(page)?.[1] ?? "";
    assert.deepEqual(
      [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, option]) => option),
      options,
    );
  },
);

test("iso/README.md names every file that is there, and no other", () => {
  const page = readFileSync(join(ROOT, "iso/README.md"), "utf8");
  const table = page.slice(page.indexOf("## The files"), page.indexOf("## Bill"));
  const named = [...table.matchAll(/`([^`\s]+)`/g)]
    .map(([, name = ""]) => name.replace(/\/$/, ""))
    .flatMap((name) => globSync(name, { cwd: join(ROOT, "iso") }));
  assert.deepEqual(
    [...new Set(named)].sort(),
    readdirSync(join(ROOT, "iso"))
      .filter((name) => name !== "README.md")
      .sort(),
  );
  for (const [, file = ""] of page.matchAll(/`(test\/[^`]+)`/g)) assert(existsSync(join(ROOT, file)), file);
});

function quoted(key: string): string {
  return key.startsWith('"') ? key : `"${key}"`;
}
