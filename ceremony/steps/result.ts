import { MODES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { different, named, same } from "./agreement.ts";
import { again, ends, entry, type Step } from "./row.ts";

export const resultRow = {
  id: "result",
  number: 11,
  short: "Node",
  title: "Node id and files",
  room: "table",
  modes: MODES,
  pages: [
    {
      id: "written",
      actor: "operator",
      aloud: "The files are written and read back.",
      shows: "each file with its size and SHA-256",
    },
    {
      id: "noted",
      actor: "witness",
      aloud: "Witness, type the first and last eight digits of the node id, from your paper.",
      shows: "a field for the sixteen digits; the node id is hidden",
    },
    {
      id: "lost",
      actor: "witness",
      aloud: "The paper of step six is lost. Witness, write the digits down again. It is recorded.",
      shows: "the first and last eight digits of the node id; Enter hides them",
      only: { failure: "if the witness has no paper of step 6" },
    },
    {
      id: "node",
      actor: "witness",
      aloud: "This is the id that lnd will show. Compare it with your paper, and scan the code if there is one.",
      shows: "the node id and the fingerprint in hex, beside the node id as a QR code",
    },
  ],
  records: [
    entry(
      "written",
      "check",
      "two",
      ["machine"],
      {
        file: rule.oneOf("node.json", "accounts.json"),
        sha256: rule.hexField(32),
        bytes: rule.int(1, 1_000_000),
      },
      [different("file"), named("accountsCompared")],
    ),
    entry("lost", "exception", "any", ["witness"]),
    entry(
      "node",
      "compare",
      "one",
      ["witness"],
      {
        nodeId: rule.hexField(33),
        masterFingerprint: rule.hexField(4),
        qr: rule.bool,
      },
      [same("nodeId", "mix.mixed"), same("masterFingerprint", "mix.mixed"), named("codeWhereSeen")],
    ),
  ],
  refusals: {
    write_failed: ends("The output folder cannot be written: it is read-only, full or gone."),
    written_differs: ends("A file reads back different from what was written. Do not use this medium."),
    node_id_copy: again("Not the digits of the node id. Is the paper lost? Tab shows them, on record."),
  },
} as const satisfies Step;
