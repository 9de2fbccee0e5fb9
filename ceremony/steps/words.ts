import { COUNT_MAX, PLATES_MAX } from "../limits.ts";
import { MODES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { declaredBy } from "./agreement.ts";
import { entry, type Step } from "./row.ts";

export const wordsRow = {
  id: "words",
  number: 8,
  short: "Words",
  title: "The words go to steel",
  room: "vault",
  modes: MODES,
  pages: [
    {
      id: "gate",
      actor: "officer1",
      aloud: "Everyone but officer one turns away from the screen now. Are the others turned away?",
      shows: "a question, and nothing secret until it is answered",
    },
    {
      id: "four",
      actor: "officer1",
      shows: "four words at a time: number, word, its first four letters in spaced capitals; blanked after 60 s",
    },
    {
      id: "plate",
      actor: "officer1",
      aloud: "Officer one, check the plate: 24 cells of up to four letters, birthday, version, fingerprint.",
      shows: "the plate guide: empty cells, birthday, version and the node's fingerprint; no words",
    },
  ],
  records: [
    entry("gate", "statement", "some", ["officer1"]),
    entry("shown", "statement", "some", ["officer1"], { blanked: rule.int(0, COUNT_MAX) }),
    entry("engraved", "statement", "some", ["officer1"], { plates: rule.int(1, PLATES_MAX) }, [
      declaredBy("plates", "plates"),
    ]),
  ],
  refusals: {},
} as const satisfies Step;
