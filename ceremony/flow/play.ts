import { COUNT_MAX, NOTE_MAX } from "../limits.ts";
import { type FrameContext, type Size, screenFrame } from "../screen/frame.ts";
import { faultOf, type Key, type KeyFault } from "../screen/keys.ts";
import { type Line, line, span } from "../screen/span.ts";
import { ANYWHERE } from "../steps/anywhere.ts";
import { type RefusalId, stepsFor } from "../steps/ceremonies.ts";
import type { Actor, EventKind, Room, Step } from "../steps/row.ts";
import { editLine, fieldLine, UNTAKEN } from "./field.ts";
import { logicOf, PLAYED, type PlayedCeremony, rowRefusalOf } from "./logic.ts";
import {
  type Ask,
  FlowFault,
  given,
  type Note,
  type Secrets,
  type SittingFacts,
  type StepInput,
  type StepScene,
  type StepTurn,
} from "./turn.ts";

/** An event before the transcript gives it sequence, chain and time. */
export interface StepDraft {
  readonly step: string;
  readonly actor: Actor;
  readonly kind: EventKind;
  readonly data: Readonly<Record<string, Note["data"][string]>>;
}

export type StepOutcome =
  /** The next step belongs to another process. */
  | { readonly kind: "room"; readonly step: string }
  | { readonly kind: "done" }
  /** A refusal after which nothing goes on: it stays on the screen until Enter, which gives `ended`. */
  | { readonly kind: "refused"; readonly id: RefusalId }
  | { readonly kind: "ended" };

/** The whole state of the ceremony in one process. A plain value: `advance` never changes one. */
export interface Play {
  readonly ceremony: PlayedCeremony;
  readonly step: Step;
  readonly state: unknown;
  readonly facts: SittingFacts;
  readonly secrets: Secrets;
  readonly attempts: Readonly<Partial<Record<RefusalId, number>>>;
  readonly message?: string;
  /** Ctrl-C was pressed, or Ctrl-E, and this much is typed. */
  readonly overlay?: { readonly kind: "leave" | "note"; readonly text: string };
  /** The refusal that ended the ceremony: what is left is a note of the leader, and Enter. */
  readonly over?: RefusalId;
  /** The last event is written: nothing is recorded any more. */
  readonly complete: boolean;
}

export interface Advance {
  readonly play: Play;
  readonly drafts: readonly StepDraft[];
  readonly ask?: Ask;
  readonly outcome?: StepOutcome;
}

/** Begins a step with what is known. */
export function begin(
  step: string,
  facts: SittingFacts,
  secrets: Secrets,
  ceremony: PlayedCeremony = PLAYED.seed,
): Advance {
  const row = stepsFor(facts.config, ceremony.steps).find((candidate) => candidate.id === step);
  if (row === undefined) throw new FlowFault("no_such_step", `${step} is not a step of this mode`);
  const play: Play = { ceremony, step: row, state: undefined, facts, secrets, attempts: {}, complete: false };
  return apply(play, logicOf(ceremony, step).begin({ facts, secrets, step: row }));
}

/** The ceremony's only transition: state and input to state, events, a question to the adapters, an outcome. */
export function advance(play: Play, input: StepInput): Advance {
  if (input.kind === "key") {
    const over = overlay(play, input) ?? afterRefusal(play, input) ?? strangeKey(play, input);
    if (over !== undefined) return over;
  }
  if (input.kind === "answer" && input.answer.kind === "refused")
    return apply(play, { state: play.state, refused: { id: input.answer.id } });
  const scene = sceneOf(play);
  const turn = logicOf(play.ceremony, play.step.id).reduce(play.state, input, scene);
  // Four times a second nothing happens, and nothing is drawn; nor does a key that means nothing take a message away.
  if (input.kind !== "answer" && turn.state === play.state && Object.keys(turn).length === 1)
    return { play, drafts: [] };
  const { message: _, ...fresh } = play;
  return apply(input.kind === "key" && turn.ignored !== true ? fresh : play, turn);
}

