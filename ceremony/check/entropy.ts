import { HEALTH_START_BYTES } from "../limits.ts";
import { healthFailure } from "./health.ts";
import { type Finding, pass, red } from "./result.ts";
import { missing, shown } from "./rows.ts";
import type { MachineCheck, MachineView } from "./view.ts";

// The path of the randomness (docs/checks.md#the-randomness): the kernel's generator, seeded, and really it.

/** `mem` devices of Linux, `Documentation/admin-guide/devices.txt`: 1:8 is random, 1:9 is urandom. */
export const RANDOM_DEVICES = [
  { path: "/dev/random", major: 1, minor: 8 },
  { path: "/dev/urandom", major: 1, minor: 9 },
] as const;

function devices(view: MachineView): Finding {
  for (const { path, major, minor } of RANDOM_DEVICES) {
    const device = view.device(path);
    if (!device.ok) return missing(device.error);
    if (device.value.major !== major || device.value.minor !== minor)
      return red(`${path.slice(5)} is ${device.value.major}:${device.value.minor}, not ${major}:${minor}`);
  }
  return pass("random 1:8, urandom 1:9");
}

/** Since Linux 5.18 the pool has 256 bits and the count stays there once it is seeded. */
const POOL_BITS = "256";

function seeded(view: MachineView): Finding {
  const [available, size] = [
    view.read("/proc/sys/kernel/random/entropy_avail"),
    view.read("/proc/sys/kernel/random/poolsize"),
  ];
  if (!available.ok) return missing(available.error);
  if (!size.ok) return missing(size.error);
  const [have, all] = [available.value.trim(), size.value.trim()];
  return (have === POOL_BITS && all === POOL_BITS ? pass : red)(`${have} of ${all} bits`);
}

/** Two draws by the path that makes the machine share; what was drawn here is used for nothing. */
function path(view: MachineView): Finding {
  const draws: Uint8Array[] = [];
  for (let count = 0; count < 2; count += 1) {
    const draw = view.draw(HEALTH_START_BYTES);
    if (!draw.ok) return draw.error === "would_block" ? red("not seeded: a read would block") : missing(draw.error);
    if (draw.value.length !== HEALTH_START_BYTES) return red(`short read of ${draw.value.length} bytes`);
    draws.push(draw.value);
  }
  const [first, second] = draws;
  if (first === undefined || second === undefined) return red("no draw");
  const failure = healthFailure(first, second);
  return failure === undefined ? pass("they differ, both healthy") : red(`health test: ${failure}`);
}

export const ENTROPY_CHECKS: readonly MachineCheck[] = [
  {
    id: "rng_seeded",
    title: "Kernel generator is seeded",
    severity: "required",
    source: "/proc/sys/kernel/random/{entropy_avail,poolsize}",
    evaluate: seeded,
  },
  {
    id: "rng_device",
    title: "Random devices are the kernel's",
    severity: "required",
    source: "/dev/random, /dev/urandom",
    evaluate: devices,
  },
  {
    id: "rng_path",
    title: "Two draws, tested",
    severity: "required",
    source: "/dev/random, O_NONBLOCK",
    evaluate: path,
  },
  {
    id: "hardware_rng",
    title: "Hardware generator that feeds the kernel",
    severity: "info",
    source: "/sys/class/misc/hw_random/rng_current",
    evaluate: (view) => shown(view, "/sys/class/misc/hw_random/rng_current", "none"),
  },
];
