import { connect } from "node:net";

const ANSWER_MS = 10_000;

/** One command to a signer's admin socket, and its line of JSON; undefined where nobody answers. */
export function askSignerAdmin(path: string, command: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(path, () => socket.write(`${command}\n`));
    socket.setEncoding("utf8");
    socket.setTimeout(ANSWER_MS, () => socket.destroy());
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => resolve(text.endsWith("\n") ? text.trimEnd() : undefined));
  });
}
