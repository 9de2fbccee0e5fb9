import { COUNT_MAX, NOTE_MAX } from "../limits.ts";
import * as rule from "../table/fields.ts";
import { ACTORS, entry, type TableEntry } from "./row.ts";

export const ABORT_REASONS = [
  "asked",
  "signal",
  "terminal_closed",
  "refused",
  "vault_lost",
  "restore_lost",
  "output_lost",
  "failure",
] as const;

/** What any step may record besides its own entries. */
export const ANYWHERE: readonly TableEntry[] = [
  entry("refused", "refusal", "any", ["machine"], {
    id: rule.checkId,
    attempt: rule.int(1, COUNT_MAX),
    position: rule.int(0, 24),
  }),
  entry("exception", "exception", "any", ["leader"], {
    note: rule.textField(new RegExp(`^[ -~]{1,${NOTE_MAX}}$`), `1 to ${NOTE_MAX} printable ASCII characters`),
  }),
  entry("ended", "abort", "any", ACTORS, { reason: rule.oneOf(...ABORT_REASONS) }),
];
