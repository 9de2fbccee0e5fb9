import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** systemd's side of sd_notify(3): says what comes in, and closes the descriptor of a barrier, which it waits for. */
const LISTENER = `
import os, socket, sys
end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
end.bind(sys.argv[1])
print("bound", flush=True)
while True:
    data, fds, _, _ = socket.recv_fds(end, 4096, 4)
    for fd in fds: os.close(fd)
    if b"BARRIER" not in data: print(data.decode().strip(), flush=True)
`;

export interface NotifySocket {
  /** The next thing that a service says, `READY=1` for one. */
  next(): Promise<string | undefined>;
  close(): void;
}

/** A NOTIFY_SOCKET at a path; listens when it resolves. */
export async function listenNotify(path: string): Promise<NotifySocket> {
  const listener = spawn("python3", ["-c", LISTENER, path], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: listener.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string | undefined> => (await lines.next()).value;
  if ((await next()) !== "bound") throw new Error(`no socket at ${path}`);
  return { next, close: () => void listener.kill() };
}
