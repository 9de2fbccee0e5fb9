import { COUNT_MAX } from "../limits.ts";
import { MODES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { different } from "./agreement.ts";
import { restoredKeyFields } from "./keys.ts";
import { again, entry, type Step } from "./row.ts";

export const restoreRow = {
  id: "restore",
  number: 10,
  short: "Restore",
  title: "Test restore in a fresh process",
  room: "restore",
  modes: MODES,
  pages: [
    {
      id: "words",
      actor: "officer2",
      aloud: "The words are forgotten. Officer two, type all 24 again from the plate.",
      shows: "the number of the word that is asked for",
    },
    {
      id: "wrong",
      actor: "officer2",
      aloud: "The words do not belong together. Look at the positions that are named first.",
      shows: "the positions at which one changed word, or one swap, would mend the checksum",
      only: { failure: "if the words do not fit each other" },
    },
    {
      id: "passphrase",
      actor: "leader",
      aloud: "Leader, type the passphrase from the paper.",
      shows: "a field for the passphrase",
      only: { policy: "with a passphrase" },
    },
  ],
  records: [
    entry("typed", "accepted", "one", ["officer2", "leader"], { attempts: rule.int(1, COUNT_MAX) }),
    entry("restored", "check", "two", ["machine"], { by: rule.oneOf("first", "second"), ...restoredKeyFields }, [
      different("by"),
    ]),
  ],
  refusals: {
    restore_unknown_word: again("This is not a word of the list.", "Word N:"),
    restore_void: again("What was typed is void.", "KIND OF KEY."),
    restore_bad_version: again("The first word cannot begin an lnd seed. Look at it on the plate first."),
    restore_bad_checksum: again("The 24 words do not belong together."),
    restore_wrong_passphrase: again("The passphrase does not fit these words. Right plate? Right paper?"),
  },
} as const satisfies Step;
