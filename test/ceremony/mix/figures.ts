import {
  DICE_FACE_LIMIT,
  DICE_ROLLS_MAX,
  DICE_ROLLS_MIN,
  DICE_RUN_LIMIT,
  PASSPHRASE_DICE_WORDS,
  PASSPHRASE_FACE_LIMIT,
} from "../../../ceremony/limits.ts";
import { faceLimit } from "../../../ceremony/mix/dice.ts";
import { diceStrength } from "../../../ceremony/mix/dicewords.ts";
import {
  biasedPlansAtMost,
  passesFaces,
  plansAtMost,
  refusedShare,
  withoutEither,
  withoutFace,
  withoutRun,
} from "./chance.ts";
import { VECTORS } from "./vectors.ts";

// Every figure of docs/mix.md, computed anew, in the words of the page.

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
const fine = (share: number) => `${(100 * share).toFixed(3)} %`;

/** A die of which one face comes half as often again as it should. */
const LOADED = [0.25, 0.15, 0.15, 0.15, 0.15, 0.15];

export function vectorBlocks(): string[] {
  return VECTORS.map(({ name, opened, steps, expected, labels }) => {
    const lines = {
      id: opened.ceremonyId,
      round: String(opened.round),
      R: opened.machineShare,
      blind: opened.blind,
      D: opened.dice,
      configHash: opened.configHash,
      "C input": steps.commitmentInput,
      C: expected.commitment,
      "HKDF salt": steps.hkdfSalt,
      IKM: steps.keyMaterial,
      PRK: steps.pseudorandomKey,
      entropy: expected.entropy,
      salt: expected.salt,
      "K input": steps.outputInput,
      K: expected.outputCommitment,
      ...labels,
    };
    const body = Object.entries(lines).map(([field, value]) => `${field.padEnd(16)} ${value}`);
    return `${name[0]?.toUpperCase()}${name.slice(1)}:\n\n\`\`\`\n${body.join("\n")}\n\`\`\``;
  });
}

export function rateRows(): string[] {
  const rolls = DICE_ROLLS_MIN;
  const rate = (passing: bigint) => percent(refusedShare(rolls, passing));
  const either = refusedShare(rolls, withoutEither(rolls, DICE_FACE_LIMIT, DICE_RUN_LIMIT));
  return [
    `| a face ${DICE_FACE_LIMIT} times or more in ${rolls} | \`dice_face_too_often\` | ${rate(withoutFace(rolls, DICE_FACE_LIMIT))} |`,
    `| a run of ${DICE_RUN_LIMIT} or more | \`dice_run_too_long\` | ${rate(withoutRun(rolls, DICE_RUN_LIMIT))} |`,
    `| a plan | \`dice_by_plan\` | ${fine(plansAtMost(rolls))} at most |`,
    `| any of them | | ${percent(either + plansAtMost(rolls))} at most |`,
  ];
}

/** The same for the throws of a passphrase. */
export function passphraseRows(): string[] {
  const rolls = PASSPHRASE_DICE_WORDS * 5;
  const either = refusedShare(rolls, withoutEither(rolls, PASSPHRASE_FACE_LIMIT, DICE_RUN_LIMIT));
  return [
    `| a face ${PASSPHRASE_FACE_LIMIT} times or more in ${rolls}, or a run of ${DICE_RUN_LIMIT} or more | \`passphrase_dice_uneven\` | ${percent(either)} |`,
    `| a plan | \`passphrase_dice_by_plan\` | ${fine(plansAtMost(rolls))} at most |`,
  ];
}

/** Limits by the number of throws, one row where the limit changes. */
export function limitRows(): string[] {
  const rows = ["| Throws | A face is refused at | Fair dice are refused for it, at most |", "|---|---|---|"];
  for (let from = DICE_ROLLS_MIN; from <= DICE_ROLLS_MAX; ) {
    const limit = faceLimit(from);
    let to = from;
    while (to < DICE_ROLLS_MAX && faceLimit(to + 1) === limit) to += 1;
    const span = from === to ? `${from}` : `${from} to ${to}`;
    rows.push(`| ${span} | ${limit} | ${percent(refusedShare(to, withoutFace(to, limit)))} |`);
    from = to + 1;
  }
  return rows;
}

export function sentences(): string[] {
  const [rolls, most] = [DICE_ROLLS_MIN, DICE_ROLLS_MAX];
  // Equal faces: of a die that never shows two of its faces, and shows the others with p = 0.25, there are four.
  const refused = (faces: number) =>
    refusedShare(rolls, withoutEither(rolls, DICE_FACE_LIMIT, DICE_RUN_LIMIT, faces), faces);
  const bits = (share: number) => (-Math.log2(1 - share)).toFixed(2);
  const fair = refused(6) + plansAtMost(rolls);
  const words = PASSPHRASE_DICE_WORDS * 5;
  return [
    `once in ${Math.round(fair ** -3 / 1000)},000 ceremonies`,
    `at ${most} throws it refuses ${percent(refusedShare(most, withoutRun(most, DICE_RUN_LIMIT)))} of fair dice`,
    `a face of p = 0.25 passes the first of them in ${Math.round(100 * passesFaces(LOADED, rolls, DICE_FACE_LIMIT))} % of cases`,
    `${bits(fair)} bits for fair dice`,
    `${bits(refused(4) + biasedPlansAtMost(rolls, 0.25))} of the 128 bits`,
    `${most} throws a plan is seen in ${percent(plansAtMost(most))} of fair dice, at most`,
    `loses ${(-Math.log2(1 - refusedShare(words, withoutEither(words, PASSPHRASE_FACE_LIMIT, DICE_RUN_LIMIT)) - plansAtMost(words))).toFixed(3)} bits`,
    `${rolls} throws give ${Math.floor(rolls * Math.log2(6))}`,
    `0.25^${rolls} = 2^-${rolls * -Math.log2(0.25)}`,
    diceStrength(8),
  ];
}
