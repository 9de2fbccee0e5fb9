import { MODES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { sameAsAll } from "./agreement.ts";
import { nodeKeyFields } from "./keys.ts";
import { ends, entry, type Step } from "./row.ts";

export const compareRow = {
  id: "compare",
  number: 10,
  short: "Restore",
  title: "The restored seed is compared",
  room: "table",
  modes: MODES,
  pages: [
    {
      id: "compared",
      actor: "witness",
      aloud: "Both implementations restored the same node as the mix. Witness, hold your paper ready.",
      shows:
        "fingerprint, birthday and node id of the mix and of both restores; the digits on the witness's paper are covered",
    },
  ],
  records: [
    entry("equal", "compare", "one", ["witness", "machine"], { ...nodeKeyFields, accounts: rule.hexField(32) }, [
      ...["nodeId", "masterFingerprint", "birthdayDays", "internalVersion"].map((field) =>
        sameAsAll(field, ["mix.mixed", "restore.restored"]),
      ),
    ]),
  ],
  refusals: {
    restore_differs: ends("The restored seed differs. This plate does not restore the node: end here."),
  },
  meets: ["write_failed"],
} as const satisfies Step;
