import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import fc from "fast-check";
import { KNOWN_ANSWERS } from "../../../ceremony/check/known.ts";
import { CHECK_TITLES } from "../../../ceremony/check/selftest.ts";
import { MACHINE_CHECKS, machineChecks } from "../../../ceremony/check/table.ts";
import type { MachineView } from "../../../ceremony/check/view.ts";
import { machineView } from "../../../ceremony/host/machine.ts";
import { checkId, checkValue } from "../../../ceremony/table/fields.ts";
import { fail, ok } from "../../../core/result.ts";
import { type Change, FakeMachine } from "./machine.ts";
import { RED_CASES } from "./red.ts";

const machine = new FakeMachine();
after(() => machine.remove());

const failing = (view: MachineView): string[] =>
  machineChecks(view).flatMap((result) => (result.outcome === "fail" ? [result.id] : []));
const failingWith = (change: Change): string[] => machine.with(change, failing);
const required = MACHINE_CHECKS.filter((check) => check.severity === "required");

test("a good machine passes every required check", () => {
  const results = machine.with({}, machineChecks);
  for (const [index, check] of MACHINE_CHECKS.entries()) {
    assert.equal(results[index]?.id, check.id);
    assert.equal(
      results[index]?.outcome,
      check.severity === "required" ? "pass" : "info",
      `${check.id}: ${results[index]?.value}`,
    );
  }
});

for (const [id, why, change] of RED_CASES) {
  test(`${id} alone is red: ${why}`, () => assert.deepEqual(failingWith(change), [id]));
}

test("the fake machine is put back after each change", () => assert.deepEqual(failingWith({}), []));

test("three lists of checks are one: the table, the docs, what turns them red", () => {
  const docs = readFileSync(new URL("../../../docs/checks.md", import.meta.url), "utf8");
  const rows = [...docs.matchAll(/^\|\s*`(\w+)`\s*\|\s*(required|info)\s*\|/gm)].map(
    (match) => `${match[1]} ${match[2]}`,
  );
  const known = KNOWN_ANSWERS.map((answer) => `${answer.id} required`);
  assert.deepEqual(rows, [...MACHINE_CHECKS.map((check) => `${check.id} ${check.severity}`), ...known]);
  assert.deepEqual(
    [...new Set(RED_CASES.map(([id]) => id))],
    required.map((check) => check.id),
  );
});

test("ids and titles fit the transcript and the screen", () => {
  assert.equal(CHECK_TITLES.size, MACHINE_CHECKS.length + KNOWN_ANSWERS.length);
  for (const [id, title] of CHECK_TITLES) {
    assert.ok(checkId.type === "text" && checkId.pattern.test(id), id);
    assert.match(title, /^[ -~]{1,44}$/);
  }
});

/** Sources whose absence is the pass; `docs/checks.md` gives the reason of each. */
const ABSENCE_PASSES: Readonly<Record<string, readonly string[]>> = {
  net_folders: ["/sys/class/net"],
  net_addresses: ["/proc/net/if_inet6"],
  net_sockets: ["tcp6", "udp6", "raw6", "udplite", "udplite6", "icmp", "icmp6", "packet"].map(
    (name) => `/proc/net/${name}`,
  ),
  net_driver: ["/sys/bus/pci/devices"],
  net_cards: ["/sys/bus/pci/devices"],
  radio_hardware: ["/sys/bus/pci/devices"],
  radio_stack: ["ieee80211", "rfkill", "bluetooth", "wwan", "nfc"].map((name) => `/sys/class/${name}`),
  usb_devices: ["/sys/bus/usb/devices"],
  firewire: ["/sys/bus/pci/devices"],
  cameras: ["/sys/class/video4linux"],
  sound_devices: ["/sys/class/sound"],
  sound_cards: ["/proc/asound/cards"],
  media_driver: ["/sys/bus/pci/devices"],
  hypervisor_name: ["/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name", "/sys/hypervisor/type"],
  zram: ["/sys/block"],
  hibernation: ["/sys/power/disk"],
  modules_disabled: ["/proc/sys/kernel/modules_disabled"],
  kexec_disabled: ["/proc/sys/kernel/kexec_load_disabled"],
  sysrq: ["/proc/sys/kernel/sysrq"],
  io_uring: ["/proc/sys/kernel/io_uring_disabled"],
};

/** The proofs that `/proc` and `/sys` are mounted: not sources of a row. */
const PROOFS = ["/proc/sys/kernel", "/sys/class"];

/** The view with the answers for some paths taken away. */
function without(view: MachineView, gap: "absent" | "unreadable", hidden: (path: string) => boolean): MachineView {
  return {
    ...view,
    read: (path) => (hidden(path) ? fail(gap) : view.read(path)),
    list: (path) => (hidden(path) ? fail(gap) : view.list(path)),
  };
}

test("fail closed: a source that cannot be read fails, and absence passes only where it is declared", () => {
  machine.with({}, (view) => {
    for (const check of required) {
      const paths = new Set<string>();
      const note = <T>(path: string, value: T): T => {
        if (!PROOFS.includes(path)) paths.add(path);
        return value;
      };
      check.evaluate({ ...view, read: (p) => note(p, view.read(p)), list: (p) => note(p, view.list(p)) });
      const absencePasses: string[] = [];
      for (const path of paths) {
        const hidden = (other: string): boolean => other === path || other.startsWith(`${path}/`);
        assert.equal(check.evaluate(without(view, "unreadable", hidden)).outcome, "fail", `${check.id} ${path}`);
        if (check.evaluate(without(view, "absent", hidden)).outcome !== "fail") absencePasses.push(path);
      }
      assert.deepEqual(absencePasses.sort(), [...(ABSENCE_PASSES[check.id] ?? [])].sort(), check.id);
    }
  });
});

