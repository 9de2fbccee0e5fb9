import { MODES, PASSPHRASE_POLICIES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { declaredBy } from "./agreement.ts";
import { again, entry, type Step } from "./row.ts";

export const passphraseRow = {
  id: "passphrase",
  number: 7,
  short: "Pass",
  title: "Passphrase",
  room: "vault",
  modes: MODES,
  pages: [
    {
      id: "keyboard",
      actor: "leader",
      aloud: "Leader, type the line as it stands, to prove the keyboard map.",
      shows: "a test line with letters, digits and signs",
      only: { policy: "with a passphrase" },
    },
    {
      id: "dice",
      actor: "leader",
      aloud: "Leader, alone at the screen: throw five dice for each of the eight words.",
      shows: "the words as they are found, and their strength",
      only: { policy: "with a passphrase by dice" },
    },
    {
      id: "first",
      actor: "leader",
      aloud: "Leader, alone at the screen: type the passphrase.",
      shows: "a field for the passphrase",
      only: { policy: "with a typed passphrase" },
    },
    {
      id: "second",
      actor: "leader",
      aloud: "Leader, type it a second time, from the paper.",
      shows: "a field for the same passphrase; what is typed is hidden",
      only: { policy: "with a passphrase" },
    },
  ],
  records: [
    entry("keyboard", "check", "any", ["leader"]),
    entry("passphrase", "accepted", "one", ["leader", "machine"], { policy: rule.oneOf(...PASSPHRASE_POLICIES) }, [
      declaredBy("policy", "passphrase"),
    ]),
  ],
  refusals: {
    keyboard_test: again("Correct it, or the keyboard layout is not yours.", "It differs at character N."),
    passphrase_empty: again("An empty passphrase is not allowed by the policy."),
    passphrase_default: again("The passphrase aezeed is lnd's default and protects nothing."),
    passphrase_not_ascii: again("A letter beyond ASCII: the entry is void. Choose it without, on the paper too."),
    passphrase_control: again("A control key: the entry is void. Type all of it again."),
    passphrase_keypad: again("Keypad without Num Lock, arrow or function key: void, type it again."),
    passphrase_blanks: again("Two blanks in a row look like one on paper: void, type it again."),
    passphrase_space: again("A blank at the beginning or end, which no paper shows: void, again."),
    passphrase_long: again("More than 254 characters: the entry is void. Choose a shorter one."),
    passphrase_lines: again("A paste of more than one line: the entry is void. Type it from paper."),
    passphrase_short: again("At least 12 characters."),
    passphrase_dice_pasted: again("Two keys at once: typed by no hand. Throw all eight words again."),
    passphrase_dice_too_fast: again("Two keys within 20 ms: typed by no hand. Throw all eight words again."),
    passphrase_dice_uneven: again("One face came far too often. Change the dice, throw all eight words again."),
    passphrase_dice_by_plan: again("These throws follow a plan. Throw real dice for all eight words again."),
    passphrase_differs: again("The second typing differs. Look at the paper and type again."),
  },
} as const satisfies Step;
