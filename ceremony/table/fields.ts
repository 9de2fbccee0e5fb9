/** What may stand in an event's data: the allow-list is made of these, and nothing else can be recorded. */
export type FieldRule =
  | { readonly type: "hex"; readonly bytes: number }
  | { readonly type: "int"; readonly min: number; readonly max: number }
  | { readonly type: "bool" }
  | { readonly type: "one"; readonly of: readonly string[] }
  | { readonly type: "text"; readonly pattern: RegExp; readonly means: string }
  | { readonly type: "config" };

export type FieldRules = Readonly<Record<string, FieldRule>>;

export const hexField = (bytes: number): FieldRule => ({ type: "hex", bytes });
export const int = (min: number, max: number): FieldRule => ({ type: "int", min, max });
export const bool: FieldRule = { type: "bool" };
export const oneOf = (...of: readonly string[]): FieldRule => ({ type: "one", of });
export const textField = (pattern: RegExp, means: string): FieldRule => ({ type: "text", pattern, means });

/** `2026-11-22` */
export const date = textField(/^\d{4}-\d{2}-\d{2}$/, "a date, year-month-day");
/** Two to four capitals: enough to tell the people of one room apart, and no personal data. */
export const initials = textField(/^[A-Z]{2,4}$/, "two to four capital letters");
/** Lower-case letters, digits and hyphens: what docs/mix.md hashes as UTF-8, without a choice of encodings. */
export const ceremonyId = textField(/^[a-z0-9](?:[a-z0-9-]{1,30})[a-z0-9]$/, "3 to 32 of a-z, 0-9 and hyphen");
export const checkId = textField(/^[a-z][a-z0-9_]{1,39}$/, "the id of a check");
/** What a check saw, made by the program from kernel files and never typed. */
export const checkValue = textField(/^[ -~]{0,60}$/, "up to 60 printable ASCII characters");
export const recipient = textField(/^age1[02-9ac-hj-np-z]{58}$/, "an age recipient");
/** A folder as it stands on the line where people read it. */
export const outField = textField(
  /^[!-~]{1,60}$/,
  "a folder's name of 1 to 60 printable ASCII characters without a space",
);
export const versionField = textField(/^\d+\.\d+\.\d+$/, "a version");
/** The configuration, whole: `ceremony/table/config.ts` parses it again with its own rules. */
export const configuration: FieldRule = { type: "config" };
