import { spawn } from "node:child_process";

/**
 * Tells systemd that the service is ready, or that it stops (`Type=notify`, sd_notify(3)). Without NOTIFY_SOCKET nobody
 * waits for it. Node has no datagram of a unix socket, so systemd's own program sends it: `NotifyAccess=all` in the unit.
 * The child gets two names of the environment and no open file.
 *
 * @returns what went wrong; a unit of `Type=notify` then never becomes active
 */
export function notifySystemd(state: "READY=1" | "STOPPING=1"): Promise<string | undefined> {
  const { NOTIFY_SOCKET, PATH = "/usr/bin:/bin" } = process.env;
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === "") return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const child = spawn("systemd-notify", [state], { env: { NOTIFY_SOCKET, PATH }, stdio: "ignore" });
    child.once("error", (error) => resolve("code" in error ? `systemd-notify: ${error.code}` : "systemd-notify"));
    child.once("exit", (code) => resolve(code === 0 ? undefined : `systemd-notify: exit ${code}`));
  });
}
