import { runSelfTest } from "../check/selftest.ts";
import { begin, roomOf, type StepDraft } from "../flow/play.ts";
import type { AbortReason, Ask, HelperAnswer, SittingFacts } from "../flow/turn.ts";
import { CHOSEN_QUIET_MS, SUDDEN_QUIET_MS } from "../limits.ts";
import type { Config } from "../table/config.ts";
import { configHash } from "../table/config.ts";
import { CEREMONY_REFUSALS } from "../table/refusals.ts";
import type { StepId } from "../table/steps.ts";
import { answerLocally } from "./answers.ts";
import { ChannelError, type Json } from "./channel.ts";
import { startTalkingChild } from "./child.ts";
import { declared } from "./declared.ts";
import { turnOffCeremonyDumps } from "./dumps.ts";
import { ceremonyHash } from "./identity.ts";
import type { FromInner, ToInner } from "./inner.ts";
import { type Ledger, openLedger, UNNAMED } from "./ledger.ts";
import { machineView } from "./machine.ts";
import { prepareFolder, releaseRoom, removeEmptyFolder } from "./output.ts";
import { FOLDER_TEXTS, rescueOutput } from "./rescue.ts";
import { type Ending, runSteps } from "./runner.ts";
import { hasTerminal, openTerminal, type Terminal } from "./terminal.ts";
import { CEREMONY_EXIT } from "./usage.ts";
import { ceremonyVersion } from "./version.ts";

const say = (text: string): boolean => process.stderr.write(`ceremony: ${text}\n`);

/** Why a ceremony ended that was not done, as people say it. */
const ABORT_TEXTS: Readonly<Record<AbortReason, string>> = {
  asked: "The ceremony was ended with Ctrl-C.",
  signal: "The program was told to stop.",
  terminal_closed: "The terminal was closed.",
  refused: "Something was refused.",
  vault_lost: "The process that holds the seed has gone, and the seed with it.",
  restore_lost: "The process of the test restore has gone.",
  output_lost: "The output folder is full, read-only or gone.",
  failure: "The program itself failed.",
};

/** What only the parent can answer: it has the disk, the clock and the machine. */
function answers(book: Ledger, rescue: () => Promise<boolean>): (ask: Ask) => Promise<HelperAnswer> {
  return async (ask) => {
    if (ask.kind === "selftest")
      return { kind: "selftest", results: runSelfTest(machineView({ expected: declared() })) };
    if (ask.kind === "today") return { kind: "today", date: book.now().slice(0, 10) };
    if (ask.kind === "open")
      return book.open(ask.ceremonyId) ? { kind: "open" } : { kind: "refused", id: "write_failed" };
    if (ask.kind === "write") {
      for (;;) {
        const written = book.write(ask.file, ask.text);
        if (written.ok) return { kind: "write", ...written.value, folder: book.folder() };
        if (!(await rescue()))
          return { kind: "refused", id: written.error === "differs" ? "written_differs" : "write_failed" };
      }
    }
    if (ask.kind === "head") {
      for (;;) {
        const head = book.head();
        if (head !== undefined) return { kind: "head", head };
        if (!(await rescue())) return { kind: "refused", id: "written_differs" };
      }
    }
    const answer = answerLocally(ask);
    return answer ?? { kind: "refused", id: "write_failed" };
  };
}

/** Runs the steps of another room in a child and lends it the terminal. */
async function runChild(
  step: StepId,
  facts: SittingFacts,
  desk: Terminal,
  book: Ledger,
  stops: Stops,
): Promise<Ending> {
  const reason = roomOf(step) === "vault" ? "vault_lost" : "restore_lost";
  const started = startTalkingChild(roomOf(step));
  if (!started.ok) return { kind: "ended", reason, step: book.step() };
  const { child, port } = started.value;
  const send = (message: ToInner): void => port.send(message as unknown as Json);
  desk.leave();
  let ending: Ending | undefined;
  let fault: unknown;
  stops.to = (reason) => send({ kind: "stop", reason });
  stops.kill = () => child.kill("SIGKILL");
  try {
    send({ kind: "begin", step, facts });
    for (;;) {
      const message = (await port.receive()) as unknown as FromInner;
      if (message.kind === "ending") {
        ending = message.ending;
        break;
      }
      send({ kind: "recorded", kept: book.record(message.drafts) !== "lost" });
    }
  } catch (error) {
    // The channel says that the child has gone. Anything else is a fault of this process, and must not pass for a loss.
    if (!(error instanceof ChannelError)) fault = error;
    child.kill("SIGKILL");
  }
  stops.to = undefined;
  stops.kill = undefined;
  // Not before the child has exited may anything else happen: with it goes the memory that held the secrets.
  await child.exited;
  port.close();
  desk.take();
  desk.clear();
  if (fault !== undefined) throw fault;
  // How far a child got that is lost, only its events say.
  return ending ?? { kind: "ended", reason, step: book.step() };
}

/** Where a signal goes: to the child while there is one, else to this process' own desk. */
interface Stops {
  to: ((reason: AbortReason) => void) | undefined;
  /** Ends the child, if there is one, for a parent that cannot go on. */
  kill: (() => void) | undefined;
}

