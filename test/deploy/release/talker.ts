// A program that starts a child of itself and talks to it, to see how that works in each form of a program.
//   talk       sends three numbers, prints the answers and the child's exit
//   watch      has a child that waits; prints both process ids, then what becomes of the conversation
//   identity   prints the hash of the program
//   replaced   puts the file named next in its own place, then does both of the above
import { readFileSync, renameSync } from "node:fs";
import { isSea } from "node:sea";
import { ChannelError, openChildPort, type Port } from "../../../ceremony/host/channel.ts";
import { CHILD_ARGUMENT, FIRST_FD, startTalkingChild } from "../../../ceremony/host/child.ts";
import { ceremonyHash } from "../../../ceremony/host/identity.ts";

const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
const codeOf = (error: unknown) => (error instanceof ChannelError ? error.code : String(error));

async function parent(role: string, converse: (port: Port) => Promise<void>): Promise<void> {
  const started = startTalkingChild(role);
  if (!started.ok) return void print({ error: started.error });
  const { child, port } = started.value;
  await converse(port);
  print({ exit: await child.exited });
  port.close();
}

async function talk(port: Port): Promise<void> {
  for (const number of [1, 2, 3]) port.send({ number });
  for (let answers = 0; answers < 3; answers += 1) print(await port.receive());
  port.send("bye");
}

async function watch(port: Port): Promise<void> {
  print({ parent: process.pid, child: await port.receive() });
  await port.receive().catch((error: unknown) => print({ parentSees: codeOf(error) }));
}

async function echo(port: Port): Promise<void> {
  for (let message = await port.receive(); message !== "bye"; message = await port.receive()) {
    const cmdline = readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(0, -1);
    port.send({ echo: message, isSea: isSea(), cmdline, nodeVariables: nodeVariables() });
  }
}

async function wait(port: Port): Promise<void> {
  port.send(process.pid);
  await port.receive().catch((error: unknown) => print({ childSees: codeOf(error) }));
}

const nodeVariables = () => Object.keys(process.env).filter((name) => name.startsWith("NODE_"));

async function child(role: string | undefined): Promise<void> {
  const port = openChildPort([FIRST_FD, FIRST_FD + 1]);
  if (!port.ok) return void print({ error: port.error.code });
  await (role === "echo" ? echo : wait)(port.value);
  port.value.close();
}

async function main(): Promise<void> {
  const [command, role] = process.argv.slice(2);
  if (command === CHILD_ARGUMENT) await child(role);
  else if (command === "talk") await parent("echo", talk);
  else if (command === "watch") await parent("wait", watch);
  else if (command === "identity") print(ceremonyHash());
  else if (command === "replaced" && role !== undefined) {
    renameSync(role, process.execPath);
    print(ceremonyHash());
    await parent("echo", talk);
  }
}

void main();
