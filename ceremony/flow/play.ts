import { COUNT_MAX, NOTE_MAX } from "../limits.ts";
import { REFUSALS, type RefusalId } from "../refusals.ts";
import { type FrameContext, frame, type Size } from "../screen/frame.ts";
import { letterOf } from "../screen/keys.ts";
import { type Line, line, span } from "../screen/span.ts";
import {
  type Actor,
  ANYWHERE,
  type EventKind,
  type Room,
  type Step,
  type StepId,
  stepsFor,
  stepsOf,
} from "../script.ts";
import { editLine } from "./field.ts";
import { LOGIC } from "./logic.ts";
import { type Ask, type Facts, FlowFault, given, type Input, type Note, type Secrets, type Turn } from "./turn.ts";

/** An event before the transcript gives it sequence, chain and time. */
export interface Draft {
  readonly step: StepId;
  readonly actor: Actor;
  readonly kind: EventKind;
  readonly data: Readonly<Record<string, Note["data"][string]>>;
}

export type Outcome =
  /** The next step belongs to another process. */
  | { readonly kind: "room"; readonly step: StepId }
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly id: RefusalId }
  | { readonly kind: "ended" };

/** The whole state of the ceremony in one process. A plain value: `advance` never changes one. */
export interface Play {
  readonly step: Step;
  readonly state: unknown;
  readonly facts: Facts;
  readonly secrets: Secrets;
  readonly attempts: Readonly<Partial<Record<RefusalId, number>>>;
  readonly message?: string;
  /** Ctrl-C was pressed, or Ctrl-E and this much of the note is typed. */
  readonly overlay?: { readonly kind: "leave" } | { readonly kind: "note"; readonly text: string };
  /** The last event is written: nothing is recorded any more. */
  readonly complete: boolean;
}

export interface Advance {
  readonly play: Play;
  readonly drafts: readonly Draft[];
  readonly ask?: Ask;
  readonly outcome?: Outcome;
}

/** Begins a step with what is known. */
export function begin(step: StepId, facts: Facts, secrets: Secrets): Advance {
  const row = stepsFor(facts.config).find((candidate) => candidate.id === step);
  if (row === undefined) throw new FlowFault("no_such_step", `${step} is not a step of this mode`);
  const play: Play = { step: row, state: undefined, facts, secrets, attempts: {}, complete: false };
  return apply(play, LOGIC[step].begin({ facts, secrets, step: row }));
}

/** The ceremony's only transition: state and input to state, events, a question to the adapters, an outcome. */
export function advance(play: Play, input: Input): Advance {
  if (input.kind === "key") {
    const over = overlay(play, input);
    if (over !== undefined) return over;
  }
  if (input.kind === "answer" && input.answer.kind === "refused")
    return apply(play, { state: play.state, refused: { id: input.answer.id } });
  const scene = { facts: play.facts, secrets: play.secrets, step: play.step };
  const turn = LOGIC[play.step.id].reduce(play.state, input, scene);
  // Four times a second nothing happens, and nothing is drawn; nor does a key that means nothing take a message away.
  if (input.kind !== "answer" && turn.state === play.state && Object.keys(turn).length === 1)
    return { play, drafts: [] };
  const { message: _, ...fresh } = play;
  return apply(input.kind === "key" && turn.ignored !== true ? fresh : play, turn);
}

/** The screen of this moment, rows of spans. */
export function screen(play: Play, size: Size): Line[] {
  const scene = { facts: play.facts, secrets: play.secrets, step: play.step };
  const view = LOGIC[play.step.id].view(play.state, scene);
  const page = given(
    play.step.pages.find((candidate) => candidate.id === view.page),
    `page ${view.page}`,
  );
  const { version, config } = play.facts;
  const context: FrameContext = {
    mode: config.mode,
    network: config.network,
    version,
    steps: stepsFor(config),
    step: play.step,
    page,
  };
  if (play.overlay === undefined)
    return frame(play.message === undefined ? view : { ...view, message: play.message }, context, size);
  return frame({ ...overlayBody(play.overlay, play.complete), ownAloud: true }, context, size);
}

/** The note's characters on one row: all of them are on three. */
const NOTE_COLUMNS = 60;

function overlayBody(over: NonNullable<Play["overlay"]>, complete: boolean) {
  if (over.kind === "leave")
    return {
      lines: [
        line(span("End this ceremony?", "strong")),
        [],
        ...(complete
          ? [
              line("The transcript is complete and stays so. Whether its head was copied right is"),
              line("not known then, and what to do with the machine is not shown."),
            ]
          : [
              line("The transcript keeps what was done, and says that it was ended."),
              line("A new ceremony begins from the first step."),
            ]),
      ],
      keys: "E end the ceremony   any other key: go on",
    };
  return {
    lines: [
      line(span("Exception note of the leader", "strong")),
      [],
      line("It is written into the transcript and cannot be taken back."),
      line("Never write a secret here."),
      [],
      ...noteRows(over.text),
    ],
    keys: "Enter record it   Esc leave it",
  };
}

