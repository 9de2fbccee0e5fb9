import { isObject, type JsonValue } from "../../core/canonical.ts";
import { CLOCK_DAYS_MAX } from "../limits.ts";
import { birthdayDate, birthdayFromDate } from "../seed/birthday.ts";
import { type Config, configHash, parseConfig } from "../table/config.ts";
import { secondsBetween, type TranscriptEvent } from "./chain.ts";
import type { FaultCode, TranscriptFinding } from "./faults.ts";

/** The records before the one that is looked at, by `step.what`. */
type Past = ReadonlyMap<string, readonly TranscriptEvent[]>;
type Complaint = { readonly code: FaultCode; readonly detail: string };
/** What a record has to agree with: other records, the configuration, or itself. */
type Rule = (event: TranscriptEvent, past: Past, config: Config) => Complaint | undefined;

const differs = (detail: string): Complaint => ({ code: "value_differs", detail });
const first = (past: Past, name: string): TranscriptEvent | undefined => past.get(name)?.[0];
const nameOf = (event: TranscriptEvent): string => `${event.step}.${String(event.data["what"])}`;

/** The value of `field` is the one that the first such record has, under this name or another. */
const same = (field: string, name: string, theirs = field): Rule => {
  return (event, past) => {
    const other = first(past, name);
    return other === undefined || other.data[theirs] === event.data[field] ? undefined : differs(field);
  };
};

/** The value of `field` is that of every record of these names. */
const sameAsAll = (field: string, names: readonly string[]): Rule => {
  return (event, past) => {
    const others = names.flatMap((name) => past.get(name) ?? []);
    return others.every((other) => other.data[field] === event.data[field]) ? undefined : differs(field);
  };
};

/** No two records of this kind have the same value. */
const different = (field: string): Rule => {
  return (event, past) => {
    const earlier = past.get(nameOf(event)) ?? [];
    const twice = earlier.some((other) => other.data[field] === event.data[field]);
    return twice ? { code: "value_repeated", detail: field } : undefined;
  };
};

/** A value that is fixed by the configuration. */
const declared = (field: string, value: (config: Config) => string | number): Rule => {
  return (event, _past, config) => (event.data[field] === value(config) ? undefined : differs(field));
};

const when = (field: string, holds: (event: TranscriptEvent, past: Past, config: Config) => boolean): Rule => {
  return (event, past, config) => (holds(event, past, config) ? undefined : differs(field));
};

const KEYS = ["nodeId", "masterFingerprint", "birthdayDays", "internalVersion"];

/** Who has which role by now: a correction stands beside what was typed first. */
export function rolesOf(past: Past): ReadonlyMap<string, string> {
  const said = ["people.role", "people.replaced"].flatMap((name) => past.get(name) ?? []);
  const inOrder = said.toSorted((left, right) => left.seq - right.seq);
  return new Map(inOrder.map(({ data }) => [String(data["role"]), String(data["initials"])]));
}

/** Leading and typing may be one person's work; officers and witness watch them and each other. */
const onePersonEach: Rule = (event, past) => {
  const mine = String(event.data["role"]);
  const both = new Set(["leader", "operator"]);
  const taken = [...rolesOf(past)].some(
    ([role, initials]) => role !== mine && initials === event.data["initials"] && !(both.has(role) && both.has(mine)),
  );
  return taken ? { code: "person_repeated", detail: "initials" } : undefined;
};

