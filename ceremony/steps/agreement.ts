import type { JsonObject, JsonValue } from "../../core/canonical.ts";
import { CLOCK_DAYS_MAX } from "../limits.ts";
import { birthdayDate, birthdayFromDate } from "../seed/birthday.ts";
import { type Config, configHash } from "../table/config.ts";

/** A record as it stands in a transcript. */
export interface RecordedEvent {
  readonly seq: number;
  readonly step: string;
  readonly actor: string;
  readonly at: string;
  readonly data: JsonObject;
}

/** The records before the one that is looked at, by `step.what`. */
export type RecordedPast = ReadonlyMap<string, readonly RecordedEvent[]>;

export interface Complaint {
  readonly code: "value_differs" | "value_repeated" | "person_repeated" | "waiver_forbidden" | "check_unwaived";
  /** The field or record that it is about. */
  readonly detail: string;
}

/**
 * What a record has to agree with: other records, the configuration, or itself. Data, so that a format of the transcript
 * can be frozen with its rules and compared with today's.
 */
export type AgreementRule =
  /** The value of `field` is the one that the first record `as` has, under this name or another. */
  | { readonly rule: "same"; readonly field: string; readonly as: string; readonly theirs: string }
  /** The value of `field` is that of every record of these names. */
  | { readonly rule: "sameAsAll"; readonly field: string; readonly as: readonly string[] }
  /** No two records of this name have the same value. */
  | { readonly rule: "different"; readonly field: string }
  /** The value of `field` is fixed by the configuration. */
  | { readonly rule: "declared"; readonly field: string; readonly by: keyof typeof DECLARED }
  | { readonly rule: "named"; readonly name: keyof typeof NAMED };

export const same = (field: string, as: string, theirs = field): AgreementRule => ({ rule: "same", field, as, theirs });
export const sameAsAll = (field: string, as: readonly string[]): AgreementRule => ({ rule: "sameAsAll", field, as });
export const different = (field: string): AgreementRule => ({ rule: "different", field });
export const declaredBy = (field: string, by: keyof typeof DECLARED): AgreementRule => ({
  rule: "declared",
  field,
  by,
});
export const named = (name: keyof typeof NAMED): AgreementRule => ({ rule: "named", name });

type Check = (event: RecordedEvent, past: RecordedPast, config: Config) => Complaint | undefined;

const differs = (detail: string): Complaint => ({ code: "value_differs", detail });
const first = (past: RecordedPast, name: string): RecordedEvent | undefined => past.get(name)?.[0];

const when = (field: string, holds: (event: RecordedEvent, past: RecordedPast, config: Config) => boolean): Check => {
  return (event, past, config) => (holds(event, past, config) ? undefined : differs(field));
};

const DECLARED = {
  mode: (config) => config.mode,
  network: (config) => config.network,
  configHash,
  rolls: (config) => config.rolls,
  passphrase: (config) => config.passphrase,
  plates: (config) => config.plates,
  recipient: (config) => config.recipient ?? "none",
} as const satisfies Record<string, (config: Config) => string | number>;

/** Leading and typing may be one person's work; officers and witness watch them and each other. */
const onePersonEach: Check = (event, past) => {
  const mine = String(event.data["role"]);
  const both = new Set(["leader", "operator"]);
  const taken = [...rolesOf(past)].some(
    ([role, initials]) => role !== mine && initials === event.data["initials"] && !(both.has(role) && both.has(mine)),
  );
  return taken ? { code: "person_repeated", detail: "initials" } : undefined;
};

