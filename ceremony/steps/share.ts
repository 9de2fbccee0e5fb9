import { MODES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { named } from "./agreement.ts";
import { roundField } from "./keys.ts";
import { again, ends, entry, type Step } from "./row.ts";

export const shareRow = {
  id: "share",
  number: 4,
  short: "Share",
  title: "The machine commits to its share",
  room: "vault",
  modes: MODES,
  pages: [
    {
      id: "commitment",
      actor: "witness",
      aloud: "The machine has drawn its share. Witness, write these words down before any die is thrown.",
      shows: "the commitment to the machine's share, in words",
    },
    {
      id: "written",
      actor: "witness",
      aloud: "Witness, type the two words that are asked for, from your paper.",
      shows: "two random positions; the words are hidden",
    },
  ],
  records: [
    entry(
      "committed",
      "commit",
      "one",
      ["machine"],
      { round: roundField, rounds: roundField, commitment: rule.hexField(32) },
      [named("roundOfRounds")],
    ),
    entry("written", "compare", "one", ["witness"], { first: rule.int(1, 32), second: rule.int(1, 32) }, [
      named("twoWords"),
    ]),
  ],
  refusals: {
    random_failed: ends("The kernel's random generator failed a test. Do not use this machine."),
    commitment_copy: again("Those are not the words of the commitment. Tab shows them again."),
  },
  paper: ["The commitment, in the hand of the witness:", "", "words of a hash"],
} as const satisfies Step;
