import { createHash } from "node:crypto";
import { KNOWN_ANSWERS } from "../../../ceremony/check/known.ts";
import type { CheckResult } from "../../../ceremony/check/result.ts";
import { MACHINE_CHECKS } from "../../../ceremony/check/table.ts";
import { logicOf } from "../../../ceremony/flow/logic.ts";
import {
  type Advance,
  advance,
  begin,
  type Play,
  type StepDraft,
  type StepOutcome,
  screen,
} from "../../../ceremony/flow/play.ts";
import type { Ask, HelperAnswer, SittingFacts, StepInput } from "../../../ceremony/flow/turn.ts";
import type { Size } from "../../../ceremony/screen/frame.ts";
import { keysOf } from "../../../ceremony/screen/keys.ts";
import { type Line, lineWidth } from "../../../ceremony/screen/span.ts";
import type { RefusalId, StepId } from "../../../ceremony/steps/ceremonies.ts";
import { type Config, configHash } from "../../../ceremony/table/config.ts";
import { Secret } from "../../../core/secret.ts";
import { RECIPIENT } from "../../signer/bundle/samples.ts";

export const SIZE: Size = { columns: 80, rows: 24 };
export const TODAY = "2026-11-22";
/** A hand's pace: no rule about time is touched. */
const KEY_MS = 100;

export const REHEARSAL: Config = {
  mode: "rehearsal",
  network: "regtest",
  out: "rehearsal-20261122-120000",
  rolls: 64,
  passphrase: "typed",
  plates: 1,
  recipient: RECIPIENT,
};
export const PRODUCTION: Config = { ...REHEARSAL, mode: "production", network: "mainnet", out: "/media/stick" };

/** All that the steps need from outside, fixed. Each can be replaced by one that answers something else. */
export type Adapters = { readonly [K in Ask["kind"]]: (ask: Extract<Ask, { kind: K }>, asked: number) => HelperAnswer };

export interface SittingOptions {
  readonly config?: Config;
  readonly adapters?: Partial<Adapters>;
  /** Looks at every state, also at those that last until an adapter has answered. */
  readonly watch?: (sitting: Sitting) => void;
  /** Another seed, another ceremony. */
  readonly seed?: string;
}

/** A whole ceremony in one process: the rooms one after the other, each with nothing but facts that went as JSON. */
export interface Sitting {
  play: Play;
  page: string;
  readonly drafts: StepDraft[];
  outcome: StepOutcome | undefined;
  /** Milliseconds of the clock that keys and ticks carry. */
  now: number;
  /** What the people of this table have on paper. */
  readonly paper: { words: string[]; passphrase: string; head: string[]; digits: string };
  readonly options: SittingOptions;
  asked: number;
}

export const allPass = (): CheckResult[] =>
  [...MACHINE_CHECKS, ...KNOWN_ANSWERS].map(({ id }) => ({ id, outcome: "pass", value: "as it should be" }));

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

function adaptersOf(sitting: Sitting): Adapters {
  const seed = sitting.options.seed ?? "table";
  return {
    selftest: () => ({ kind: "selftest", results: allPass() }),
    random: ({ length }) => {
      const blocks = [0, 1, 2].map((block) => sha256(`${seed} random ${block}`));
      return { kind: "random", bytes: Secret.take(Buffer.concat(blocks).subarray(0, length)) };
    },
    pick: ({ below, count, repeat }, asked) => {
      const numbers: number[] = [];
      for (let at = 0; numbers.length < count; at += 1) {
        const number = sha256(`${seed} pick ${asked} ${at}`).readUInt32BE() % below;
        if (repeat === true || !numbers.includes(number)) numbers.push(number);
      }
      return { kind: "pick", numbers };
    },
    today: () => ({ kind: "today", date: TODAY }),
    drawn: () => ({ kind: "drawn" }),
    open: () => ({ kind: "open" }),
    write: ({ text }) => ({ kind: "write", sha256: sha256(text).toString("hex"), bytes: text.length }),
    head: () => ({ kind: "head", head: sha256(JSON.stringify(sitting.drafts)).toString("hex") }),
    ...sitting.options.adapters,
  };
}

export function refusing(id: RefusalId): () => HelperAnswer {
  return () => ({ kind: "refused", id });
}

export function factsOf(config: Config): SittingFacts {
  const program = { hash: sha256("program").toString("hex"), form: "checkout" as const };
  return { version: "0.1.0", config, configHash: configHash(config), program };
}