/** The screen of this moment, rows of spans. */
export function screen(play: Play, size: Size): Line[] {
  const scene = sceneOf(play);
  const view = logicOf(play.ceremony, play.step.id).view(play.state, scene);
  const page = given(
    play.step.pages.find((candidate) => candidate.id === view.page),
    `page ${view.page}`,
  );
  const { version, config } = play.facts;
  const context: FrameContext = {
    mode: config.mode,
    network: config.network,
    version,
    steps: stepsFor(config, play.ceremony.steps),
    step: play.step,
    page: view.actor === undefined ? page : { ...page, actor: view.actor },
  };
  const message = play.message === undefined ? {} : { message: play.message };
  if (play.overlay !== undefined)
    return screenFrame({ ...overlayBody(play.overlay, play.complete), ...message, ownAloud: true }, context, size);
  const keys = play.over === undefined ? view.keys : `Enter end${play.complete ? "" : "   Ctrl-E exception note"}`;
  return screenFrame({ ...view, ...message, keys }, context, size);
}

/**
 * What the people look at: while it stays the same, so does the page that they answer. A key that was typed before the
 * page was drawn answers another one, or nothing.
 */
export function pageKey(play: Play): string {
  const { page, part = "" } = logicOf(play.ceremony, play.step.id).view(play.state, sceneOf(play));
  return [play.step.id, page, part, play.overlay?.kind ?? "", play.over ?? ""].join("/");
}

const sceneOf = ({ facts, secrets, step }: Play): StepScene => ({ facts, secrets, step });

/** The same moment with a word about keys that were dropped, unless something else is said already. */
export function dropped(play: Play): Play {
  return play.message === undefined
    ? { ...play, message: "What was typed before this page was drawn is not taken." }
    : play;
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
        [],
        fieldLine(`Type ${LEAVE_WORD} to end it:`, over.text),
      ],
      keys: `${LEAVE_WORD} and Enter: end the ceremony   Esc, or Enter alone: go on`,
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
    keys: "Enter record it   Ctrl-U clear   Esc leave it",
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

/** In capitals, so that no slip of the hand is it: Ctrl-C for a capital C, and the rest of a word or a line. */
const LEAVE_WORD = "END";

/** Ctrl-C asks before it ends; Ctrl-E takes a note, but only at the table: in the vault a note could hold a word. */
function overlay(play: Play, input: Extract<StepInput, { kind: "key" }>): Advance | undefined {
  const { overlay: open, message: _, ...rest } = play;
  const { key } = input;
  if (open !== undefined) {
    if (key.kind === "escape" || (open.kind === "note" && key.kind === "interrupt")) return { play: rest, drafts: [] };
    const edited = editLine(open.text, key, open.kind === "note" ? NOTE_MAX : LEAVE_MAX);
    const stay = (text: string, message?: string): Advance => {
      const said = message === undefined ? {} : { message };
      return { play: { ...rest, overlay: { ...open, text }, ...said }, drafts: [] };
    };
    if (open.kind === "leave" && key.kind === "enter") {
      if (open.text === "") return { play: rest, drafts: [] };
      return open.text === LEAVE_WORD ? { play: rest, drafts: [], outcome: { kind: "ended" } } : stay("", NOT_LEFT);
    }
    if (!edited.entered)
      return stay(edited.text, untaken(key) ?? (isFull(open.text, edited.text) ? NOTE_FULL : undefined));
    // A note says what was typed, or nothing: a letter that is left out can turn its meaning.
    if (edited.text.includes(UNTAKEN)) return stay(edited.text, NOTE_UNTAKEN);
    const note = { what: "exception", actor: "leader" as const, data: { note: edited.text } };
    return { play: { ...rest, message: "The note is recorded." }, drafts: [draft(play.step, note)] };
  }
  if (key.kind === "interrupt" && play.over === undefined) {
    // What is secret comes back covered, and a secret that was being typed comes back void.
    const { state } = logicOf(play.ceremony, play.step.id).reduce(play.state, { kind: "interrupted" }, sceneOf(play));
    return { play: { ...rest, state, overlay: { kind: "leave", text: "" } }, drafts: [] };
  }
  const mayNote = play.step.room === "table" || play.over !== undefined;
  if (key.kind === "note" && mayNote && !play.complete)
    return { play: { ...play, overlay: { kind: "note", text: "" } }, drafts: [] };
  return undefined;
}

