import { fail, ok, type Result } from "../../core/result.ts";
import { type Finding, info, pass, red } from "./result.ts";
import { missing, names, notProvenAbsent } from "./rows.ts";
import type { MachineView } from "./view.ts";

export interface PciDevice {
  /** Six hex digits: class, subclass, programming interface. */
  readonly code: string;
  /** Whether a driver serves it. */
  readonly bound: boolean;
}

const ROOT = "/sys/bus/pci/devices";

/** The devices whose class begins with one of the prefixes, or the failure to report. A machine without PCI has none. */
export function pciDevices(view: MachineView, ...prefixes: readonly string[]): Result<readonly PciDevice[], Finding> {
  const folder = view.list(ROOT);
  if (!folder.ok) {
    const failure = notProvenAbsent(view, ROOT, folder.error);
    return failure === undefined ? ok([]) : fail(failure);
  }
  const devices: PciDevice[] = [];
  for (const slot of folder.value) {
    const text = view.read(`${ROOT}/${slot}/class`);
    if (!text.ok) return fail(missing(text.error));
    const code = /^0x([0-9a-f]{6})\s*$/.exec(text.value)?.[1];
    if (code === undefined) return fail(red(`${slot} has no readable class`));
    const entries = view.list(`${ROOT}/${slot}`);
    if (!entries.ok) return fail(missing(entries.error));
    devices.push({ code, bound: entries.value.includes("driver") });
  }
  return ok(devices.filter((device) => prefixes.some((prefix) => device.code.startsWith(prefix))));
}

const codes = (devices: readonly PciDevice[]): string => names(devices.map((device) => device.code));

/** Passes if there is no such device. */
export function noDevice(devices: Result<readonly PciDevice[], Finding>, which = (_: PciDevice) => true): Finding {
  if (!devices.ok) return devices.error;
  const found = devices.value.filter(which);
  return found.length === 0 ? pass("none") : red(codes(found));
}

/** Shows the devices of these classes that no driver serves. */
export function unboundDevices(devices: Result<readonly PciDevice[], Finding>): Finding {
  if (!devices.ok) return info(devices.error.value);
  return info(codes(devices.value.filter((device) => !device.bound)));
}