/** People sit down: at the first step, or at any other with what is known by then. */
export function sit(
  options: SittingOptions = {},
  from?: { readonly step: StepId; readonly facts: SittingFacts },
): Sitting {
  const facts = from?.facts ?? factsOf(options.config ?? REHEARSAL);
  const first = begin(from?.step ?? "selftest", facts, {});
  const { nodeId = "" } = facts.node ?? {};
  const paper = { words: [], passphrase: "", head: [], digits: `${nodeId.slice(0, 8)} ${nodeId.slice(-8)}`.trim() };
  const sitting: Sitting = {
    ...{ play: first.play, page: "", drafts: [], outcome: undefined, now: 1000, paper, options, asked: 0 },
  };
  settle(sitting, first);
  return sitting;
}

/** What `host/runner.ts` does between two keys: records, crosses rooms, asks the adapters. */
function settle(sitting: Sitting, first: Advance): void {
  let next = first;
  for (;;) {
    sitting.drafts.push(...next.drafts);
    if (next.outcome?.kind === "room") {
      const facts = JSON.parse(JSON.stringify(next.play.facts)) as SittingFacts;
      next = begin(next.outcome.step, facts, {});
      continue;
    }
    sitting.play = next.play;
    sitting.outcome = next.outcome;
    sitting.page = pageOf(next.play);
    freeze(next.play);
    sitting.options.watch?.(sitting);
    if (next.ask === undefined || next.outcome !== undefined) return;
    sitting.asked += 1;
    const adapter = adaptersOf(sitting)[next.ask.kind] as (ask: Ask, asked: number) => HelperAnswer;
    next = advance(next.play, { kind: "answer", answer: adapter(next.ask, sitting.asked) });
  }
}

function pageOf({ ceremony, step, state, facts, secrets }: Play): string {
  return logicOf(ceremony, step.id).view(state, { facts, secrets, step }).page;
}

/** Nothing in a state may be changed but secrets, which are wiped. A frozen one shows who tries. */
function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || value instanceof Secret || ArrayBuffer.isView(value)) return;
  if (Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}

export function give(sitting: Sitting, input: StepInput): void {
  if (sitting.outcome === undefined) settle(sitting, advance(sitting.play, input));
}

/** Types as a hand does: one key a read, 100 ms apart. */
export function type(sitting: Sitting, text: string | Uint8Array, gapMs = KEY_MS): void {
  for (const key of keysOf(Buffer.from(text))) {
    sitting.now += gapMs;
    give(sitting, { kind: "key", key, at: sitting.now, sameRead: false });
  }
}

/** All keys arrive in one read, as pasted text does. */
export function paste(sitting: Sitting, text: string): void {
  sitting.now += KEY_MS;
  const keys = keysOf(Buffer.from(text));
  for (const [index, key] of keys.entries()) {
    const followed = keys.slice(index + 1).some(({ kind }) => kind !== "enter");
    give(sitting, { kind: "key", key, at: sitting.now, sameRead: true, followed });
  }
}

/** Time goes by, in ticks of 250 ms as the terminal gives them. */
export function wait(sitting: Sitting, ms: number): void {
  for (const end = sitting.now + ms; sitting.now < end; ) {
    sitting.now += 250;
    give(sitting, { kind: "tick", at: sitting.now });
  }
}

/** A copy with secrets of its own: going on with one leaves the other as it is. */
export function fork(sitting: Sitting): Sitting {
  const paper = { ...sitting.paper, words: [...sitting.paper.words], head: [...sitting.paper.head] };
  return { ...sitting, play: copied(sitting.play), drafts: [...sitting.drafts], paper };
}

function copied<T>(value: T): T {
  if (value instanceof Secret) return Secret.copyOf(value.bytes) as T;
  if (value instanceof Uint16Array) return value.slice() as T;
  if (Array.isArray(value)) return value.map(copied) as T;
  if (typeof value !== "object" || value === null || value instanceof RegExp) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copied(part)])) as T;
}

export function rowsOf(sitting: Sitting, size = SIZE): Line[] {
  return screen(sitting.play, size);
}

/** A row as people see it, secrets and all. Only a test may make a string of them. */
export function textOf(row: Line): string {
  return row
    .map(({ text }) => (text instanceof Secret ? text.bytes.toString("latin1") : text))
    .join("")
    .trimEnd();
}

export function screenOf(sitting: Sitting, size = SIZE): string[] {
  return rowsOf(sitting, size).map(textOf);
}

export function widest(rows: readonly Line[]): number {
  return Math.max(0, ...rows.map(lineWidth));
}

export const messageOf = (sitting: Sitting): string => screenOf(sitting)[SIZE.rows - 2] ?? "";

/** The last refusal that was recorded. */
export function refusalOf(sitting: Sitting): StepDraft | undefined {
  return sitting.drafts.findLast((draft) => draft.kind === "refusal");
}
