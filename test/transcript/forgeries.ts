import assert from "node:assert/strict";
import type { JsonObject } from "../../ceremony/transcript/canonical.ts";
import type { EventDraft } from "../../ceremony/transcript/chain.ts";
import { chained, rechained, sampleDrafts, sampleTranscript } from "./sample.ts";

/** Ways to spoil a complete, valid transcript of production. */

export const LINES = sampleTranscript("production").lines;
export const DRAFTS = sampleDrafts("production");
export const placeOf = (name: string, nth = 0): number => {
  const places = DRAFTS.flatMap((draft, index) =>
    `${draft.step}.${String(draft.data["what"])}` === name ? [index] : [],
  );
  return places[nth] ?? assert.fail(name);
};

/** The number of the line in which it stands. */
export const lineOf = (name: string, nth = 0): number => placeOf(name, nth) + 1;

/** The sample with other data in one record, chained properly. */
export const withData = (name: string, data: JsonObject, nth = 0): Buffer => {
  const at = placeOf(name, nth);
  const draft = DRAFTS[at] as EventDraft;
  return Buffer.concat(chained(DRAFTS.with(at, { ...draft, data: { ...draft.data, ...data } })).lines);
};
/** The sample with one line rewritten and all chained anew: what `appendEvent` would refuse to write. */
export const withLine = (name: string, from: string | RegExp, to: string, nth = 0): Buffer => {
  const at = placeOf(name, nth);
  const text = String(LINES[at]).replace(from, to);
  assert.notEqual(text, String(LINES[at]));
  return rechained(LINES.with(at, Buffer.from(text))).bytes;
};
export const events = (drafts: readonly EventDraft[]): Buffer => Buffer.concat(chained(drafts).lines);
export const raw = (index: number, text: string): Buffer => Buffer.concat(LINES.with(index, Buffer.from(text)));
export const by = (name: string, actor: EventDraft["actor"], nth = 0): Buffer => {
  const at = placeOf(name, nth);
  return events(DRAFTS.with(at, { ...(DRAFTS[at] as EventDraft), actor }));
};
export const move = (from: string, to: string): Buffer => {
  const draft = DRAFTS[placeOf(from)] as EventDraft;
  return events(DRAFTS.toSpliced(placeOf(from), 1).toSpliced(placeOf(to), 0, draft));
};
export const without = (name: string): Buffer => events(DRAFTS.toSpliced(placeOf(name), 1));
export const twice = (name: string): Buffer =>
  events(DRAFTS.toSpliced(placeOf(name), 0, DRAFTS[placeOf(name)] as EventDraft));
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
