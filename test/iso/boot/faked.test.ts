import assert from "node:assert/strict";
import { after, test } from "node:test";
import { KNOWN_ANSWERS, knownAnswer } from "../../../ceremony/check/known.ts";
import { machineChecks } from "../../../ceremony/check/table.ts";
import { verdict } from "../../../ceremony/check/verdict.ts";
import { fail } from "../../../core/result.ts";
import { type Change, FakeMachine } from "../../ceremony/check/machine.ts";

// Two gates that no machine of the boot test can show red: QEMU has no camera, and Linux has long seeded its generator
// when the first program starts. So these are faked: a tree of files stands for /sys and /proc, read by the real checks.

const machine = new FakeMachine();
after(() => machine.remove());

const FAKED: readonly (readonly [name: string, red: readonly string[], change: Change])[] = [
  [
    "a camera on USB, with a driver",
    ["usb_devices", "cameras"],
    {
      files: {
        "/sys/bus/usb/devices/1-3:1.0/bInterfaceClass": "0e\n",
        "/sys/class/video4linux/video0/": "",
      },
    },
  ],
  [
    "a camera on USB, without a driver",
    ["usb_devices"],
    { files: { "/sys/bus/usb/devices/1-3:1.0/bInterfaceClass": "0e\n" } },
  ],
  [
    "a generator that is not seeded",
    ["rng_seeded", "rng_path"],
    { files: { "/proc/sys/kernel/random/entropy_avail": "2\n" }, view: { draw: () => fail("would_block") } },
  ],
];

const answers = KNOWN_ANSWERS.map((known) => knownAnswer(known));
const judged = (change: Change) => verdict([...machine.with(change, machineChecks), ...answers], "production");

test("faked: a machine with nothing wrong passes", () => {
  assert.deepEqual(judged({}), { proceed: true, failed: [], waived: [] });
});

for (const [name, red, change] of FAKED)
  test(`faked: ${name} ends a production`, () => {
    assert.deepEqual(judged(change), { proceed: false, failed: red, waived: [] });
  });
