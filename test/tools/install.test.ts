import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeMachine } from "./fake.ts";
import { installTools } from "./install.ts";

const UPDATE = "apt-get update";

function isInstall(line: string): boolean {
  return line.includes(" install ");
}

test("nothing is run where nothing is missing", () => {
  const machine = fakeMachine({});
  assert.deepEqual(installTools(machine, machine.shell), { missing: [], lines: [] });
  assert.deepEqual(machine.lines, []);
});

test("root on Debian installs what is missing, without asking and waiting for the lock", () => {
  const machine = fakeMachine({ missing: ["zbarimg", "strace"] });
  assert.deepEqual(installTools(machine, machine.shell).missing, []);
  assert.deepEqual(machine.lines, [
    "apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends strace zbar-tools",
  ]);
});

test("the package lists are fetched once, and only when the first try fails", () => {
  const machine = fakeMachine({
    missing: ["zbarimg"],
    refuse: (line, before) => isInstall(line) && !before.includes(UPDATE),
  });
  assert.deepEqual(installTools(machine, machine.shell).missing, []);
  assert.deepEqual(
    machine.lines.map((line) => line.replace(/.* install .*/, "install")),
    ["install", UPDATE, "install"],
  );
});

test("an update that finds the lists locked is tried again, with an end", () => {
  const locked = fakeMachine({
    missing: ["strace"],
    refuse: (line, before) => (line === UPDATE ? before.length < 6 : isInstall(line) && before.length < 7),
  });
  assert.deepEqual(installTools(locked, locked.shell).missing, []);
  assert.deepEqual(locked.lines.slice(1, 5), [UPDATE, "sleep 5", UPDATE, "sleep 5"]);

  const forEver = fakeMachine({ missing: ["strace"], refuse: (line) => line.startsWith("apt-get") });
  assert.deepEqual(installTools(forEver, forEver.shell).missing, ["strace"]);
  assert.equal(forEver.lines.filter((line) => line === UPDATE).length, 24);
});

for (const [where, options] of [
  ["not root", { root: false }],
  ["not Debian", { debian: false }],
] as const) {
  test(`${where}: nothing is installed, each missing tool is named with the line that installs it`, () => {
    const machine = fakeMachine({ missing: ["strace", "zbarimg"], ...options });
    const { missing, lines } = installTools(machine, machine.shell);
    assert.deepEqual(machine.lines, []);
    assert.deepEqual(missing, ["strace", "zbarimg"]);
    assert.match(lines[0] ?? "", /^missing strace \(.+\): apt-get install -y --no-install-recommends strace$/);
    assert.match(lines[1] ?? "", /^missing zbarimg \(.+\): apt-get install -y --no-install-recommends zbar-tools$/);
    assert.match(lines[2] ?? "", /all at once: apt-get install .* strace zbar-tools$/);
  });
}

test("Go is named, never installed: Debian's is too old", () => {
  const machine = fakeMachine({ missing: ["go"] });
  const { missing, lines } = installTools(machine, machine.shell);
  assert.deepEqual(missing, ["go"]);
  assert.deepEqual(machine.lines, []);
  assert.match(lines.join("\n"), /^missing go \(.+\): install Go 1\.26\.0 or newer/);
});
