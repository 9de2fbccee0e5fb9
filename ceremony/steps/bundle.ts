import { HASH_ROWS } from "../limits.ts";
import { MODES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { declaredBy } from "./agreement.ts";
import { again, ends, entry, type Step } from "./row.ts";

export const bundleRow = {
  id: "bundle",
  number: 11,
  short: "Node",
  title: "Identity bundle, where there is a signer",
  room: "table",
  modes: MODES,
  pages: [
    {
      id: "recipient",
      actor: "officer2",
      aloud: "The identity key goes to this recipient and to no other. Officer two, take your printed copy out.",
      shows: "the signer's recipient as age writes it, in groups of hex and in words of the PGP word list",
    },
    {
      id: "part",
      actor: "officer2",
      aloud: "Officer two, type the row that is asked for from your printed copy.",
      shows: "which row is asked for in words, drawn at random; the recipient itself is hidden",
    },
    {
      id: "bundled",
      actor: "operator",
      aloud: "The bundle is written and read back. It holds the identity key alone, and only the signer opens it.",
      shows: "the file with its size and SHA-256",
    },
  ],
  records: [
    entry("recipient", "statement", "one", ["machine"], { recipient: rule.recipient }, [
      declaredBy("recipient", "recipient"),
    ]),
    entry("compared", "compare", "one", ["officer2"], { row: rule.int(1, HASH_ROWS) }),
    entry("written", "check", "one", ["machine"], {
      file: rule.oneOf("identity.age"),
      sha256: rule.hexField(32),
      bytes: rule.int(1, 10_000),
    }),
  ],
  refusals: {
    recipient_copy: again("Those are not the words of that row. Is the printed copy of this very signer?"),
    recipient_rejected: ends("The recipient was rejected. Begin again with the signer's own."),
  },
  needs: "recipient",
  meets: ["write_failed", "written_differs"],
} as const satisfies Step;