function noteRows(text: string): Line[] {
  const rows: Line[] = [];
  for (let from = 0; from <= text.length; from += NOTE_COLUMNS) {
    const part = text.slice(from, from + NOTE_COLUMNS);
    const cursor = text.length < from + NOTE_COLUMNS ? [span("_", "entry")] : [];
    rows.push(line(from === 0 ? "note: " : "      ", span(part, "entry"), ...cursor));
  }
  return rows;
}

/** Ctrl-C asks before it ends; Ctrl-E takes a note, but only at the table: in the vault a note could hold a word. */
function overlay(play: Play, input: Extract<Input, { kind: "key" }>): Advance | undefined {
  const { overlay: open, ...rest } = play;
  if (open?.kind === "leave") {
    const end = letterOf(input.key) === "E";
    return end ? { play: rest, drafts: [], outcome: { kind: "ended" } } : { play: rest, drafts: [] };
  }
  if (open?.kind === "note") {
    if (input.key.kind === "escape" || input.key.kind === "interrupt") return { play: rest, drafts: [] };
    const edited = editLine(open.text, input.key, NOTE_MAX);
    if (!edited.entered) return { play: { ...rest, overlay: { kind: "note", text: edited.text } }, drafts: [] };
    const note = { what: "exception", actor: "leader" as const, data: { note: edited.text } };
    return { play: { ...rest, message: "The note is recorded." }, drafts: [draft(play.step, note)] };
  }
  if (input.key.kind === "interrupt") return { play: { ...play, overlay: { kind: "leave" } }, drafts: [] };
  if (input.key.kind === "note" && play.step.room === "table" && !play.complete)
    return { play: { ...play, overlay: { kind: "note", text: "" } }, drafts: [] };
  return undefined;
}

function apply(play: Play, turn: Turn<unknown>): Advance {
  const drafts = (turn.notes ?? []).map((note) => draft(play.step, note));
  const complete = play.complete || drafts.some((one) => one.kind === "done");
  let next: Play = {
    ...play,
    state: turn.state,
    facts: { ...play.facts, ...turn.facts },
    secrets: { ...play.secrets, ...turn.secrets },
    complete,
  };
  const ask = turn.ask === undefined ? {} : { ask: turn.ask };
  if (turn.refused !== undefined) {
    const { id, position = 0, detail } = turn.refused;
    const attempt = Math.min((play.attempts[id] ?? 0) + 1, COUNT_MAX);
    const note = { what: "refused", actor: "machine" as const, data: { id, attempt, position } };
    if (!play.complete) drafts.push(draft(play.step, note));
    const message = detail === undefined ? REFUSALS[id].text : `${detail} ${REFUSALS[id].text}`;
    next = { ...next, message, attempts: { ...play.attempts, [id]: attempt } };
    if (REFUSALS[id].after === "ends") return { play: next, drafts, outcome: { kind: "refused", id } };
  }
  if (turn.go === undefined) return { play: next, drafts, ...ask };
  const steps = stepsFor(play.facts.config);
  const here = steps.findIndex((step) => step.id === play.step.id);
  const to = turn.go === "next" ? steps[here + 1] : steps.find((step) => step.id === turn.go);
  if (to === undefined) return { play: next, drafts, outcome: { kind: "done" } };
  if (to.room !== play.step.room) return { play: next, drafts, outcome: { kind: "room", step: to.id } };
  const { message: _, ...rest } = next;
  const begun = apply(
    { ...rest, step: to, state: undefined },
    LOGIC[to.id].begin({ facts: next.facts, secrets: next.secrets, step: to }),
  );
  return { ...begun, drafts: [...drafts, ...begun.drafts] };
}

function draft(step: Step, note: Note): Draft {
  const known = [...step.records, ...ANYWHERE].find((candidate) => candidate.what === note.what);
  if (known === undefined) throw new FlowFault("no_such_record", `${step.id} does not record ${note.what}`);
  return { step: step.id, actor: note.actor, kind: known.kind, data: { what: note.what, ...note.data } };
}

/** The process that a step belongs to. */
export function roomOf(step: StepId): Room {
  return given(
    stepsOf("rehearsal").find((candidate) => candidate.id === step),
    step,
  ).room;
}
