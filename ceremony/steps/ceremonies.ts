import type { Config, Mode } from "../table/config.ts";
import { bundleRow } from "./bundle.ts";
import { closeRow } from "./close.ts";
import { compareRow } from "./compare.ts";
import { diceRow } from "./dice.ts";
import { identityRow } from "./identity.ts";
import { mixRow } from "./mix.ts";
import { openingRow } from "./opening.ts";
import { passphraseRow } from "./passphrase.ts";
import { peopleRow } from "./people.ts";
import { readbackRow } from "./readback.ts";
import { restoreRow } from "./restore.ts";
import { resultRow } from "./result.ts";
import type { RowRefusal, Step } from "./row.ts";
import { selftestRow } from "./selftest.ts";
import { shareRow } from "./share.ts";
import { wordsRow } from "./words.ts";

const SEED = [
  selftestRow,
  identityRow,
  peopleRow,
  shareRow,
  diceRow,
  mixRow,
  passphraseRow,
  wordsRow,
  readbackRow,
  openingRow,
  restoreRow,
  compareRow,
  bundleRow,
  resultRow,
  closeRow,
] as const;

export type StepId = (typeof SEED)[number]["id"];
type IdsOf<Refusals> = Refusals extends unknown ? keyof Refusals & string : never;
export type RefusalId = IdsOf<(typeof SEED)[number]["refusals"]>;

/** What is made in a ceremony. */
export type CeremonyKind = "seed";

/**
 * Every ceremony, as the list of its steps in order. The program, the transcript's schema and the printed script are all
 * made from it: a step is one file beside this one, with its reducer in `ceremony/flow/`, and one row here.
 */
export const CEREMONIES: Readonly<Record<CeremonyKind, readonly Step[]>> = { seed: SEED };

export const STEPS: readonly (Step & { readonly id: StepId })[] = SEED;

/** The steps of one mode, in order. */
export function stepsOf<S extends Pick<Step, "modes">>(mode: Mode, steps: readonly S[]): readonly S[] {
  return steps.filter((step) => step.modes.includes(mode));
}

/** The steps of one ceremony, in order: without a signer there is no bundle. */
export function stepsFor<S extends Pick<Step, "modes" | "needs">>(config: Config, steps: readonly S[]): readonly S[] {
  return stepsOf(config.mode, steps).filter(({ needs }) => needs === undefined || config[needs] !== undefined);
}

export interface CeremonyRefusal extends RowRefusal {
  readonly step: StepId;
}

/**
 * Every refusal of the ceremony. The id is the API: it stands in the transcript, in `docs/refusals.md` and in the name
 * of the test that triggers it, and a test compares the three lists.
 */
export const CEREMONY_REFUSALS = Object.fromEntries(
  SEED.flatMap(({ id, refusals }) =>
    Object.entries<RowRefusal>(refusals).map(([name, refusal]) => [name, { step: id, ...refusal }]),
  ),
) as Readonly<Record<RefusalId, CeremonyRefusal>>;

export function isRefusalId(id: string): id is RefusalId {
  return Object.hasOwn(CEREMONY_REFUSALS, id);
}