/** The whole ceremony in this terminal. Resolves to the exit code. */
export async function runCeremony(config: Config): Promise<number> {
  if (!hasTerminal()) {
    say("needs a terminal of at least 80x24 for keyboard and screen");
    return CEREMONY_EXIT.usage;
  }
  turnOffCeremonyDumps();
  const program = ceremonyHash();
  if (!program.ok) {
    say(`cannot read its own file (${program.error.code})`);
    return CEREMONY_EXIT.refused;
  }
  const folder = prepareFolder(config.out);
  if (!folder.ok) {
    const { code, errno } = folder.error;
    say(`the output folder ${config.out} ${FOLDER_TEXTS[code]} (${[code, errno].filter(Boolean).join(", ")})`);
    return CEREMONY_EXIT.refused;
  }
  const facts: SittingFacts = {
    version: ceremonyVersion(),
    config,
    configHash: configHash(config),
    program: program.value,
  };
  const book = openLedger(facts);
  const desk = openTerminal();
  const stops: Stops = { to: undefined, kill: undefined };
  const stop = (reason: AbortReason) => (): void => (stops.to ?? desk.stop)(reason);
  for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT"] as const) process.on(signal, stop("signal"));
  process.on("SIGHUP", stop("terminal_closed"));
  // A shell that got the terminal back in the middle would get what is typed, and have what is on the screen.
  process.on("SIGTSTP", () => undefined);
  const crashed = new Promise<never>((_, reject) => process.on("uncaughtException", reject));

  let ending: Exclude<Ending, { kind: "room" }>;
  let fault: string | undefined;
  try {
    ending = await Promise.race([playRooms(facts, desk, book, stops), crashed]);
  } catch (error) {
    stops.kill?.();
    // A fault of the program: the ceremony is over, but not without a word in the transcript and a cleared screen.
    ending = { kind: "ended", reason: "failure", step: book.step() };
    fault = error instanceof Error && "code" in error ? String(error.code) : "unexpected";
  }
  // A machine that was refused is evidence: which check it was must not be lost with the screen.
  if (ending.kind === "refused" && !book.isOpen()) book.open(UNNAMED);
  if (!book.isOpen()) releaseRoom(config.out);
  if (folder.value && !book.isOpen()) removeEmptyFolder(config.out);
  const code = finish(ending, book, desk, config);
  if (fault !== undefined) say(`a fault of the program: ${fault}`);
  await desk.untilQuiet(quietMs(ending));
  desk.close();
  return code;
}

/** How long the keyboard must be quiet before it is given back, in milliseconds. */
function quietMs(ending: Exclude<Ending, { kind: "room" }>): number {
  // An end that somebody at the keyboard chose, and knows of; in the others people may be in the middle of a line.
  if (ending.kind !== "ended" || ending.reason === "asked") return CHOSEN_QUIET_MS;
  // Nobody is at a terminal that is closed.
  return ending.reason === "terminal_closed" ? 0 : SUDDEN_QUIET_MS;
}

/** One room after the other, each begun with what the ones before have found. */
async function playRooms(
  facts: SittingFacts,
  desk: Terminal,
  book: Ledger,
  stops: Stops,
): Promise<Exclude<Ending, { kind: "room" }>> {
  const rescue = (): Promise<boolean> => rescueOutput(desk, facts, book);
  const helpers = {
    record: async (drafts: readonly StepDraft[]) => {
      const recorded = book.record(drafts);
      return recorded === "kept" || (recorded === "held" && (await rescue()));
    },
    answer: answers(book, rescue),
  };
  let step: StepId = "selftest";
  let known = facts;
  for (;;) {
    const ending: Ending =
      roomOf(step) === "table"
        ? await runSteps(begin(step, known, {}), desk, helpers)
        : await runChild(step, known, desk, book, stops);
    if (ending.kind !== "room") return ending;
    step = ending.step;
    known = ending.facts;
  }
}

function finish(ending: Exclude<Ending, { kind: "room" }>, book: Ledger, desk: Terminal, config: Config): number {
  if (ending.kind !== "done") {
    const reason = ending.kind === "ended" ? ending.reason : "refused";
    book.record([{ step: ending.step, actor: "machine", kind: "abort", data: { what: "ended", reason } }]);
  }
  book.close();
  desk.clear();
  if (ending.kind === "done") {
    const files =
      config.recipient === undefined ? "node.json and accounts.json" : "node.json, accounts.json and identity.age";
    say(`done; ${book.folder()} has transcript.jsonl, ${files}`);
    return CEREMONY_EXIT.done;
  }
  const kept = book.isOpen() ? `${book.folder()}/transcript.jsonl says what was done` : "nothing was written";
  if (ending.kind === "refused") {
    say(CEREMONY_REFUSALS[ending.id].text);
    say(`refused: ${ending.id}; ${kept}`);
    return CEREMONY_EXIT.refused;
  }
  say(ABORT_TEXTS[ending.reason]);
  say(`ended early: ${ending.reason}; ${kept}`);
  return CEREMONY_EXIT.early;
}
