import { createServer, type Server, type Socket } from "node:net";
import { networkOf, plainAddress } from "../../core/hosts.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { errnoOrCode } from "../files.ts";
import { ADDRESS_ENTRIES_MAX } from "../limits.ts";
import type { ServerError } from "./errors.ts";
import { openPlaceGate } from "./gate.ts";
import type { ServerLimits } from "./quotas.ts";
import { openBuckets } from "./ratelimit.ts";

/** Why a TCP connection got no further: too many of one network or in all, too fast, or the system had none to give. */
export type Full = "connections" | "address" | "rate" | "accept";

/** Accepted TCP connections, each with a place until it is closed. */
export interface Listener {
  readonly port: number;
  /** Open now. */
  connections(): number;
  /** No new ones. */
  stop(): void;
  /** Ends those that are left, and resolves when they are closed. */
  destroy(): Promise<void>;
}

export interface ListenerHost {
  readonly limits: Pick<ServerLimits, "connections" | "addressConnections" | "addressConnectionsPerSecond">;
  onSocket(socket: Socket): void;
  /** `detail`: the system's own word. */
  onFull(why: Full, address: string, detail: string): void;
}

const WHY = { places: "connections", share: "address", none: undefined } as const;

export async function openListener(
  listen: { readonly host: string; readonly port: number },
  { limits, onSocket, onFull }: ListenerHost,
): Promise<Result<Listener, ServerError>> {
  const sockets = new Set<Socket>();
  const { connections: places, addressConnections: share, addressConnectionsPerSecond: perSecond } = limits;
  const rates = openBuckets({ perSecond, burst: share }, ADDRESS_ENTRIES_MAX);
  const gate = openPlaceGate<Socket>({
    places,
    share,
    yields(socket) {
      socket.destroy();
      onFull("connections", remoteAddressOf(socket), "");
      return true;
    },
  });
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    const address = remoteAddressOf(socket);
    const network = networkOf(address);
    let full: Full | undefined = WHY[gate.enter(network, socket) ?? "none"];
    if (full === undefined && !rates.take(network, performance.now())) {
      gate.leave(network, socket);
      full = "rate";
    }
    if (full !== undefined) {
      socket.destroy();
      onFull(full, address, "");
      return;
    }
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      gate.leave(network, socket);
    });
    onSocket(socket);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(listen.port, listen.host, () => resolve());
    });
  } catch (error) {
    return fail({ code: "server_listen", reason: errnoOrCode(error) });
  }
  // The connection is lost and the server stays. Out of file descriptors, libuv hangs up itself and says nothing here.
  server.on("error", (error) => onFull("accept", "", errnoOrCode(error)));
  const closed = new Promise<void>((resolve) => server.once("close", resolve));
  return ok({
    port: portOf(server),
    connections: () => gate.size,
    stop: () => void server.close(),
    destroy() {
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  });
}

/** Of the other side; empty where it has hung up already. */
export function remoteAddressOf(socket: Socket): string {
  return plainAddress(socket.remoteAddress ?? "");
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
