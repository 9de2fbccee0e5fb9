import type { Server, Socket } from "node:net";
import type { Result } from "../../core/result.ts";
import { listenUnix, type SocketError } from "../../core/sockets.ts";
import { ADDRESS_INDEX_MAX, ADMIN_LINE_BYTES_MAX } from "../limits.ts";

const ADMIN_COMMANDS = ["pause", "resume", "status", "nonces-reset"] as const;
export type AdminCommand =
  | (typeof ADMIN_COMMANDS)[number]
  /** `next-address N`: the index of the address that comes next. */
  | { readonly nextAddress: number };

export type AdminAnswer = Readonly<Record<string, string | number | boolean | null>>;

/**
 * The admin socket: one command a line, one JSON object a line back. Mode 0600, so the file system says who may; it is
 * apart from the clients' sockets and speaks no gRPC, so that no client's method can ever reach it.
 */
export async function listenAdmin(
  path: string,
  answer: (command: AdminCommand) => Promise<AdminAnswer>,
): Promise<Result<Server, SocketError>> {
  return listenUnix({ path, mode: 0o600, group: undefined }, (socket) => serve(socket, answer));
}

function parseCommand(line: string): AdminCommand | undefined {
  const next = /^next-address (0|[1-9]\d{0,9})$/.exec(line)?.[1];
  if (next !== undefined && Number(next) <= ADDRESS_INDEX_MAX) return { nextAddress: Number(next) };
  return ADMIN_COMMANDS.find((known) => known === line);
}

function serve(socket: Socket, answer: (command: AdminCommand) => Promise<AdminAnswer>): void {
  let text = "";
  const reply = (value: AdminAnswer): void => void socket.end(`${JSON.stringify(value)}\n`);
  socket.setEncoding("latin1");
  socket.setTimeout(10_000, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    text += chunk;
    if (text.length > ADMIN_LINE_BYTES_MAX) {
      socket.destroy();
      return;
    }
    const end = text.indexOf("\n");
    if (end < 0) return;
    socket.removeAllListeners("data");
    const command = parseCommand(text.slice(0, end));
    if (command === undefined) return reply({ ok: false, error: "admin_command" });
    answer(command).then(reply, () => reply({ ok: false, error: "admin_failed" }));
  });
}
