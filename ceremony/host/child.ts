import { spawn } from "node:child_process";
import { fail, ok, type Result } from "../../core/result.ts";
import { type ChannelError, createChannel, type Port } from "./channel.ts";
import { type SelfError, selfCommand } from "./self.ts";

/** A running child of the same program. */
export interface Child {
  readonly pid: number;
  /** Resolves once, with the exit code or the signal that ended it; never rejects. */
  readonly exited: Promise<ChildExit>;
  kill(signal: NodeJS.Signals): void;
}

interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type ChildError = SelfError | { readonly code: "child_not_started" };

/** The first argument of every child; the second is its role. */
export const CHILD_ARGUMENT = "--child";

/** Where a child finds the first of the descriptors it was given: after the terminal's three. */
export const FIRST_FD = 3;

/** No NODE_* reaches a child: some of them make Node write files (NODE_V8_COVERAGE, NODE_COMPILE_CACHE). */
function childEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("NODE_")));
}

/**
 * Starts this program again as `--child ROLE`, on the same terminal, with `fds` as its descriptors from 3 on.
 * Descriptors only, never `pipe` or `ipc`: those are sockets.
 */
function startChild(role: string, fds: readonly number[]): Result<Child, ChildError> {
  const command = selfCommand();
  if (!command.ok) return command;
  const { file, args, argv0 } = command.value;
  const child = spawn(file, [...args, CHILD_ARGUMENT, role], {
    argv0,
    env: childEnvironment(),
    stdio: ["inherit", "inherit", "inherit", ...fds],
  });
  const exited = new Promise<ChildExit>((resolve) => {
    child.once("error", () => resolve({ code: null, signal: null }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  if (child.pid === undefined) return fail({ code: "child_not_started" });
  return ok({ pid: child.pid, exited, kill: (signal) => void child.kill(signal) });
}

/** Starts a child with a channel to it: `openChildPort([3, 4])` is its side. Close the port when the child has gone. */
export function startTalkingChild(
  role: string,
): Result<{ readonly child: Child; readonly port: Port }, ChildError | ChannelError> {
  const channel = createChannel();
  if (!channel.ok) return channel;
  const { parent, childFds } = channel.value;
  const child = startChild(role, childFds);
  if (!child.ok) {
    parent.close();
    return child;
  }
  void child.value.exited.then(() => parent.peerGone());
  return ok({ child: child.value, port: parent });
}
