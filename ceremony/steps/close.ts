import { MODES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { closingList } from "../table/lists.ts";
import { named } from "./agreement.ts";
import { again, entry, PAPER_BLANK, type Step } from "./row.ts";

export const closeRow = {
  id: "close",
  number: 12,
  short: "Close",
  title: "Transcript head and close",
  room: "table",
  modes: MODES,
  pages: [
    {
      id: "head",
      actor: "witness",
      aloud: "The transcript is closed. Witness, copy its head in words; nothing is recorded after this.",
      shows: "the transcript's head in words and as a QR code",
    },
    {
      id: "copied",
      actor: "witness",
      aloud: "Witness, type the two words that are asked for, from your paper.",
      shows: "two random positions; the head is hidden",
    },
    {
      id: "machine",
      actor: "leader",
      aloud: "Enter ends it. Then stick out, power off, battery and cable away, and wait sixty seconds.",
      shows: "what to do with the machine, the plates, the papers and the files",
    },
  ],
  records: [
    entry(
      "complete",
      "done",
      "one",
      ["machine"],
      {
        events: rule.int(1, 99_999),
        // From the first event to this one. Without it a changed time of the last line would pass: no line follows it.
        seconds: rule.int(0, 9_999_999_999),
      },
      [named("eventsCounted"), named("secondsCounted")],
    ),
  ],
  refusals: {
    head_copy: again("Those are not the words of the head. Tab shows them again."),
  },
  meets: ["write_failed"],
  paper: [
    "The head of the transcript, in the hand of the witness:",
    "",
    "words of a hash",
    "",
    "Then, in this order (identity.age only with a signer):",
    "",
    { boxes: closingList(true) },
    "",
    `Bag numbers: plate 1 ${PAPER_BLANK}${PAPER_BLANK}   plate 2 ${PAPER_BLANK}${PAPER_BLANK}   passphrase ${PAPER_BLANK}${PAPER_BLANK}`,
  ],
} as const satisfies Step;
