import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface Relay {
  readonly target: string;
  /** From now on the connections that are open pass nothing on, and do not say so; new ones work. */
  freeze(): void;
  stop(): Promise<void>;
}

/** A way to a server under another address. `own` is a port that a relay had before; left out, it is a new one. */
export async function startRelay(host: string, target: string, own = 0): Promise<Relay> {
  const [to = "", port = ""] = target.split(":");
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), to);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => socket.destroy());
    }
  }).listen(own, host);
  await once(server, "listening");
  const address = server.address();
  const bound = typeof address === "object" ? address?.port : undefined;
  return {
    target: `${host}:${bound}`,
    freeze() {
      for (const socket of open) socket.unpipe().pause();
    },
    async stop() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, "close");
    },
  };
}
