import { CEREMONIES, type CeremonyKind, type StepId } from "../steps/ceremonies.ts";
import type { RowRefusal, Step } from "../steps/row.ts";
import { bundleStep } from "./bundle.ts";
import { close } from "./close.ts";
import { compareStep } from "./compare.ts";
import { dice } from "./dice.ts";
import { identityStep } from "./identity.ts";
import { mix } from "./mix.ts";
import { opening } from "./opening.ts";
import { passphrase } from "./passphrase.ts";
import { people } from "./people.ts";
import { readback } from "./readback.ts";
import { restore } from "./restore.ts";
import { result } from "./result.ts";
import { selftest } from "./selftest.ts";
import { share } from "./share.ts";
import { given, type StepLogic } from "./turn.ts";
import { words } from "./words.ts";

/**
 * A step's own state type is its private matter; the engine hands back to a step only what that step gave it, which is
 * why the one cast is sound.
 */
function of<S>(logic: StepLogic<S>): StepLogic<unknown> {
  return logic as StepLogic<unknown>;
}

/** The reducer of every row of the ceremony of a seed. */
const SEED: Readonly<Record<StepId, StepLogic<unknown>>> = {
  selftest: of(selftest),
  identity: of(identityStep),
  people: of(people),
  share: of(share),
  dice: of(dice),
  mix: of(mix),
  passphrase: of(passphrase),
  words: of(words),
  readback: of(readback),
  opening: of(opening),
  restore: of(restore),
  compare: of(compareStep),
  bundle: of(bundleStep),
  result: of(result),
  close: of(close),
};

/** A ceremony as the engine plays it: its rows in order, and the reducer of each by its id. */
export interface PlayedCeremony {
  readonly steps: readonly Step[];
  readonly logic: Readonly<Record<string, StepLogic<unknown>>>;
}

export const PLAYED: Readonly<Record<CeremonyKind, PlayedCeremony>> = {
  seed: { steps: CEREMONIES.seed, logic: SEED },
};

/** The reducer of a step. */
export function logicOf({ logic }: PlayedCeremony, step: string): StepLogic<unknown> {
  return given(Object.hasOwn(logic, step) ? logic[step] : undefined, `the reducer of ${step}`);
}

/** What a refusal says and what follows: a row's own, or one of another step that it meets. */
export function rowRefusalOf({ steps }: PlayedCeremony, id: string): RowRefusal {
  return given(
    steps.map(({ refusals }) => refusals[id]).find((refusal) => refusal !== undefined),
    `the refusal ${id}`,
  );
}
