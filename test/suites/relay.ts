import { connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { slowness } from "../tools/speed.ts";

/** Milliseconds without a byte after which what a client has said is whole: it writes frame after frame without a pause. */
const QUIET_MS = 25;

/**
 * A port that passes on to `port` what clients send, as one piece when they have fallen silent, and answers at once.
 *
 * A client that wants to see what comes of two frames in a row sends them in two packets. Whether the server has answered
 * the first one before it reads the second is then chance; in one piece it is not.
 */
export async function wholePieces(t: TestContext, port: number): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(port, "127.0.0.1");
    for (const socket of [client, target]) {
      open.add(socket.setNoDelay());
      socket.on("error", () => undefined).on("close", () => open.delete(socket));
    }
    let pieces: Buffer[] = [];
    let timer: NodeJS.Timeout | undefined;
    const pass = (): void => {
      if (pieces.length > 0 && target.writable) target.write(Buffer.concat(pieces));
      pieces = [];
    };
    client.on("data", (piece) => {
      pieces.push(piece);
      clearTimeout(timer);
      timer = setTimeout(pass, QUIET_MS * slowness());
    });
    client.on("end", () => {
      clearTimeout(timer);
      pass();
      target.end();
    });
    client.on("close", () => target.destroy());
    target.pipe(client);
  });
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address !== null && typeof address === "object") resolve(address.port);
    });
  });
}
