import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { copyCheckout, evaluate, newNixFolder } from "./nix.ts";

const STUB = `import ${ROOT}/iso/check.stub.nix`;

test(
  "the flake is one: Nix reads it and its lock, and evaluates it in pure mode, from a subfolder",
  needs("nix", "git"),
  (t) => {
    const folder = newNixFolder(t);
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

/** What a check of the flake says of the production's machine, with one value of it changed. */
function check(name: string, path: string, value: string): string {
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
}

test("the flake's checks fail by name: a rule that is broken, a unit that nobody wrote down", needs("nix"), () => {
  assert.equal(check("policy-production", "nix", "{ }"), "/built/policy");
  assert.equal(check("services", "systemd", "{ }"), "/built/services");
  assert.equal(check("started", "systemd", "{ }"), "/built/started");
  assert.equal(check("policy-production", "nix", "{ enable = true; }"), "policy: nix_off");
  assert.equal(check("policy-rehearsal", "nix", "{ enable = true; }"), "policy: nix_off");
  const services = '{ services = production.config.systemd.services // { sshd.wantedBy = [ "multi-user.target" ]; }; }';
  const named = "services: multi-user.target.wants/sshd.service";
  assert.equal(check("services", "systemd", services), named);
  assert.equal(
    check("services", "systemd", services.replace("sshd.", "sshd.enable = false; sshd.")),
    "/built/services",
  );
});

/** One change to the module that lets something start again, and its name as NixOS' evaluation gave it. */
const STARTED: Readonly<Record<string, readonly [path: string, value: string]>> = {
  "default.target.wants/lastlog2-import.service": unit("lastlog2-import", "default.target"),
  "multi-user.target.wants/register-nix-paths.service": unit("register-nix-paths", "multi-user.target"),
  "sysinit.target.wants/systemd-pstore.service": ["systemd", "{ suppressedSystemUnits = [ ]; }"],
  "timers.target.wants/fstrim.timer": ["systemd", '{ timers.fstrim.wantedBy = [ "timers.target" ]; }'],
  "sockets.target.wants/sshd.socket": ["systemd", '{ sockets.sshd.wantedBy = [ "sockets.target" ]; }'],
  "paths.target.wants/watch.path": ["systemd", '{ paths.watch.wantedBy = [ "paths.target" ]; }'],
  "basic.target.upholds/watch.service": [
    "systemd",
    '{ services = production.config.systemd.services // { watch.upheldBy = [ "basic.target" ]; }; }',
  ],
};

function unit(name: string, target: string): readonly [string, string] {
  const changed = `{ ${name}.wantedBy = [ "${target}" ]; }`;
  return ["systemd", `{ services = production.config.systemd.services // ${changed}; }`];
}

for (const [link, [path, value]] of Object.entries(STARTED))
  test(`a unit that starts again is named: ${link}`, needs("nix"), () =>
    assert.equal(check("services", path, value), `services: ${link}`),
  );

/** Runs iso/check.started.sh on a folder of units: names of files, or where links lead. */
function startedOf(t: TestContext, units: Readonly<Record<string, string>>, list: readonly string[]) {
  const folder = newNixFolder(t);
  for (const [name, target] of Object.entries(units)) {
    mkdirSync(dirname(join(folder, "units", name)), { recursive: true });
    symlinkSync(target, join(folder, "units", name));
  }
  writeFileSync(join(folder, "list"), list.map((line) => `${line}\n`).join(""));
  const script = join(ROOT, "iso/check.started.sh");
  return spawnSync("bash", [script, join(folder, "units"), join(folder, "list")], { encoding: "utf8" });
}

test("systemd's own wants, sockets, timers, mounts are named where nobody wrote them down; masked ones start nothing", (t) => {
  const units = {
    "autovt@.service": "/dev/null",
    "getty.target.wants/autovt@tty1.service": "../autovt@tty1.service",
    "local-fs.target.requires/mnt.mount": "../mnt.mount",
    "mnt.mount": "/systemd/mnt.mount",
    "sockets.target.wants/systemd-journald.socket": "/systemd/systemd-journald.socket",
    "systemd-tmpfiles-clean.timer": "/dev/null",
    "timers.target.wants/systemd-tmpfiles-clean.timer": "../systemd-tmpfiles-clean.timer",
  };
  const list = ["local-fs.target.requires/mnt.mount", "sockets.target.wants/systemd-journald.socket"];
  const good = startedOf(t, units, list);
  assert.deepEqual([good.status, good.stdout], [0, list.map((line) => `${line}\n`).join("")], good.stderr);
  for (const missing of list) {
    const red = startedOf(
      t,
      units,
      list.filter((line) => line !== missing),
    );
    assert.deepEqual([red.status, red.stderr], [1, `started and written down by nobody:\n${missing}\n`]);
  }
  const timer = startedOf(
    t,
    { ...units, "systemd-tmpfiles-clean.timer": "/systemd/systemd-tmpfiles-clean.timer" },
    list,
  );
  assert.match(timer.stderr, /\ntimers\.target\.wants\/systemd-tmpfiles-clean\.timer\n/);
  const more = startedOf(t, units, [...list, "x.wants/gone.service"]);
  assert.deepEqual([more.status, more.stderr], [0, "written down and not started:\nx.wants/gone.service\n"]);
});

test("the list of what may start is sorted, without doubles, and names the link", () => {
  const lines = readFileSync(join(ROOT, "iso/check.services"), "utf8").trimEnd().split("\n");
  assert.deepEqual(lines, [...new Set(lines)].sort());
  for (const line of lines) assert.match(line, /^[\w-]+\.target\.(?:wants|requires|upholds)\/[\w@-]+\.\w+$/);
});

test(
  "the script that boots the image finds its stick from another folder, and asks the guest for no shell",
  needs("nix", "python3", "dosfstools"),
  (t) => {
    const folder = newNixFolder(t);
    const script = check("boot.testScript", "nix", "{ }").replaceAll(/\/packages\/\w+\/bin\//g, "");
    // The driver's own machine has these and more; its `sleep` runs a program in the guest, where nobody answers.
    const driver = `
import os, time
time.sleep = lambda seconds: None
class Machine:
    def __init__(self, command):
        os.mkdir("state")
        os.chdir("state")
        path = command.split("format=raw,file=")[1].split()[0]
        assert os.path.getsize(path) == 64 << 20, path
    def start(self): pass
    def wait_for_text(self, text): pass
    def send_key(self, key): pass
    def screenshot(self, name): pass
create_machine = Machine
`;
    writeFileSync(join(folder, "script.py"), driver + script);
    const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
    const run = spawnSync("python3", ["script.py"], { cwd: folder, env, encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
  },
);
