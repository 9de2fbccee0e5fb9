import { MODES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { different, named, same } from "./agreement.ts";
import { again, entry, type Step } from "./row.ts";

export const identityRow = {
  id: "identity",
  number: 2,
  short: "Hash",
  title: "Identity of the program",
  room: "table",
  modes: MODES,
  pages: [
    {
      id: "hash",
      actor: "leader",
      aloud: "This is the hash of the program that runs. Take your printed copies of it out.",
      shows: "SHA-256 of the program in groups of hex and in words of the PGP word list",
    },
    {
      id: "part1",
      actor: "officer1",
      aloud: "Officer one, type the part that is asked for from your own printed copy.",
      shows: "which row is asked for in words, drawn at random; the hash itself is hidden",
    },
    {
      id: "part2",
      actor: "officer2",
      aloud: "Officer two, type another part from your own printed copy.",
      shows: "which other row is asked for in hex",
    },
  ],
  records: [
    entry(
      "program",
      "statement",
      "one",
      ["machine"],
      {
        hash: rule.hexField(32),
        form: rule.oneOf("executable", "checkout"),
      },
      [named("failedChecksWaived"), same("hash", "selftest.opened", "program"), same("form", "selftest.opened")],
    ),
    entry(
      "compared",
      "compare",
      "two",
      ["officer1", "officer2"],
      {
        form: rule.oneOf("words", "hex"),
        row: rule.int(1, 8),
      },
      [different("row")],
    ),
  ],
  refusals: {
    identity_mismatch: again("Right row, no slip? Then this is another program: stop.", "Not row N."),
  },
  meets: ["write_failed"],
} as const satisfies Step;