const RULES: Readonly<Record<string, readonly Rule[]>> = {
  "selftest.opened": [
    declared("mode", (config) => config.mode),
    declared("network", (config) => config.network),
    declared("configHash", configHash),
  ],
  "selftest.waived": [
    (_event, _past, config) =>
      config.mode === "production" ? { code: "waiver_forbidden", detail: "selftest.waived" } : undefined,
    when("id", (event, past) => failedChecks(past).some((id) => id === event.data["id"])),
  ],
  "identity.program": [
    // docs/checks.md: there is no "continue anyway"; a rehearsal names each failure that it waives.
    (_event, past) => {
      const waived = (past.get("selftest.waived") ?? []).map((waiver) => waiver.data["id"]);
      const lacking = failedChecks(past).some((id) => !waived.includes(id));
      return lacking ? { code: "check_unwaived", detail: "selftest.checked" } : undefined;
    },
    same("hash", "selftest.opened", "program"),
    same("form", "selftest.opened"),
  ],
  "identity.compared": [different("row")],
  "people.ceremony": [same("ceremonyId", "selftest.opened")],
  "people.date": [when("date", (event) => birthdayOf(event) !== undefined), same("date", "people.date")],
  "people.clock": [
    when("date", (event, past) => {
      const typed = first(past, "people.date");
      const days = [typed, event].map((one) => (one === undefined ? undefined : birthdayOf(one)) ?? Number.NaN);
      return Math.abs((days[0] ?? Number.NaN) - (days[1] ?? Number.NaN)) <= CLOCK_DAYS_MAX;
    }),
  ],
  "people.role": [when("role", (event) => event.data["role"] === event.actor), onePersonEach],
  "people.replaced": [when("role", (event, past) => rolesOf(past).has(String(event.data["role"]))), onePersonEach],
  "people.configuration": [same("configHash", "selftest.opened")],
  "people.room": [different("item")],
  "share.committed": [when("round", (event) => Number(event.data["round"]) <= Number(event.data["rounds"]))],
  "share.written": [when("second", (event) => event.data["first"] !== event.data["second"])],
  "dice.undone": [when("throw", (event, _past, config) => Number(event.data["throw"]) <= config.rolls)],
  "dice.thrown": [same("round", "share.committed"), declared("count", (config) => config.rolls)],
  "mix.mixed": [
    same("round", "share.committed"),
    same("rounds", "share.committed"),
    when("birthdayDate", (event) => birthdayDate(Number(event.data["birthdayDays"])) === event.data["birthdayDate"]),
    // A day early costs nothing; a day late hides the first payments from a rescan.
    when("birthdayDays", (event, past) => {
      const typed = first(past, "people.date");
      return typed !== undefined && Number(event.data["birthdayDays"]) + 1 === birthdayOf(typed);
    }),
  ],
  "passphrase.passphrase": [declared("policy", (config) => config.passphrase)],
  "words.engraved": [declared("plates", (config) => config.plates)],
  "opening.opened": [same("round", "share.committed")],
  // Differing keys are no fault of the transcript: they end a ceremony, and only `equal` says that they do not differ.
  "restore.restored": [different("by")],
  "compare.equal": KEYS.map((field) => sameAsAll(field, ["mix.mixed", "restore.restored"])),
  "bundle.recipient": [declared("recipient", (config) => config.recipient ?? "none")],
  "result.written": [
    different("file"),
    when("sha256", (event, past) => {
      const other = event.data["file"] !== "accounts.json";
      return other || event.data["sha256"] === first(past, "compare.equal")?.data["accounts"];
    }),
  ],
  "result.node": [
    same("nodeId", "mix.mixed"),
    same("masterFingerprint", "mix.mixed"),
    when("qr", (event, past) => !event.data["qr"] || (past.get("selftest.font") ?? []).every(seesBlocks)),
  ],
  "close.complete": [
    when("events", (event) => event.data["events"] === event.seq),
    when("seconds", (event, past) => {
      const opened = first(past, "selftest.opened");
      return opened !== undefined && event.data["seconds"] === secondsBetween(opened.at, event.at);
    }),
  ],
};

function failedChecks(past: Past): readonly (JsonValue | undefined)[] {
  const checks = past.get("selftest.checked") ?? [];
  return checks.filter((check) => check.data["outcome"] === "fail").map((check) => check.data["id"]);
}

function birthdayOf(event: TranscriptEvent): number | undefined {
  const days = birthdayFromDate(String(event.data["date"]));
  return days.ok ? days.value : undefined;
}

function seesBlocks(font: TranscriptEvent): boolean {
  return font.data["blocks"] === true;
}

/** What the lines say together: the first record that contradicts an earlier one, or the configuration. */
export function checkAgreement(events: readonly TranscriptEvent[], config: Config): TranscriptFinding | undefined {
  const past = new Map<string, TranscriptEvent[]>();
  for (const event of events) {
    const name = nameOf(event);
    for (const rule of RULES[name] ?? []) {
      const complaint = rule(event, past, config);
      if (complaint !== undefined) return { line: event.seq, ...complaint };
    }
    const alike = past.get(name) ?? [];
    alike.push(event);
    past.set(name, alike);
  }
  return undefined;
}

/** The configuration that the first line carries. */
export function configOf(opened: TranscriptEvent | undefined): Config | undefined {
  const value = opened?.kind === "open" ? opened.data["config"] : undefined;
  const config = isObject(value) ? parseConfig(value) : undefined;
  return config?.ok ? config.value : undefined;
}