/** What a name means never changes: records of every format are checked by it. A rule that is another gets another name. */
const NAMED = {
  waiverAllowed: (_event, _past, config) =>
    config.mode === "production" ? { code: "waiver_forbidden", detail: "selftest.waived" } : undefined,
  waiverOfFailedCheck: when("id", (event, past) => failedChecks(past).some((id) => id === event.data["id"])),
  // docs/checks.md: there is no "continue anyway"; a rehearsal names each failure that it waives.
  failedChecksWaived: (_event, past) => {
    const waived = (past.get("selftest.waived") ?? []).map((waiver) => waiver.data["id"]);
    const lacking = failedChecks(past).some((id) => !waived.includes(id));
    return lacking ? { code: "check_unwaived", detail: "selftest.checked" } : undefined;
  },
  dateHasBirthday: when("date", (event) => birthdayOf(event) !== undefined),
  clockNearDate: when("date", (event, past) => {
    const typed = first(past, "people.date");
    const days = [typed, event].map((one) => (one === undefined ? undefined : birthdayOf(one)) ?? Number.NaN);
    return Math.abs((days[0] ?? Number.NaN) - (days[1] ?? Number.NaN)) <= CLOCK_DAYS_MAX;
  }),
  ownRole: when("role", (event) => event.data["role"] === event.actor),
  roleKnown: when("role", (event, past) => rolesOf(past).has(String(event.data["role"]))),
  onePersonEach,
  roundOfRounds: when("round", (event) => Number(event.data["round"]) <= Number(event.data["rounds"])),
  twoWords: when("second", (event) => event.data["first"] !== event.data["second"]),
  throwOfRolls: when("throw", (event, _past, config) => Number(event.data["throw"]) <= config.rolls),
  birthdayHasDate: when(
    "birthdayDate",
    (event) => birthdayDate(Number(event.data["birthdayDays"])) === event.data["birthdayDate"],
  ),
  // A day early costs nothing; a day late hides the first payments from a rescan.
  birthdayDayBefore: when("birthdayDays", (event, past) => {
    const typed = first(past, "people.date");
    return typed !== undefined && Number(event.data["birthdayDays"]) + 1 === birthdayOf(typed);
  }),
  accountsCompared: when("sha256", (event, past) => {
    const other = event.data["file"] !== "accounts.json";
    return other || event.data["sha256"] === first(past, "compare.equal")?.data["accounts"];
  }),
  codeWhereSeen: when("qr", (event, past) => !event.data["qr"] || (past.get("selftest.font") ?? []).every(seesBlocks)),
  eventsCounted: when("events", (event) => event.data["events"] === event.seq),
  secondsCounted: when("seconds", (event, past) => {
    const opened = first(past, "selftest.opened");
    return opened !== undefined && event.data["seconds"] === secondsBetween(opened.at, event.at);
  }),
} as const satisfies Record<string, Check>;

/** What is wrong with a record by one of its rules. */
export function complaintOf(
  rule: AgreementRule,
  event: RecordedEvent,
  past: RecordedPast,
  config: Config,
): Complaint | undefined {
  switch (rule.rule) {
    case "same": {
      const other = first(past, rule.as);
      return other === undefined || other.data[rule.theirs] === event.data[rule.field]
        ? undefined
        : differs(rule.field);
    }
    case "sameAsAll": {
      const others = rule.as.flatMap((name) => past.get(name) ?? []);
      return others.every((other) => other.data[rule.field] === event.data[rule.field])
        ? undefined
        : differs(rule.field);
    }
    case "different": {
      const earlier = past.get(recordName(event)) ?? [];
      const twice = earlier.some((other) => other.data[rule.field] === event.data[rule.field]);
      return twice ? { code: "value_repeated", detail: rule.field } : undefined;
    }
    case "declared":
      return event.data[rule.field] === DECLARED[rule.by](config) ? undefined : differs(rule.field);
    case "named":
      return NAMED[rule.name](event, past, config);
  }
}

/** `step.what`: the name of a record in a whole ceremony. */
export function recordName(event: RecordedEvent): string {
  return `${event.step}.${String(event.data["what"])}`;
}

/** Who has which role by now: a correction stands beside what was typed first. */
export function rolesOf(past: RecordedPast): ReadonlyMap<string, string> {
  const said = ["people.role", "people.replaced"].flatMap((name) => past.get(name) ?? []);
  const inOrder = said.toSorted((left, right) => left.seq - right.seq);
  return new Map(inOrder.map(({ data }) => [String(data["role"]), String(data["initials"])]));
}

/** Zero if the clock was set back in between. */
export function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}

function failedChecks(past: RecordedPast): readonly (JsonValue | undefined)[] {
  const checks = past.get("selftest.checked") ?? [];
  return checks.filter((check) => check.data["outcome"] === "fail").map((check) => check.data["id"]);
}

function birthdayOf(event: RecordedEvent): number | undefined {
  const days = birthdayFromDate(String(event.data["date"]));
  return days.ok ? days.value : undefined;
}

function seesBlocks(font: RecordedEvent): boolean {
  return font.data["blocks"] === true;
}