for (const root of ["/proc", "/sys"]) {
  test(`an unmounted ${root} proves nothing`, () => {
    const reads = required.filter((check) => check.source.split(", ").some((source) => source.startsWith(root)));
    const red = machine.with({}, (view) => failing(without(view, "absent", (path) => path.startsWith(root))));
    assert.deepEqual(
      red,
      reads.map((check) => check.id),
    );
    assert.ok(reads.length > 10);
  });
}

test("whatever the kernel's files hold, a check answers with a short printable value", () => {
  const content = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.constantFrom("lo", "[disabled]", "0", "4294967296"),
  );
  const names = fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("lo", "1-1:1.0", "zram0")));
  const gap = fc.constantFrom("absent" as const, "unreadable" as const);
  fc.assert(
    fc.property(fc.oneof(content.map(ok), gap.map(fail)), fc.oneof(names.map(ok), gap.map(fail)), (text, list) => {
      const results = machine.with({ view: { read: () => text, list: () => list } }, machineChecks);
      for (const { id, value } of results)
        assert.ok(checkValue.type === "text" && checkValue.pattern.test(value), `${id}: ${JSON.stringify(value)}`);
    }),
    { numRuns: 200 },
  );
});

test("the names of variables are shown, never their values, and options without what they are given", () => {
  process.env["NODE_PRIVATE_THING"] = "hunter2";
  const facts = machineView().process;
  delete process.env["NODE_PRIVATE_THING"];
  assert.ok(facts.environment.includes("NODE_PRIVATE_THING"));
  assert.ok(!JSON.stringify(facts).includes("hunter2"));
  const shown = machine.with({ facts: { execArgv: ["--eval=hunter2"] } }, machineChecks);
  assert.ok(!JSON.stringify(shown).includes("hunter2"));
});

test("the declared stick for the results may be writable, and only that", () => {
  const mounts = `tmpfs / tmpfs rw 0 0\n/dev/sdb1 /out vfat rw 0 0\n`;
  assert.deepEqual(failingWith({ files: { "/proc/mounts": mounts }, expected: { outputMount: "/out" } }), []);
  assert.deepEqual(failingWith({ files: { "/proc/mounts": mounts }, expected: { outputMount: "/" } }), [
    "writable_mounts",
  ]);
});

test("a machine on which nothing was ever up has no table of routes, and no table is not another file", () => {
  assert.deepEqual(failingWith({ files: { "/proc/net/route": "" } }), []);
});

test("without an expected command line it is only shown", () => {
  const result = machine.with({}, (view) => machineChecks({ ...view, expected: {} }));
  assert.equal(result.find(({ id }) => id === "kernel_command_line")?.outcome, "info");
});

const shownBy = (id: string, change: Change): string | undefined =>
  machine.with(change, machineChecks).find((result) => result.id === id)?.value;

test("what is only shown says what is there", () => {
  const EFI = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
  assert.equal(shownBy("secure_boot", {}), "on");
  assert.equal(shownBy("secure_boot", { files: { [EFI]: "\x06\0\0\0\0" } }), "off");
  assert.equal(shownBy("secure_boot", { files: { "/sys/firmware/efi": undefined } }), "BIOS");
  assert.equal(shownBy("lockdown", {}), "confidentiality");
  assert.equal(
    shownBy("lockdown", { files: { "/sys/kernel/security/lockdown": undefined } }),
    "not in the kernel, or not mounted",
  );
  assert.equal(shownBy("hardware_rng", {}), "tpm-rng-0");
  assert.equal(shownBy("net_hardware", {}), "1: 020000");
  assert.equal(shownBy("media_hardware", {}), "1: 040300");
  assert.equal(shownBy("disks", {}), "none");
  assert.equal(shownBy("disks", { files: { "/sys/block/nvme0n1/": "" } }), "1: nvme0n1");
  assert.equal(shownBy("seccomp", {}), "on");
  assert.equal(shownBy("executable", {}), "mode 0711, owned by root");
  assert.equal(
    shownBy("executable", { facts: { executable: { mode: 0o100755, uid: 1000 } } }),
    "mode 0755, not root's",
  );
});

test("the adapter tells what is not there from what cannot be read", () => {
  const view = machineView({ root: machine.root });
  assert.deepEqual(view.read("/nothing"), fail("absent"));
  assert.deepEqual(view.read("/proc/cmdline/below"), fail("absent"));
  assert.deepEqual(view.read("/proc"), fail("unreadable"));
  assert.deepEqual(view.list("/nothing"), fail("absent"));
  assert.deepEqual(view.list("/sys/class/net"), ok(["lo"]));
  assert.deepEqual(view.device("/proc/cmdline"), fail("unreadable"));
});

test("on this machine every check answers", () => {
  const results = machineChecks(machineView());
  assert.equal(results.length, MACHINE_CHECKS.length);
  for (const id of ["rng_device", "rng_path"])
    assert.equal(results.find((result) => result.id === id)?.outcome, "pass", id);
});
