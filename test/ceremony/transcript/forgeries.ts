import assert from "node:assert/strict";
import type { EventDraft } from "../../../ceremony/transcript/chain.ts";
import type { SavedCode } from "../../../ceremony/transcript/saved.ts";
import type { JsonObject } from "../../../core/canonical.ts";
import { chained, rechained, sampleDrafts, sampleTranscript } from "./sample.ts";

/** Ways to spoil a complete, valid transcript of production. */

export const LINES = sampleTranscript("production").lines;
export const DRAFTS = sampleDrafts("production");
export const placeOfEvent = (name: string, nth = 0): number => {
  const places = DRAFTS.flatMap((draft, index) =>
    `${draft.step}.${String(draft.data["what"])}` === name ? [index] : [],
  );
  return places[nth] ?? assert.fail(name);
};

/** The number of the line in which it stands. */
export const lineOf = (name: string, nth = 0): number => placeOfEvent(name, nth) + 1;

/** The sample with other data in one record, chained properly. */
export const withData = (name: string, data: JsonObject, nth = 0): Buffer => {
  const at = placeOfEvent(name, nth);
  const draft = DRAFTS[at] as EventDraft;
  return Buffer.concat(chained(DRAFTS.with(at, { ...draft, data: { ...draft.data, ...data } })).lines);
};
/** The sample with one line rewritten and all chained anew: what `appendEvent` would refuse to write. */
export const withLine = (name: string, from: string | RegExp, to: string, nth = 0): Buffer => {
  const at = placeOfEvent(name, nth);
  const text = String(LINES[at]).replace(from, to);
  assert.notEqual(text, String(LINES[at]));
  return rechained(LINES.with(at, Buffer.from(text))).bytes;
};
export const events = (drafts: readonly EventDraft[]): Buffer => Buffer.concat(chained(drafts).lines);
export const raw = (index: number, text: string): Buffer => Buffer.concat(LINES.with(index, Buffer.from(text)));
export const by = (name: string, actor: EventDraft["actor"], nth = 0): Buffer => {
  const at = placeOfEvent(name, nth);
  return events(DRAFTS.with(at, { ...(DRAFTS[at] as EventDraft), actor }));
};
export const moveLine = (from: string, to: string): Buffer => {
  const draft = DRAFTS[placeOfEvent(from)] as EventDraft;
  return events(DRAFTS.toSpliced(placeOfEvent(from), 1).toSpliced(placeOfEvent(to), 0, draft));
};
export const without = (name: string): Buffer => events(DRAFTS.toSpliced(placeOfEvent(name), 1));
export const twice = (name: string): Buffer =>
  events(DRAFTS.toSpliced(placeOfEvent(name), 0, DRAFTS[placeOfEvent(name)] as EventDraft));
export const plus = (draft: EventDraft): Buffer => events([...DRAFTS, draft]);
export const second = String(LINES[1]);
export const opened = (config: JsonObject): Buffer => withData("selftest.opened", config);
export const rehearsalLine = String(sampleTranscript("rehearsal").lines[0]);
export const exception: EventDraft = {
  step: "close",
  actor: "leader",
  kind: "exception",
  data: { what: "exception", note: "a" },
};
export const waiver: EventDraft = {
  step: "selftest",
  actor: "leader",
  kind: "waiver",
  data: { what: "waived", id: "ab" },
};
export const undone = (count: number): EventDraft => ({
  step: "dice",
  actor: "operator",
  kind: "undo",
  data: { what: "undone", throw: count },
});
export const failed: EventDraft = {
  step: "selftest",
  actor: "machine",
  kind: "check",
  data: { what: "checked", id: "swap_off", outcome: "fail", value: "" },
};
export const replaced = (role: string, initials: string): EventDraft => ({
  step: "people",
  actor: "operator",
  kind: "undo",
  data: { what: "replaced", role, initials },
});

const WHOLE = LINES.join("");

/** What other programs do to a file when they save or send it, by the code that names it, and the line that shows it. */
export const SAVED = {
  saved_wide: [
    ["little endian with its mark", Buffer.from(`\ufeff${WHOLE}`, "utf16le"), 1],
    ["big endian", Buffer.from(WHOLE, "utf16le").swap16(), 1],
    ["and CRLF", Buffer.from(`\ufeff${WHOLE.replaceAll("\n", "\r\n")}`, "utf16le"), 1],
  ],
  saved_mark: [
    ["a byte order mark", Buffer.from(`\ufeff${WHOLE}`), 1],
    ["and CRLF", Buffer.from(`\ufeff${WHOLE.replaceAll("\n", "\r\n")}`), 1],
    ["of one that stopped", Buffer.from(`\ufeff${LINES.slice(0, 20).join("")}`), 1],
  ],
  saved_crlf: [
    ["all lines", Buffer.from(WHOLE.replaceAll("\n", "\r\n")), 1],
    ["one line", raw(1, second.replace("\n", "\r\n")), 2],
    ["the last lost", Buffer.from(WHOLE.replaceAll("\n", "\r\n").slice(0, -1)), 1],
  ],
  line_end_lost: [["the last one", Buffer.from(WHOLE.slice(0, -1)), LINES.length]],
} satisfies Record<SavedCode, readonly (readonly [what: string, file: Buffer, line: number])[]>;
/** Initials corrected before the role of this number, from 0. */
export const correctedBefore = (nth: number, role: string, initials: string): Buffer =>
  events(DRAFTS.toSpliced(placeOfEvent("people.role", nth), 0, replaced(role, initials)));
