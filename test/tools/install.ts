import { spawnSync } from "node:child_process";
import { howToInstall, missingTools, TOOLS, type Tool, type ToolName } from "./list.ts";
import type { ToolMachine } from "./machine.ts";

/** Runs one command to its end with its output shown, and says whether it exited 0. */
export type Shell = (program: string, args: readonly string[]) => boolean;

/** Other uses of apt (an unattended upgrade on a fresh machine) take minutes, not more. */
const LOCK_TIMEOUT_S = 300;
const UPDATE_PAUSE_S = 5;
const UPDATE_TRIES = 24;

/**
 * Looks for the tools, installs what is missing where that is possible (root on a Debian system), and looks again.
 *
 * @returns the tools that are still missing, and the lines that tell a person about them.
 */
export function installTools(machine: ToolMachine, shell: Shell): { missing: ToolName[]; lines: string[] } {
  let missing = missingTools(machine);
  const packages = debianPackages(missing);
  if (packages.length > 0 && canInstall(machine)) {
    install(packages, shell);
    missing = missingTools(machine);
  }
  return { missing, lines: describe(missing) };
}

export const runInTerminal: Shell = (program, args) => {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(program, args, { stdio: ["ignore", "inherit", "inherit"], env }).status === 0;
};

function canInstall(machine: ToolMachine): boolean {
  return machine.root && machine.exists("/etc/debian_version") && machine.which("apt-get") !== undefined;
}

function debianPackages(missing: readonly ToolName[]): string[] {
  const packages = missing.map((name): Tool => TOOLS[name]).flatMap(({ debian }) => debian ?? []);
  return [...new Set(packages)];
}

/** The package lists are fetched only when the first try shows that they are needed: absent or out of date. */
function install(packages: readonly string[], shell: Shell): void {
  const lock = ["-o", `DPkg::Lock::Timeout=${LOCK_TIMEOUT_S}`];
  const line = [...lock, "install", "-y", "--no-install-recommends", ...packages];
  if (!shell("apt-get", line) && update(shell)) {
    shell("apt-get", line);
  }
}

/** `apt-get update` does not wait for the lock of the package lists, whatever the timeout says: so we do. */
function update(shell: Shell): boolean {
  for (let tries = 1; !shell("apt-get", ["update"]); tries += 1) {
    if (tries === UPDATE_TRIES) {
      return false;
    }
    shell("sleep", [String(UPDATE_PAUSE_S)]);
  }
  return true;
}

function describe(missing: readonly ToolName[]): string[] {
  const packages = debianPackages(missing);
  const all =
    packages.length > 1 ? [`  all at once: apt-get install -y --no-install-recommends ${packages.join(" ")}`] : [];
  return [...missing.map((name) => `missing ${name} (${TOOLS[name].use}): ${howToInstall(name)}`), ...all];
}
