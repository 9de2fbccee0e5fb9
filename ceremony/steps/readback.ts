import { COUNT_MAX, PLATES_MAX } from "../limits.ts";
import { MODES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { again, entry, type Step } from "./row.ts";

export const readbackRow = {
  id: "readback",
  number: 9,
  short: "Read",
  title: "Read-back from the plate",
  room: "vault",
  modes: MODES,
  pages: [
    {
      id: "type",
      actor: "officer2",
      aloud: "Officer two, type all 24 words from the plate. Four letters are enough.",
      shows: "the number of the word that is asked for; an error names the position and never the word",
    },
    {
      id: "wrong",
      actor: "officer2",
      aloud: "Positions differ. Compare them on the plate: was it typed wrong, or engraved wrong?",
      shows: "the positions that differ",
      only: { failure: "if the read-back finds another word" },
    },
  ],
  records: [
    entry("again", "statement", "any", ["officer2"]),
    entry("plate", "accepted", "plates", ["officer2"], {
      plate: rule.int(1, PLATES_MAX),
      attempts: rule.int(1, COUNT_MAX),
    }),
  ],
  refusals: {
    readback_unknown_word: again("This is not a word of the list.", "Word N:"),
    readback_void: again("Type this word again.", "KIND OF KEY."),
    readback_wrong_word: again("The plate and the words differ.", "Word N, N:"),
  },
  back: { record: "again", to: "words" },
} as const satisfies Step;
