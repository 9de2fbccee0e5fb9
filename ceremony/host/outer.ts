import { runSelfTest } from "../check/selftest.ts";
import { begin, roomOf, type StepDraft } from "../flow/play.ts";
import type { AbortReason, Ask, HelperAnswer, SittingFacts } from "../flow/turn.ts";
import { CHOSEN_QUIET_MS, OUT_ROOM, SUDDEN_QUIET_MS } from "../limits.ts";
import { CEREMONY_REFUSALS } from "../steps/ceremonies.ts";
import { RECORDS_VERSION } from "../steps/keys.ts";
import type { Config } from "../table/config.ts";
import { configHash } from "../table/config.ts";
import { timestamp } from "../transcript/chain.ts";
import { answerLocally } from "./answers.ts";
import { ChannelError, type Json } from "./channel.ts";
import { startTalkingChild } from "./child.ts";
import { declared } from "./declared.ts";
import { turnOffCeremonyDumps } from "./dumps.ts";
import { ceremonyHash } from "./identity.ts";
import type { FromInner, ToInner } from "./inner.ts";
import { machineView } from "./machine.ts";
import { type Output, type OutputError, openOutput, prepareFolder, releaseRoom, removeEmptyFolder } from "./output.ts";
import { type Ending, runSteps } from "./runner.ts";
import { hasTerminal, openTerminal, type Terminal } from "./terminal.ts";
import { CEREMONY_EXIT } from "./usage.ts";
import { ceremonyVersion } from "./version.ts";

const now = (): string => timestamp(Date.now() / 1000);
const say = (text: string): boolean => process.stderr.write(`ceremony: ${text}\n`);

/** Stands for the id of a ceremony that was refused before people gave it one. */
const UNNAMED = "unnamed";

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

/** What is wrong with an output folder before anything is in it. */
const FOLDER_TEXTS: Readonly<Record<OutputError["code"], string>> = {
  out_not_empty: "is not empty",
  out_unwritable: "cannot be written",
  out_full: `has no room for ${OUT_ROOM / 1024} KiB`,
};

/** The transcript before it has a place: what happened before the ceremony had an id is held, with its times. */
interface Ledger {
  /** False if it could not be kept. After the last event nothing is added: its hash is on paper already. */
  record(drafts: readonly StepDraft[]): boolean;
  open(ceremonyId: string): boolean;
  /** The step of the last event, for an end that no step chose. */
  readonly step: () => string;
  readonly output: () => Output | undefined;
}

function ledger(facts: SittingFacts): Ledger {
  const started = now();
  let output: Output | undefined;
  const held: { readonly draft: StepDraft; readonly at: string }[] = [];
  let last: Pick<StepDraft, "step" | "kind"> = { step: "selftest", kind: "open" };
  return {
    record(drafts) {
      if (last.kind === "done") return true;
      const at = now();
      const to = output;
      last = drafts.at(-1) ?? last;
      if (to !== undefined) return drafts.every((draft) => to.append(draft, at));
      held.push(...drafts.map((draft) => ({ draft, at })));
      return true;
    },
    open(ceremonyId) {
      const opened = openOutput(facts.config.out);
      if (!opened.ok) return false;
      output = opened.value;
      const { config, version, program } = facts;
      const data = {
        what: "opened",
        program: program.hash,
        form: program.form,
        version,
        ceremonyId,
        mode: config.mode,
        network: config.network,
        configHash: facts.configHash,
        config: { ...config },
        records: RECORDS_VERSION,
      };
      const first: StepDraft = { step: "selftest", actor: "machine", kind: "open", data };
      const all = [{ draft: first, at: started }, ...held.splice(0)];
      return all.every(({ draft, at }) => opened.value.append(draft, at));
    },
    step: () => last.step,
    output: () => output,
  };
}

/** What only the parent can answer: it has the disk, the clock and the machine. */
function answers(book: Ledger, today: () => string): (ask: Ask) => Promise<HelperAnswer> {
  return async (ask) => {
    if (ask.kind === "selftest")
      return { kind: "selftest", results: runSelfTest(machineView({ expected: declared() })) };
    if (ask.kind === "today") return { kind: "today", date: today() };
    if (ask.kind === "open")
      return book.open(ask.ceremonyId) ? { kind: "open" } : { kind: "refused", id: "write_failed" };
    if (ask.kind === "write") {
      const written = book.output()?.write(ask.file, ask.text);
      if (written?.ok === true) return { kind: "write", ...written.value };
      return { kind: "refused", id: written?.error === "differs" ? "written_differs" : "write_failed" };
    }
    if (ask.kind === "head") {
      const head = book.output()?.head();
      return head === undefined ? { kind: "refused", id: "written_differs" } : { kind: "head", head };
    }
    const answer = answerLocally(ask);
    return answer ?? { kind: "refused", id: "write_failed" };
  };
}

/** Runs the steps of another room in a child and lends it the terminal. */
async function runChild(
  step: string,
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
      send({ kind: "recorded", kept: book.record(message.drafts) });
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
  const book = ledger(facts);
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
  if (ending.kind === "refused" && book.output() === undefined) book.open(UNNAMED);
  if (book.output() === undefined) releaseRoom(config.out);
  if (folder.value && book.output() === undefined) removeEmptyFolder(config.out);
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
  const helpers = {
    record: async (drafts: readonly StepDraft[]) => book.record(drafts),
    answer: answers(book, () => now().slice(0, 10)),
  };
  let step = "selftest";
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
  const output = book.output();
  if (ending.kind !== "done") {
    const reason = ending.kind === "ended" ? ending.reason : "refused";
    book.record([{ step: ending.step, actor: "machine", kind: "abort", data: { what: "ended", reason } }]);
  }
  output?.close();
  desk.clear();
  if (ending.kind === "done") {
    const files =
      config.recipient === undefined ? "node.json and accounts.json" : "node.json, accounts.json and identity.age";
    say(`done; ${config.out} has transcript.jsonl, ${files}`);
    return CEREMONY_EXIT.done;
  }
  const kept = output === undefined ? "nothing was written" : `${config.out}/transcript.jsonl says what was done`;
  if (ending.kind === "refused") {
    say(CEREMONY_REFUSALS[ending.id].text);
    say(`refused: ${ending.id}; ${kept}`);
    return CEREMONY_EXIT.refused;
  }
  say(ABORT_TEXTS[ending.reason]);
  say(`ended early: ${ending.reason}; ${kept}`);
  return CEREMONY_EXIT.early;
}
