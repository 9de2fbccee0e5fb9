/** What one check found. `info` never stops anything: it is shown and recorded, and a person judges it. */
export type CheckOutcome = "pass" | "fail" | "info";

/** An outcome and what was seen: at most 60 printable ASCII characters, never a path, never a secret. */
export interface Finding {
  readonly outcome: CheckOutcome;
  readonly value: string;
}

/** A finding under the id of its check: what the screen shows and the transcript records. */
export interface CheckResult extends Finding {
  readonly id: string;
}

/** The transcript's allow-list (`checkValue` in `ceremony/table/fields.ts`) takes no more. */
const VALUE_MAX = 60;

/** What a kernel file says may hold anything, so every value goes through here: short, printable, one line. */
function finding(outcome: CheckOutcome, value: string): Finding {
  const printable = value.replaceAll(/[^ -~]+/g, " ").trim();
  return { outcome, value: printable.length <= VALUE_MAX ? printable : `${printable.slice(0, VALUE_MAX - 2)}..` };
}

export const pass = (value: string): Finding => finding("pass", value);
export const red = (value: string): Finding => finding("fail", value);
export const info = (value: string): Finding => finding("info", value);
