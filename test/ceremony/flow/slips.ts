import type { RefusalId, StepId } from "../../../ceremony/steps/ceremonies.ts";
import { FACES, TABLE_PASSPHRASE, typePlate } from "./people.ts";
import { paste, type Sitting, TODAY, type } from "./table.ts";

export interface Slip {
  /** Where people err, and what they do there. */
  readonly at: readonly [step: StepId, page: string];
  readonly errs: (sitting: Sitting) => void;
  readonly position?: number;
  /** What the screen says before the registry's text. */
  readonly detail?: string | RegExp;
  /** How far the ceremony goes on afterwards, as if nothing had been. */
  readonly on?: readonly [step: StepId, page?: string];
}

const typed =
  (...texts: readonly string[]) =>
  (sitting: Sitting): void => {
    for (const text of texts) type(sitting, text);
  };
/** As typed from the plate, with a slip. */
const plate =
  (slip: (words: readonly string[]) => readonly string[]) =>
  (sitting: Sitting): void =>
    typePlate(sitting, slip(sitting.paper.words));
const other = (word: string | undefined): string => (word === "zoo" ? "zone" : "zoo");
const OFTEN = "1123141516".repeat(4) + FACES.slice(0, 24);

/** In the order of the steps: one ceremony walks from each to the next. */
export const SLIPS: Partial<Record<RefusalId, Slip>> = {
  font_mismatch: { at: ["selftest", "font1"], errs: typed("FFFFFF\r"), on: ["identity"] },
  identity_mismatch: {
    at: ["identity", "part1"],
    errs: typed("nothing at all\r"),
    detail: /^Not row \d\.$/,
    on: ["people"],
  },
  ceremony_id_form: { at: ["people", "id"], errs: typed("Node 1\r"), on: ["people", "date1"] },
  date_form: { at: ["people", "date1"], errs: typed("2026-02-30\r"), on: ["people", "roles"] },
  date_differs: { at: ["people", "date1"], errs: typed(`${TODAY}\r`, "2026-11-23\r"), on: ["people", "roles"] },
  date_clock: {
    at: ["people", "date1"],
    errs: typed("2026-11-25\r", "2026-11-25\r"),
    detail: `The clock says ${TODAY}.`,
    on: ["people", "roles"],
  },
  date_future: {
    at: ["people", "date1"],
    errs: typed("2026-11-23\r", "2026-11-23\r"),
    detail: `The clock says ${TODAY}.`,
    on: ["people", "roles"],
  },
  initials_form: { at: ["people", "roles"], errs: typed("A1\r"), on: ["people", "config1"] },
  role_taken: { at: ["people", "roles"], errs: typed("al\r", "al\r", "al\r"), on: ["people", "config1"] },
  config_rejected: { at: ["people", "config1"], errs: typed("reject\r") },
  config_copy: { at: ["people", "config1"], errs: typed("aardvark adroitness\r"), on: ["people", "room"] },
  room_not_ready: { at: ["people", "room"], errs: typed("yyne") },
  commitment_copy: { at: ["share", "written"], errs: typed("aardvark adroitness\r"), on: ["dice"] },
  dice_pasted: { at: ["dice", "throws"], errs: (sitting) => paste(sitting, "12"), on: ["mix"] },
  dice_too_fast: {
    at: ["dice", "throws"],
    errs: (sitting) => {
      type(sitting, "1");
      type(sitting, "2", 19);
    },
    on: ["mix"],
  },
  dice_face_too_often: { at: ["dice", "throws"], errs: typed(OFTEN, "\r"), on: ["mix"] },
  dice_run_too_long: { at: ["dice", "throws"], errs: typed(`6666666${FACES.slice(0, 57)}`, "\r"), on: ["mix"] },
  dice_by_plan: { at: ["dice", "throws"], errs: typed("112233445566".repeat(6).slice(0, 64), "\r"), on: ["mix"] },
  dice_refused_thrice: {
    at: ["dice", "throws"],
    errs: (sitting) => {
      for (let time = 0; time < 3; time += 1) paste(sitting, "12");
    },
  },
  mix_copy: { at: ["mix", "noted"], errs: typed("00000000 00000000\r"), on: ["passphrase"] },
  keyboard_test: {
    at: ["passphrase", "keyboard"],
    errs: typed("aw\r"),
    detail: "It differs at character 2.",
    on: ["words"],
  },
  passphrase_empty: { at: ["passphrase", "first"], errs: typed("\r"), on: ["words"] },
  passphrase_default: { at: ["passphrase", "first"], errs: typed("aezeed\r"), on: ["words"] },
  passphrase_not_ascii: { at: ["passphrase", "first"], errs: typed("Grüße aus 1 Bunker\r"), on: ["words"] },
  passphrase_control: { at: ["passphrase", "first"], errs: typed("Only\tfor 1 test\r"), on: ["words"] },
  passphrase_keypad: { at: ["passphrase", "first"], errs: typed("Rehearsal \x1b[B\x1b[F2026\r"), on: ["words"] },
  passphrase_blanks: { at: ["passphrase", "first"], errs: typed("Rehearsal  tired\r"), on: ["words"] },
  passphrase_space: { at: ["passphrase", "first"], errs: typed(`${TABLE_PASSPHRASE} \r`), on: ["words"] },
  passphrase_long: { at: ["passphrase", "first"], errs: typed(`${"a".repeat(255)}\r`), on: ["words"] },
  passphrase_lines: {
    at: ["passphrase", "first"],
    errs: (sitting) => paste(sitting, `${TABLE_PASSPHRASE}\rmore\r`),
    on: ["words"],
  },
  passphrase_short: { at: ["passphrase", "first"], errs: typed("elevenchars\r"), on: ["words"] },
  passphrase_differs: { at: ["passphrase", "second"], errs: typed(`${TABLE_PASSPHRASE}!\r`), on: ["words"] },
  readback_unknown_word: {
    at: ["readback", "type"],
    errs: typed("zzz "),
    position: 1,
    detail: "Word 1:",
    on: ["opening"],
  },
  readback_void: {
    at: ["readback", "type"],
    errs: typed("aböve "),
    position: 1,
    detail: "A letter beyond ASCII.",
    on: ["opening"],
  },
  readback_wrong_word: {
    at: ["readback", "type"],
    errs: plate((words) => words.with(6, other(words[6])).with(11, other(words[11]))),
    position: 7,
    detail: "Word 7, 12:",
    on: ["opening"],
  },
  restore_unknown_word: {
    at: ["restore", "words"],
    errs: typed("zzz "),
    position: 1,
    detail: "Word 1:",
    on: ["restore", "passphrase"],
  },
  restore_bad_version: {
    at: ["restore", "words"],
    errs: plate((words) => words.with(0, "zoo")),
    position: 1,
    on: ["restore", "passphrase"],
  },
  restore_bad_checksum: {
    at: ["restore", "words"],
    errs: plate((words) => words.with(4, other(words[4]))),
    position: 5,
    on: ["restore", "passphrase"],
  },
  restore_wrong_passphrase: {
    at: ["restore", "passphrase"],
    errs: typed("Another one!\r"),
    on: ["restore", "passphrase"],
  },
  restore_void: {
    at: ["restore", "passphrase"],
    errs: typed("Only for 1 tést!\r"),
    detail: "A letter beyond ASCII.",
    on: ["restore", "passphrase"],
  },
  recipient_copy: { at: ["bundle", "part"], errs: typed("aardvark adroitness aardvark adroitness\r"), on: ["result"] },
  recipient_rejected: { at: ["bundle", "part"], errs: typed("Reject\r") },
  node_id_copy: { at: ["result", "noted"], errs: typed("00000000 00000000\r"), on: ["close"] },
};
