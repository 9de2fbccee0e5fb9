import { canonicalJson, type JsonValue } from "../../core/canonical.ts";
import { pgpWords } from "../../core/pgpwords.ts";
import { rolesOf, secondsBetween } from "../steps/agreement.ts";
import { CEREMONY_REFUSALS, isRefusalId, STEPS, stepsFor } from "../steps/ceremonies.ts";
import { ACTORS, refusalText, type TableEntry } from "../steps/row.ts";
import type { Config } from "../table/config.ts";
import type { TranscriptEvent } from "./chain.ts";
import type { FormatStep } from "./format.ts";
import { actorName, aloud, plain, row, stepNumber, tableHead } from "./markdown.ts";
import { leastOf } from "./order.ts";
import type { TranscriptVerdict } from "./verify.ts";

/**
 * The script of the ceremony with what the transcript says of it, as Markdown: each step of the mode, what was read
 * aloud, what was recorded and when, what was refused or waived, and what is missing. Sound lines only.
 */
export function annotatedScript(verdict: TranscriptVerdict): string {
  const { config, events } = verdict;
  if (config === undefined) return "";
  const steps = stepsFor(config, verdict.format.steps);
  const lines = [
    `# A ceremony: ${config.mode === "rehearsal" ? "REHEARSAL, worth nothing" : "production"}`,
    "",
    ...summary(verdict, config),
    ...steps.flatMap((step) => ["", ...stepLines(step, steps, events, config)]),
    "",
  ];
  return lines.join("\n");
}

function summary(verdict: TranscriptVerdict, config: Config): readonly string[] {
  const opened = verdict.events[0];
  const last = verdict.events.at(-1);
  if (opened === undefined || last === undefined) return [];
  const text = (name: string): string => plain(String(opened.data[name]));
  return [
    ...tableHead("", ""),
    row("ceremony", text("ceremonyId")),
    row("network", config.network),
    row("program", `${text("version")}, ${text("form")}, \`${text("program")}\``),
    row("configuration", `\`${text("configHash")}\``),
    row("", plain(settings(config))),
    row("people", people(verdict.events)),
    row("began", opened.at),
    row("last line", `${last.at}, ${duration(secondsBetween(opened.at, last.at))} later, line ${last.seq}`),
    row("head", `\`${verdict.head}\``),
    row("", pgpWords(verdict.head).join(" ")),
  ];
}

function stepLines(
  step: FormatStep,
  steps: readonly FormatStep[],
  events: readonly TranscriptEvent[],
  config: Config,
): readonly string[] {
  const here = events.filter((event) => event.step === step.id);
  // Of a step that is no more, nobody knows what was read aloud.
  const pages = STEPS.find(({ id }) => id === step.id)?.pages ?? [];
  const missing = step.records.flatMap((entry) => lacking(entry, here, config));
  return [
    `## ${stepNumber(step, steps)}. ${step.title}`,
    "",
    ...pages.map((page) => `- ${aloud(page)}`),
    "",
    ...(here.length === 0 ? [] : tableHead("line:", "time", "who", "recorded", "")),
    ...here.map((event) => row(String(event.seq), event.at.slice(11, 19), actorName(event.actor), ...recorded(event))),
    ...(missing.length === 0 ? [] : [...(here.length === 0 ? [] : [""]), `**Missing:** ${missing.join(", ")}.`]),
  ];
}

function lacking(entry: TableEntry, here: readonly TranscriptEvent[], config: Config): readonly string[] {
  const least = leastOf(entry, config);
  const count = here.filter((event) => event.kind === entry.kind && event.data["what"] === entry.what).length;
  if (count >= least) return [];
  return [least === 1 ? entry.what : `${entry.what} (${count} of ${least})`];
}

/** What is recorded, and its values. Refusals, waivers, undone throws and ends stand out. */
function recorded(event: TranscriptEvent): readonly string[] {
  const { what, ...fields } = event.data;
  const name = plain(String(what));
  if (event.kind === "refusal") return [`**refused** ${plain(String(fields["id"]))}`, refusal(fields)];
  const loud = event.kind === "waiver" || event.kind === "abort" || event.kind === "exception" || event.kind === "undo";
  // The first line carries the configuration whole; the summary shows it.
  const values = Object.entries(fields).filter(([, value]) => typeof value !== "object");
  const cells = values.map(([field, value]) => `${field} ${cell(value)}`);
  return [loud ? `**${name}**` : name, cells.join(", ")];
}

function refusal(fields: Readonly<Record<string, JsonValue>>): string {
  const id = String(fields["id"]);
  const text = isRefusalId(id) ? refusalText(CEREMONY_REFUSALS[id]) : "";
  const position = fields["position"] === 0 ? "" : `, word ${cell(fields["position"])}`;
  return `${plain(text)} (attempt ${cell(fields["attempt"])}${position})`;
}

function cell(value: JsonValue | undefined): string {
  if (typeof value !== "string") return value === undefined ? "" : canonicalJson(value);
  return /^[0-9a-f]{8,}$/.test(value) ? `\`${value}\`` : plain(value);
}

function settings(config: Config): string {
  return `rolls ${config.rolls}, passphrase ${config.passphrase}, plates ${config.plates}, recipient ${config.recipient ?? "none"}, out ${config.out}`;
}

function people(events: readonly TranscriptEvent[]): string {
  const said = (what: string) => events.filter((event) => event.step === "people" && event.data["what"] === what);
  const roles = rolesOf(new Map(["role", "replaced"].map((what) => [`people.${what}`, said(what)])));
  if (roles.size === 0) return "not said";
  const named = ACTORS.filter((actor) => roles.has(actor));
  return named.map((actor) => `${actorName(actor)} ${plain(roles.get(actor) ?? "")}`).join(", ");
}

function duration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return [hours > 0 ? `${hours} h` : "", hours + minutes > 0 ? `${minutes} min` : "", `${seconds % 60} s`]
    .filter((part) => part !== "")
    .join(" ");
}
