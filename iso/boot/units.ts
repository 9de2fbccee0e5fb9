type Setting = string | number | boolean | readonly string[];

/** A service as the module has it, before NixOS writes it down. */
export interface ServiceUnit {
  readonly enable?: boolean;
  readonly description?: string;
  readonly after?: readonly string[];
  readonly before?: readonly string[];
  readonly requires?: readonly string[];
  readonly conflicts?: readonly string[];
  readonly wantedBy?: readonly string[];
  readonly unitConfig?: Readonly<Record<string, Setting>>;
  readonly serviceConfig?: Readonly<Record<string, Setting>>;
}

interface TmpfilesEntry {
  readonly mode: string;
  readonly user: string;
  readonly group: string;
  readonly argument?: string;
}

/** What the module says of the machine, evaluated. */
export interface EvaluatedMachine {
  readonly services: Readonly<Record<string, ServiceUnit>>;
  readonly timers: Readonly<Record<string, { readonly enable?: boolean }>>;
  readonly suppressedSystemUnits: readonly string[];
  readonly defaultUnit: string;
  readonly kernelParams: readonly string[];
  readonly kernelModules: readonly string[];
  readonly sysctl: Readonly<Record<string, string | number>>;
  /** By file, path and type (tmpfiles.d(5)). */
  readonly tmpfiles: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, TmpfilesEntry>>>>>>;
  /** Below /etc: a text, or where a link leads. */
  readonly etc: Readonly<Record<string, { readonly text: string | null; readonly source: string | null }>>;
  readonly udevRules: string;
  readonly journalStorage: string;
  readonly users: Readonly<Record<string, { readonly uid: number | null }>>;
  /** The folder of the executable. */
  readonly payload: string;
  /** Where the running system is. */
  readonly toplevel: string;
}

/** A unit file as NixOS writes it: a list is the setting again and again. */
export function unitText(unit: ServiceUnit): string {
  const { description, after, before, requires, conflicts, unitConfig = {}, serviceConfig = {} } = unit;
  const lines = (settings: Readonly<Record<string, Setting | undefined>>): string[] =>
    Object.entries(settings).flatMap(([name, value = []]) =>
      (Array.isArray(value) ? value : [value]).map((one) => `${name}=${one}`),
    );
  const order = {
    Description: description,
    After: after,
    Before: before,
    Requires: requires,
    Conflicts: conflicts,
  };
  return ["[Unit]", ...lines({ ...order, ...unitConfig }), "[Service]", ...lines(serviceConfig), ""].join("\n");
}

/** GRUB's line for this machine, and what the program compares the kernel's own with. */
export const unitsCommandLine = ({ kernelParams, toplevel }: EvaluatedMachine): string =>
  `BOOT_IMAGE=/boot/vmlinuz init=${toplevel}/init ${kernelParams.join(" ")}`;

type EtcFile = string | { readonly link: string };

/** What NixOS starts itself: modules are locked when those that are named have been loaded. */
const LOCK: ServiceUnit = {
  requires: ["systemd-udev-settle.service"],
  serviceConfig: {
    Type: "oneshot",
    RemainAfterExit: true,
    ExecStart: "/usr/bin/bash -c 'echo 1 >/proc/sys/kernel/modules_disabled'",
  },
  wantedBy: ["multi-user.target"],
};

const PROC_LINES = (settings: Readonly<Record<string, string | number>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");

/**
 * The files below /etc, and links in it, that NixOS makes of the module's values.
 * @param hash of the executable that is in this image
 */
export function etcOf(machine: EvaluatedMachine, hash: string): Map<string, EtcFile> {
  const { services, etc, users } = machine;
  const files = new Map<string, EtcFile>();
  for (const [name, value] of Object.entries(etc)) files.set(`etc/${name}`, value.text ?? { link: value.source ?? "" });
  // The pin may be another tree's for a while: that it is this one's is a test of its own.
  files.set("etc/ceremony/payload.sha256", `${hash}  /run/ceremony/ceremony\n`);

  for (const [name, unit] of Object.entries({
    ...services,
    "disable-kernel-module-loading": { ...services["disable-kernel-module-loading"], ...LOCK },
  })) {
    const path = `etc/systemd/system/${name}.service`;
    if (unit.enable === false) files.set(path, { link: "/dev/null" });
    else if (unit.serviceConfig !== undefined) {
      files.set(path, unitText(unit));
      for (const target of unit.wantedBy ?? [])
        files.set(`etc/systemd/system/${target}.wants/${name}.service`, { link: `../${name}.service` });
    }
  }
  for (const [name, { enable }] of Object.entries(machine.timers))
    if (enable === false) files.set(`etc/systemd/system/${name}.timer`, { link: "/dev/null" });
  files.set("etc/systemd/system/default.target", { link: `/usr/lib/systemd/system/${machine.defaultUnit}` });

  const tmpfiles = Object.values(machine.tmpfiles).flatMap((paths) =>
    Object.entries(paths).flatMap(([path, types]) =>
      Object.entries(types).map(
        ([type, { mode, user, group, argument = "-" }]) => `${type} ${path} ${mode} ${user} ${group} - ${argument}\n`,
      ),
    ),
  );
  files.set("etc/tmpfiles.d/ceremony.conf", tmpfiles.join(""));
  // NixOS' second stage makes the link.
  files.set("etc/tmpfiles.d/booted.conf", `L+ /run/booted-system - - - - ${machine.toplevel}\n`);
  files.set("etc/sysctl.d/60-nixos.conf", PROC_LINES(machine.sysctl));
  files.set("etc/modules-load.d/nixos.conf", machine.kernelModules.map((name) => `${name}\n`).join(""));
  files.set("etc/udev/rules.d/99-local.rules", machine.udevRules);
  files.set("etc/systemd/journald.conf", `[Journal]\nStorage=${machine.journalStorage}\n`);

  const people = Object.entries(users).flatMap(([name, { uid }]) => (uid === null ? [] : [{ name, uid }]));
  files.set(
    "etc/passwd",
    `root:x:0:0::/:/bin/false\n${people.map(({ name, uid }) => `${name}:x:${uid}:${uid}::/:/bin/false\n`).join("")}`,
  );
  files.set(
    "etc/group",
    `root:x:0:\n${GROUPS.map((name, at) => `${name}:x:${FIRST_GROUP + at}:\n`).join("")}${people.map(({ name, uid }) => `${name}:x:${uid}:\n`).join("")}`,
  );
  files.set("etc/nsswitch.conf", "passwd: files\ngroup: files\n");
  files.set("etc/os-release", 'ID=units\nNAME="The units of the ceremony"\n');
  // A machine that has one has been started before: nothing asks for a first time.
  files.set("etc/machine-id", `${"c".repeat(32)}\n`);
  return files;
}

/** Groups that udev's rules and systemd's own temporary files name. */
const GROUPS = "tty disk kmem input video audio render sgx kvm lp cdrom tape dialout utmp users systemd-journal".split(
  " ",
);
const FIRST_GROUP = 100;
