import { createServer, type Server, type Socket } from "node:net";
import { fail, ok, type Result } from "../../ceremony/result.ts";
import { codeOf } from "../files.ts";
import { plainAddress } from "./address.ts";
import type { ServerError } from "./errors.ts";
import type { Gate } from "./gate.ts";

/** Accepted TCP connections, each with a place in the gate until it is closed. */
export interface Listener {
  readonly port: number;
  /** No new ones. */
  stop(): void;
  /** Ends those that are left, and resolves when they are closed. */
  destroy(): Promise<void>;
}

export interface ListenerHost {
  readonly gate: Gate;
  onSocket(socket: Socket): void;
  onFull(why: "connections" | "address", address: string): void;
}

export async function openListener(
  listen: { readonly host: string; readonly port: number },
  { gate, onSocket, onFull }: ListenerHost,
): Promise<Result<Listener, ServerError>> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    const address = addressOf(socket);
    const full = gate.enter(address);
    if (full !== undefined) {
      socket.destroy();
      onFull(full, address);
      return;
    }
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      gate.leave(address);
    });
    onSocket(socket);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(listen.port, listen.host, () => resolve());
    });
  } catch (error) {
    return fail({ code: "server_listen", reason: codeOf(error) });
  }
  // Out of file descriptors, for one: the connection is lost and the server stays.
  server.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => server.once("close", resolve));
  return ok({
    port: portOf(server),
    stop: () => void server.close(),
    destroy() {
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  });
}

/** Of the other side; empty where it has hung up already. */
export function addressOf(socket: Socket): string {
  return plainAddress(socket.remoteAddress ?? "");
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
