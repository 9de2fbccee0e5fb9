import type { StepId } from "../table/steps.ts";
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
import type { StepLogic } from "./turn.ts";
import { words } from "./words.ts";

/**
 * A step's own state type is its private matter; the engine hands back to a step only what that step gave it, which is
 * why the one cast is sound.
 */
function of<S>(logic: StepLogic<S>): StepLogic<unknown> {
  return logic as StepLogic<unknown>;
}

/** The reducer of every row of the table. */
export const LOGIC: Readonly<Record<StepId, StepLogic<unknown>>> = {
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
