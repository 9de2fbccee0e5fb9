import type { Config } from "../table/config.ts";
import { checkAgreement } from "./agreement.ts";
import type { TranscriptEvent } from "./chain.ts";
import type { TranscriptFinding } from "./faults.ts";
import { configOf, formatNamed, type TranscriptFormat } from "./format.ts";
import { readLines, type TranscriptLines } from "./lines.ts";
import { followSteps, type Progress } from "./order.ts";
import { unsaved } from "./saved.ts";

/**
 * `whole`: a complete ceremony, and its head is the one that was written down. `consistent`: the same without a head, so
 * anybody may have written the file. `stopped`: the beginning of a ceremony, with nothing wrong in it. `broken`: the
 * rest.
 */
export type VerdictKind = "whole" | "consistent" | "stopped" | "broken";

export interface TranscriptVerdict {
  readonly kind: VerdictKind;
  /** Lines that are sound, up to the first that is not. */
  readonly events: readonly TranscriptEvent[];
  /** SHA-256 of the last sound line, hex; 64 zeros if there is none. */
  readonly head: string;
  /** Whether it is the head that was given; absent if none was, or the file is broken before its end. */
  readonly headMatches?: boolean;
  /** The configuration of the first line, if that line is sound. */
  readonly config?: Config;
  /** Where the last sound line stands in the table; absent if there is none. */
  readonly step?: { readonly id: string; readonly number: number; readonly title: string };
  /** The reason that the last line gives for an early end. */
  readonly ended?: string;
  /** Bytes of an unfinished line at the end: ignored, as a kill leaves them. */
  readonly torn: boolean;
  readonly fault?: TranscriptFinding;
  /** What the lines were checked against. */
  readonly format: TranscriptFormat;
}

/**
 * Checks a whole transcript: form, chain and allow-list of every line, steps and roles along the table, what the lines
 * say together, and at last the head.
 *
 * @param headHex SHA-256 of the last line as the witness wrote it down, 64 hex digits in lower case
 * @param named the format of a transcript, by the data of its first line
 */
export function verifyTranscript(bytes: Uint8Array, headHex?: string, named = formatNamed): TranscriptVerdict {
  const verdict = verifyBytes(bytes, headHex, named);
  const saved = verdict.kind === "broken" || verdict.torn ? unsaved(bytes) : undefined;
  if (saved === undefined) return verdict;
  const before = verifyBytes(saved.bytes, headHex, named);
  // What a kill leaves has no last line end either: only a complete transcript shows that it was lost later.
  const isOther = before.kind === "broken" || (saved.code === "line_end_lost" && before.kind === "stopped");
  if (isOther) return verdict;
  return { ...before, kind: "broken", fault: { line: saved.line, code: saved.code, detail: before.kind } };
}

function verifyBytes(bytes: Uint8Array, headHex: string | undefined, named: typeof formatNamed): TranscriptVerdict {
  const lines = readLines(bytes, named);
  const opened = lines.events[0];
  const config = configOf(opened);
  const progress = config === undefined ? undefined : followSteps(lines.events, config, lines.format);
  const fault = firstFault(lines, config, progress) ?? lines.fault;
  const events = fault === undefined ? lines.events : lines.events.slice(0, fault.line - 1);
  const head = fault === undefined ? lines.head.prev : (lines.events[events.length]?.prev ?? lines.head.prev);
  const last = events.at(-1);
  const differs = headHex !== undefined && fault === undefined && headHex !== head;
  const complete = progress?.over === "complete";
  const common = {
    events,
    head,
    torn: lines.torn,
    format: lines.format,
    ...(headHex === undefined || fault !== undefined ? {} : { headMatches: headHex === head }),
    ...(config === undefined || events.length === 0 ? {} : { config }),
    ...(progress === undefined || last === undefined ? {} : { step: progress.step }),
    ...(last?.kind === "abort" ? { ended: String(last.data["reason"]) } : {}),
  };
  if (fault !== undefined) return { ...common, kind: "broken", fault };
  if (differs)
    return { ...common, kind: "broken", fault: { line: events.length, code: "head_differs", detail: "head" } };
  if (!complete) return { ...common, kind: "stopped" };
  return { ...common, kind: headHex === undefined ? "consistent" : "whole" };
}

/** The fault of the earliest line. Agreement is looked at no further than the steps are in order. */
function firstFault(
  { events, format, torn }: TranscriptLines,
  config: Config | undefined,
  progress: Progress | undefined,
): TranscriptFinding | undefined {
  if (events.length === 0) return undefined;
  if (config === undefined || progress === undefined)
    return { line: 1, code: "opening_missing", detail: "selftest.opened" };
  const inOrder = progress.fault === undefined ? events : events.slice(0, progress.fault.line);
  const disagreement = checkAgreement(inOrder, config, format);
  if (disagreement !== undefined && disagreement.line < (progress.fault?.line ?? Number.POSITIVE_INFINITY))
    return disagreement;
  const after = torn && (progress.over === "complete" || progress.over === "ended");
  return progress.fault ?? (after ? { line: events.length + 1, code: "after_end", detail: "torn" } : undefined);
}
