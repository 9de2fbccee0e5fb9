import type { StepId } from "./steps.ts";

/** What happens after a refusal: try again, or the ceremony is over. */
export type AfterRefusal = "again" | "ends";

export interface CeremonyRefusal {
  readonly step: StepId;
  /** One line on the screen: what is wrong and what mends it. */
  readonly text: string;
  /** What the screen says before it, with capitals for a value that only the screen knows. */
  readonly before?: string;
  readonly after: AfterRefusal;
}

const again = (step: StepId, text: string, before?: string): CeremonyRefusal => ({
  step,
  text,
  after: "again",
  ...(before === undefined ? {} : { before }),
});
const ends = (step: StepId, text: string): CeremonyRefusal => ({ step, text, after: "ends" });

/**
 * Every refusal of the ceremony. The id is the API: it stands in the transcript, in `docs/refusals.md` and in the name
 * of the test that triggers it, and a test compares the three lists.
 */
export const CEREMONY_REFUSALS = {
  selftest_failed: ends("selftest", "A check failed, and production ends here. Mend the machine and begin again."),
  font_mismatch: again("selftest", "That is not the pattern on the screen. Look again and type what you see."),
  identity_mismatch: again("identity", "Right row, no slip? Then this is another program: stop.", "Not row N."),
  ceremony_id_form: again("people", "An id has 3 to 32 of a-z, 0-9 and hyphen, such as node-2026-a."),
  date_form: again("people", "Type the date as year-month-day, such as 2026-11-22."),
  date_differs: again("people", "The two people typed different dates. Both type it again."),
  date_clock: again("people", "If your watches are right: end, set it in firmware.", "The clock says DATE."),
  date_future: again("people", "No later day: both type the day of UTC.", "The clock says DATE."),
  initials_form: again("people", "Initials are two to four letters."),
  role_taken: again("people", "This person has a role already. Only leader and operator may be one person."),
  config_rejected: ends("people", "The configuration was rejected. Begin again with the right one."),
  config_copy: again("people", "Those are not the first and last word of the configuration's hash."),
  room_not_ready: ends("people", "The room is not ready. Make it ready and begin again."),
  commitment_copy: again("share", "Those are not the words of the commitment. Tab shows them again."),
  random_failed: ends("share", "The kernel's random generator failed a test. Do not use this machine."),
  dice_pasted: again("dice", "Two keys at once: typed by no hand, or a key that bounces. Throw all again."),
  dice_too_fast: again("dice", "Two keys within 20 ms: a key repeated by itself. Throw all again."),
  dice_face_too_often: again("dice", "One face came too often for a fair die. Change the dice and throw all again."),
  dice_run_too_long: again("dice", "One face came seven times in a row. Change the dice and throw all again."),
  dice_by_plan: again("dice", "These throws follow a plan, as dice never do. Throw real dice, all again."),
  dice_refused_thrice: ends("dice", "The dice were refused three times. Find out why before another ceremony."),
  mix_copy: again("mix", "Not the first and last eight digits of the node id. Tab shows them."),
  keyboard_test: again("passphrase", "Correct it, or the keyboard layout is not yours.", "It differs at character N."),
  passphrase_empty: again("passphrase", "An empty passphrase is not allowed by the policy."),
  passphrase_default: again("passphrase", "The passphrase aezeed is lnd's default and protects nothing."),
  passphrase_not_ascii: again(
    "passphrase",
    "A letter beyond ASCII: the entry is void. Choose it without, on the paper too.",
  ),
  passphrase_control: again("passphrase", "A control key: the entry is void. Type all of it again."),
  passphrase_keypad: again("passphrase", "Keypad without Num Lock, arrow or function key: void, type it again."),
  passphrase_blanks: again("passphrase", "Two blanks in a row look like one on paper: void, type it again."),
  passphrase_space: again("passphrase", "A blank at the beginning or end, which no paper shows: void, again."),
  passphrase_long: again("passphrase", "More than 254 characters: the entry is void. Choose a shorter one."),
  passphrase_lines: again("passphrase", "A paste of more than one line: the entry is void. Type it from paper."),
  passphrase_short: again("passphrase", "At least 12 characters."),
  passphrase_dice_pasted: again("passphrase", "Two keys at once: typed by no hand. Throw all eight words again."),
  passphrase_dice_too_fast: again(
    "passphrase",
    "Two keys within 20 ms: typed by no hand. Throw all eight words again.",
  ),
  passphrase_dice_uneven: again(
    "passphrase",
    "One face came far too often. Change the dice, throw all eight words again.",
  ),
  passphrase_dice_by_plan: again(
    "passphrase",
    "These throws follow a plan. Throw real dice for all eight words again.",
  ),
  passphrase_differs: again("passphrase", "The second typing differs. Look at the paper and type again."),
  readback_unknown_word: again("readback", "This is not a word of the list.", "Word N:"),
  readback_void: again("readback", "Type this word again.", "KIND OF KEY."),
  readback_wrong_word: again("readback", "The plate and the words differ.", "Word N, N:"),
  restore_unknown_word: again("restore", "This is not a word of the list.", "Word N:"),
  restore_void: again("restore", "What was typed is void.", "KIND OF KEY."),
  restore_bad_version: again("restore", "The first word cannot begin an lnd seed. Look at it on the plate first."),
  restore_bad_checksum: again("restore", "The 24 words do not belong together."),
  restore_wrong_passphrase: again("restore", "The passphrase does not fit these words. Right plate? Right paper?"),
  restore_differs: ends("compare", "The restored seed differs. This plate does not restore the node: end here."),
  recipient_copy: again("bundle", "Those are not the words of that row. Is the printed copy of this very signer?"),
  recipient_rejected: ends("bundle", "The recipient was rejected. Begin again with the signer's own."),
  node_id_copy: again("result", "Not the digits of the node id. Is the paper lost? Tab shows them, on record."),
  write_failed: ends("result", "The output folder cannot be written: it is read-only, full or gone."),
  written_differs: ends("result", "A file reads back different from what was written. Do not use this medium."),
  head_copy: again("close", "Those are not the words of the head. Tab shows them again."),
} as const satisfies Record<string, CeremonyRefusal>;

export type RefusalId = keyof typeof CEREMONY_REFUSALS;

/** What the screen says, as far as it is known beforehand: for paper. */
export function refusalText(id: RefusalId): string {
  const { before, text }: CeremonyRefusal = CEREMONY_REFUSALS[id];
  return before === undefined ? text : `${before} ${text}`;
}

export function isRefusalId(id: string): id is RefusalId {
  return Object.hasOwn(CEREMONY_REFUSALS, id);
}
