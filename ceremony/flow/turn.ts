import type { Secret } from "../../core/secret.ts";
import type { CheckResult } from "../check/result.ts";
import type { ScreenBody } from "../screen/frame.ts";
import type { Key } from "../screen/keys.ts";
import type { Config } from "../table/config.ts";
import type { RefusalId } from "../table/refusals.ts";
import type { ABORT_REASONS, Actor, Step } from "../table/steps.ts";

export type AbortReason = (typeof ABORT_REASONS)[number];
export type Role = Exclude<Actor, "machine">;

/** The public values by which a seed is known. */
export interface NodeKeys {
  readonly nodeId: string;
  readonly masterFingerprint: string;
  readonly birthdayDays: number;
  readonly internalVersion: number;
}

/** Everything public that the steps have found so far. It crosses between processes as JSON. */
export interface SittingFacts {
  readonly version: string;
  readonly config: Config;
  readonly configHash: string;
  readonly program: { readonly hash: string; readonly form: "executable" | "checkout" };
  /** The console draws half blocks: two people saw them. Without, QR codes are left out. */
  readonly blocks?: boolean;
  readonly ceremonyId?: string;
  readonly date?: string;
  readonly initials?: Readonly<Partial<Record<Role, string>>>;
  readonly commitment?: string;
  readonly node?: NodeKeys;
  /** `identity.age` as the vault made it: encrypted, so public (`ceremony/flow/bundle.ts`). */
  readonly bundle?: string;
  /** Positions that the read-back found wrong, from 1: the words are shown again to compare these. */
  readonly wrongWords?: readonly number[];
  readonly first?: NodeKeys;
  readonly second?: NodeKeys;
  /** `accounts.json` as the first implementation made it from the typed words. */
  readonly accounts?: string;
  /** The second implementation found the same 259 extended public keys. */
  readonly accountsAgree?: boolean;
}

/** What only the vault holds. Wiped when the process ends; never serialised. */
export interface Secrets {
  readonly share?: Secret;
  readonly blind?: Secret;
  readonly dice?: Secret;
  readonly entropy?: Secret;
  readonly salt?: Secret;
  readonly passphrase?: Secret;
  /** The 24 words as the 33 enciphered bytes. */
  readonly enciphered?: Secret;
}

/** What a step needs from outside: the core has no randomness, clock or disk. */
export type Ask =
  | { readonly kind: "selftest" }
  | { readonly kind: "random"; readonly length: number }
  /** `count` different numbers below `below`; public, for choosing what people must type. */
  | { readonly kind: "pick"; readonly below: number; readonly count: number; readonly repeat?: boolean }
  | { readonly kind: "today" }
  /** Draw the screen as it is and go on: before work that takes a second on a slow machine. */
  | { readonly kind: "drawn" }
  /** The ceremony has its id: from here every event is on disk before the next screen. */
  | { readonly kind: "open"; readonly ceremonyId: string }
  | { readonly kind: "write"; readonly file: "node.json" | "accounts.json" | "identity.age"; readonly text: string }
  | { readonly kind: "head" };

export type HelperAnswer =
  | { readonly kind: "selftest"; readonly results: readonly CheckResult[] }
  | { readonly kind: "random"; readonly bytes: Secret }
  | { readonly kind: "pick"; readonly numbers: readonly number[] }
  | { readonly kind: "today"; readonly date: string }
  | { readonly kind: "drawn" }
  | { readonly kind: "open" }
  /** `folder`: where it is, which is another one than the configuration's if that failed. */
  | { readonly kind: "write"; readonly sha256: string; readonly bytes: number; readonly folder?: string }
  | { readonly kind: "head"; readonly head: string }
  | { readonly kind: "refused"; readonly id: RefusalId };

export type StepInput =
  /**
   * `at` in milliseconds of a clock that never goes back; `sameRead`: another key arrived in the same read; `followed`:
   * one that is not Enter came after this one in it.
   */
  | {
      readonly kind: "key";
      readonly key: Key;
      readonly at: number;
      readonly sameRead: boolean;
      readonly followed?: boolean;
    }
  /** Ctrl-C was pressed, and the question whether to end lies over the page. */
  | { readonly kind: "interrupted" }
  | { readonly kind: "tick"; readonly at: number }
  | { readonly kind: "answer"; readonly answer: HelperAnswer };

export type Datum = string | number | boolean | { readonly [name: string]: string | number };

/** A record that a step asks for: the table gives its kind, the engine its step. */
export interface Note {
  readonly what: string;
  readonly actor: Actor;
  readonly data: Readonly<Record<string, Datum>>;
}

export interface StepRefused {
  readonly id: RefusalId;
  /** The word's position on the plate, counted from 1; 0 or absent where there is none. */
  readonly position?: number;
  /** More for the screen than the registry's text, such as positions. */
  readonly detail?: string;
}

/** What a step answers to an input: its next state, and what else follows from it. */
export interface StepTurn<S> {
  readonly state: S;
  readonly notes?: readonly Note[];
  readonly facts?: Partial<SittingFacts>;
  readonly secrets?: Partial<Secrets>;
  readonly ask?: Ask;
  readonly refused?: StepRefused;
  readonly go?: "next" | "words";
  /** The key was no answer: what was said last stays on the screen. */
  readonly ignored?: true;
}

/** What a step may look at. */
export interface StepScene {
  readonly facts: SittingFacts;
  readonly secrets: Secrets;
  readonly step: Step;
}

export interface View extends ScreenBody {
  /** Id of the page in the step's row of the table. */
  readonly page: string;
  /** Which screen of the page, where it has several: a key that was typed before one was drawn is no answer to it. */
  readonly part?: string | number;
  /** Whose turn it is, where people take turns on one page. */
  readonly actor?: Actor;
}

export interface StepLogic<S> {
  begin(scene: StepScene): StepTurn<S>;
  reduce(state: S, input: StepInput, scene: StepScene): StepTurn<S>;
  view(state: S, scene: StepScene): View;
}

/** A programming fault, not something a person did: a step asked for what its scene cannot have. */
export class FlowFault extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The value, which the order of the steps guarantees. */
export function given<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new FlowFault("scene_incomplete", `${name} is not known at this step`);
  return value;
}
