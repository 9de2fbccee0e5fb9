import { begin, type StepDraft } from "../flow/play.ts";
import type { SittingFacts } from "../flow/turn.ts";
import { type AbortReason, FlowFault } from "../flow/turn.ts";
import { answerLocally } from "./answers.ts";
import { ChannelError, type Json, openChildPort } from "./channel.ts";
import { FIRST_FD } from "./child.ts";
import { turnOffCeremonyDumps } from "./dumps.ts";
import { type Ending, runSteps } from "./runner.ts";
import { openTerminal } from "./terminal.ts";
import { CEREMONY_EXIT } from "./usage.ts";

/** Parent to child: where to begin, whether the events are on disk, or that it is over. */
export type ToInner =
  | { readonly kind: "begin"; readonly step: string; readonly facts: SittingFacts }
  | { readonly kind: "recorded"; readonly kept: boolean }
  | { readonly kind: "stop"; readonly reason: AbortReason };

/** Child to parent: events to record, and how its steps ended. Public values only. */
export type FromInner =
  | { readonly kind: "record"; readonly drafts: readonly StepDraft[] }
  | { readonly kind: "ending"; readonly ending: Ending };

/**
 * The vault and the test restore: a child that owns the terminal and is the only process that holds a secret. It gets
 * public facts, gives events and public facts, and exits; the secrets go with its memory.
 */
export async function runInner(): Promise<number> {
  const opened = openChildPort([FIRST_FD, FIRST_FD + 1]);
  if (!opened.ok) return CEREMONY_EXIT.usage;
  const port = opened.value;
  turnOffCeremonyDumps();
  const first = (await port.receive()) as unknown as ToInner;
  if (first.kind !== "begin") throw new FlowFault("inner_protocol", "the first message begins a step");

  const desk = openTerminal();
  // The parent takes the keyboard over as it is, so what is still typed is for it to drop.
  const leave = (): void => {
    desk.clear();
    desk.close();
  };
  let recorded: ((kept: boolean) => void) | undefined;
  // One receive is always waiting, so that a parent that has gone ends this process at once (host/channel.ts).
  const listen = async (): Promise<void> => {
    for (;;) {
      const message = (await port.receive()) as unknown as ToInner;
      if (message.kind === "recorded") recorded?.(message.kept);
      if (message.kind === "stop") desk.stop(message.reason);
    }
  };
  listen().catch((error: unknown) => {
    if (!(error instanceof ChannelError)) throw error;
    leave();
    process.exit(CEREMONY_EXIT.early);
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT"] as const) process.on(signal, () => desk.stop("signal"));
  process.on("SIGHUP", () => desk.stop("terminal_closed"));
  process.on("SIGTSTP", () => undefined);
  const crashed = new Promise<never>((_, reject) => process.on("uncaughtException", reject));

  const send = (message: FromInner): void => port.send(message as unknown as Json);
  try {
    const running = runSteps(begin(first.step, first.facts, {}), desk, {
      record: (drafts) =>
        new Promise((resolve) => {
          recorded = resolve;
          send({ kind: "record", drafts });
        }),
      answer: async (ask) => {
        const answer = answerLocally(ask);
        if (answer === undefined) throw new FlowFault("inner_ask", `${ask.kind} cannot be answered here`);
        return answer;
      },
    });
    const ending = await Promise.race([running, crashed]);
    leave();
    send({ kind: "ending", ending });
    return CEREMONY_EXIT.done;
  } catch {
    // A fault of the program, with words perhaps on the screen: it is cleared, and nothing of the error is printed here.
    // The parent sees that this process went without an ending, and records that.
    leave();
    return CEREMONY_EXIT.refused;
  }
}
