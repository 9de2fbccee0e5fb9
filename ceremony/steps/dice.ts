import { DICE_ROLLS_MAX } from "../limits.ts";
import { MODES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { declaredBy, named, same } from "./agreement.ts";
import { roundField } from "./keys.ts";
import { again, ends, entry, type Step } from "./row.ts";

export const diceRow = {
  id: "dice",
  number: 5,
  short: "Dice",
  title: "Dice",
  room: "vault",
  modes: MODES,
  pages: [
    {
      id: "throws",
      actor: "officer1",
      aloud: "Officers, throw in turns, eight throws each, and say the face. Operator, type it. U takes the last back.",
      shows: "how many are thrown, whose turn it is, the last eight faces",
    },
  ],
  records: [
    entry("undone", "undo", "any", ["operator"], { throw: rule.int(1, DICE_ROLLS_MAX) }, [named("throwOfRolls")]),
    entry("thrown", "accepted", "one", ["operator"], { round: roundField, count: rule.int(1, DICE_ROLLS_MAX) }, [
      same("round", "share.committed"),
      declaredBy("count", "rolls"),
    ]),
  ],
  refusals: {
    dice_pasted: again("Two keys at once: typed by no hand, or a key that bounces. Throw all again."),
    dice_too_fast: again("Two keys within 20 ms: a key repeated by itself. Throw all again."),
    dice_face_too_often: again("One face came too often for a fair die. Change the dice and throw all again."),
    dice_run_too_long: again("One face came seven times in a row. Change the dice and throw all again."),
    dice_by_plan: again("These throws follow a plan, as dice never do. Throw real dice, all again."),
    dice_refused_thrice: ends("The dice were refused three times. Find out why before another ceremony."),
  },
} as const satisfies Step;