/** Room for the word, and for what somebody types who meant another field. */
const LEAVE_MAX = 20;
const NOT_LEFT = `That is not ${LEAVE_WORD}, in capitals. Esc goes on with the ceremony.`;
const NOTE_FULL = `A note has ${NOTE_MAX} characters. The block stands for those that did not fit.`;
const NOTE_UNTAKEN = "A block stands for a key that was not taken: write it otherwise, then Enter.";

const isFull = (before: string, after: string): boolean => after.length >= before.length && after.endsWith(UNTAKEN);

/** After a refusal that ends the ceremony the refusal stays on the screen until somebody has seen it. */
function afterRefusal(play: Play, { key }: Extract<StepInput, { kind: "key" }>): Advance | undefined {
  if (play.over === undefined) return undefined;
  return key.kind === "enter" ? { play, drafts: [], outcome: { kind: "ended" } } : { play, drafts: [] };
}

const UNTAKEN_KEYS: Readonly<Record<KeyFault, string>> = {
  foreign: "A letter beyond ASCII is not taken. Switch the keyboard to a Latin layout: us.",
  sequence: "Not taken: keypad without Num Lock, arrow or function key.",
  control: "Not taken: a control key.",
};

function untaken(key: Key): string | undefined {
  const fault = faultOf(key);
  return fault === undefined ? undefined : UNTAKEN_KEYS[fault];
}

/** A key that no page takes is never without an answer. Fields that hold a secret answer it themselves: they are void. */
function strangeKey(play: Play, input: Extract<StepInput, { kind: "key" }>): Advance | undefined {
  const message = untaken(input.key);
  if (message === undefined) return undefined;
  const turn = logicOf(play.ceremony, play.step.id).reduce(play.state, input, sceneOf(play));
  return apply(turn.refused === undefined && turn.ignored !== true ? { ...play, message } : play, turn);
}

function apply(play: Play, turn: StepTurn<unknown>): Advance {
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
    const { text, after } = rowRefusalOf(play.ceremony, id);
    const message = detail === undefined ? text : `${detail} ${text}`;
    next = { ...next, message, attempts: { ...play.attempts, [id]: attempt } };
    if (after === "ends") return { play: { ...next, over: id }, drafts, outcome: { kind: "refused", id } };
  }
  if (turn.go === undefined) return { play: next, drafts, ...ask };
  const steps = stepsFor(play.facts.config, play.ceremony.steps);
  const here = steps.findIndex((step) => step.id === play.step.id);
  const { back } = play.step;
  const to = turn.go === "next" ? steps[here + 1] : steps.find((step) => step.id === back?.to);
  if (to === undefined) return { play: next, drafts, outcome: { kind: "done" } };
  if (to.room !== play.step.room) return { play: next, drafts, outcome: { kind: "room", step: to.id } };
  const { message: _, ...rest } = next;
  const begun = apply(
    { ...rest, step: to, state: undefined },
    logicOf(play.ceremony, to.id).begin({ facts: next.facts, secrets: next.secrets, step: to }),
  );
  return { ...begun, drafts: [...drafts, ...begun.drafts] };
}

function draft(step: Step, note: Note): StepDraft {
  const known = [...step.records, ...ANYWHERE].find((candidate) => candidate.what === note.what);
  if (known === undefined) throw new FlowFault("no_such_record", `${step.id} does not record ${note.what}`);
  return { step: step.id, actor: note.actor, kind: known.kind, data: { what: note.what, ...note.data } };
}

/** The process that a step belongs to. */
export function roomOf(step: string, { steps }: PlayedCeremony = PLAYED.seed): Room {
  return given(
    steps.find((candidate) => candidate.id === step),
    step,
  ).room;
}
