import { NETWORKS } from "../../core/network.ts";
import { MODES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { declaredBy, named } from "./agreement.ts";
import { RECORDS_VERSION } from "./keys.ts";
import { again, ends, entry, type Step } from "./row.ts";

export const selftestRow = {
  id: "selftest",
  number: 1,
  short: "Test",
  title: "Machine self-test",
  room: "table",
  modes: MODES,
  pages: [
    {
      id: "checks",
      actor: "operator",
      aloud: "The machine tests itself. In production every check must pass.",
      shows: "one line for each check of the machine and of the arithmetic",
      rehearsal: "failed ones are waived with Enter",
    },
    {
      id: "font1",
      actor: "operator",
      aloud: "Operator, type what you see: F full, U upper half, L lower half, N nothing.",
      shows: "a pattern of six blocks; if they do not show as blocks, X is typed and the QR codes are left out",
    },
    {
      id: "font2",
      actor: "witness",
      aloud: "Witness, do the same with this other pattern.",
      shows: "a second pattern of six blocks",
    },
  ],
  records: [
    entry(
      "opened",
      "open",
      "one",
      ["machine"],
      {
        program: rule.hexField(32),
        form: rule.oneOf("executable", "checkout"),
        version: rule.versionField,
        ceremonyId: rule.ceremonyId,
        mode: rule.oneOf(...MODES),
        network: rule.oneOf(...NETWORKS),
        configHash: rule.hexField(32),
        config: rule.configuration,
        records: rule.int(RECORDS_VERSION, RECORDS_VERSION),
      },
      [declaredBy("mode", "mode"), declaredBy("network", "network"), declaredBy("configHash", "configHash")],
    ),
    entry("checked", "check", "some", ["machine"], {
      id: rule.checkId,
      outcome: rule.oneOf("pass", "fail", "info"),
      value: rule.checkValue,
    }),
    entry("waived", "waiver", "any", ["leader"], { id: rule.checkId }, [
      named("waiverAllowed"),
      named("waiverOfFailedCheck"),
    ]),
    entry("font", "check", "two", ["operator", "witness"], { blocks: rule.bool }),
  ],
  refusals: {
    selftest_failed: ends("A check failed, and production ends here. Mend the machine and begin again."),
    font_mismatch: again("That is not the pattern on the screen. Look again and type what you see."),
  },
  meets: ["write_failed"],
} as const satisfies Step;
