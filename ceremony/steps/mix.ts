import { MODES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { named, same } from "./agreement.ts";
import { nodeKeyFields, roundField } from "./keys.ts";
import { again, entry, PAPER_BLANK, type Step } from "./row.ts";

export const mixRow = {
  id: "mix",
  number: 6,
  short: "Mix",
  title: "Mix",
  room: "vault",
  modes: MODES,
  pages: [
    {
      id: "mixed",
      actor: "leader",
      aloud: "Share and dice are mixed. Witness, write down the first and last eight digits of the node id.",
      shows:
        "the formula in one line, the birthday, the node id, its first and last eight digits, the output commitment",
    },
    {
      id: "noted",
      actor: "witness",
      aloud: "Witness, type the first and last eight digits of the node id, from your paper.",
      shows: "a field for the sixteen digits; the node id is hidden",
    },
  ],
  records: [
    entry(
      "mixed",
      "commit",
      "one",
      ["machine"],
      {
        algorithm: rule.oneOf("lsc/v1"),
        round: roundField,
        rounds: roundField,
        birthdayDate: rule.date,
        outputCommitment: rule.hexField(32),
        ...nodeKeyFields,
      },
      [
        same("round", "share.committed"),
        same("rounds", "share.committed"),
        named("birthdayHasDate"),
        named("birthdayDayBefore"),
      ],
    ),
    entry("noted", "compare", "one", ["witness"]),
  ],
  refusals: {
    mix_copy: again("Not the first and last eight digits of the node id. Tab shows them."),
  },
  paper: [`Node id, first and last eight digits: ${PAPER_BLANK}${PAPER_BLANK} ${PAPER_BLANK}${PAPER_BLANK}`],
} as const satisfies Step;
