import assert from "node:assert/strict";
import type { StepDraft } from "../../../ceremony/flow/play.ts";
import { formatPhrase, wordIndexes } from "../../../ceremony/seed/phrase.ts";
import { wordBytes } from "../../../ceremony/seed/wordlist.ts";
import { STEPS, type StepId, stepsOf } from "../../../ceremony/steps/ceremonies.ts";
import { RECORDS_VERSION } from "../../../ceremony/steps/keys.ts";
import { checkAgreement } from "../../../ceremony/transcript/agreement.ts";
import {
  appendEvent,
  type EventDraft,
  TRANSCRIPT_GENESIS,
  type TranscriptEvent,
} from "../../../ceremony/transcript/chain.ts";
import { WRITTEN_FORMAT } from "../../../ceremony/transcript/format.ts";
import { followSteps, leastOf } from "../../../ceremony/transcript/order.ts";
import { checkEvent } from "../../../ceremony/transcript/schema.ts";
import { Secret } from "../../../core/secret.ts";
import { factsOf, rowsOf, SIZE, type Sitting, textOf, widest } from "./table.ts";

const WIDE = { columns: 200, rows: 60 };
const WORDS = new Set(Array.from({ length: 2048 }, (_, index) => wordBytes(index).toString("ascii")));

/** What must hold in every state whatsoever: the screen is whole, no secret is public, every event is allowed. */
export function watchAll(sitting: Sitting): void {
  const { play } = sitting;
  const rows = rowsOf(sitting);
  assert.equal(rows.length, SIZE.rows);
  assert.ok(widest(rows) <= SIZE.columns);
  assertNothingCut(sitting);
  assertMarked(sitting);
  const shown = rows.flatMap((row) => row.map(({ text }) => (text instanceof Secret ? "" : text)));
  const kept = [JSON.stringify(play.facts), ...sitting.drafts.slice(-8).map((draft) => JSON.stringify(draft))];
  assertPublic([shown.join(" "), shown.join(""), play.message ?? "", ...kept], sitting);
  for (const draft of sitting.drafts.slice(-30)) assertAllowed(draft);
}

/** A screen with all the room there is shows no more: nothing was cut at 80 columns, or left out below 19 rows. */
function assertNothingCut(sitting: Sitting): void {
  const small = rowsOf(sitting).map(textOf);
  const wide = rowsOf(sitting, WIDE).map(textOf);
  const body = wide.slice(3, -2);
  const end = body.findLastIndex((row) => row !== "");
  const where = `${sitting.play.step.id}/${sitting.page}`;
  assert.ok(end < 19, `${where} has ${end + 1} rows`);
  assert.deepEqual(body.slice(0, 19), small.slice(3, -2), where);
  assert.deepEqual(wide.slice(-2), small.slice(-2), where);
}

/** No meaning by colour alone: what stands out by its style has a mark, a word or a place of its own. */
function assertMarked(sitting: Sitting): void {
  const rows = rowsOf(sitting);
  const { page, play } = sitting;
  rows.forEach((row, at) => {
    for (const { text, style } of row) {
      if (style === "aloud") assert.ok(/ALOUD> | {7}/.test(textOf(row)), "what is read aloud is marked");
      if (style === "warn" && text !== "")
        assert.match(textOf(row), at === SIZE.rows - 2 ? /^! / : /FAIL|WAIVED|REHEARSAL|rehearsal|!|failed/);
      if (style === "stripe") assert.equal(at, 0);
      if (style === "dim") assert.ok(at === 2 || at === SIZE.rows - 1 || text === "");
    }
  });
  assert.match(textOf(rows[1] ?? []), /^Step \d+ of 12: .* now: [A-Z0-9 ]+$/);
  assert.match(textOf(rows[2] ?? []), /\[\w+\]/);
  if (play.facts.config.mode === "rehearsal") assert.match(textOf(rows[0] ?? []), /\/ .*REHEARSAL \/ regtest/);
  const told = play.step.pages.find(({ id }) => id === page)?.aloud;
  const aloud = rows.flat().filter(({ style }) => style === "aloud");
  const read = aloud.map(({ text }) => (text instanceof Secret ? "" : text.trim())).filter((text) => text !== "ALOUD>");
  if (play.overlay !== undefined || sitting.outcome?.kind === "refused") return;
  assert.equal(
    read.filter((text) => text !== "").join(" "),
    told ?? "",
    "what the table has read aloud is on the screen",
  );
}

/** Nothing that tells of the seed, in any of the forms in which it could get out. */
export function assertPublic(texts: readonly string[], sitting: Sitting): void {
  const { share, blind, entropy, salt, dice, passphrase, enciphered } = sitting.play.secrets;
  const needles: string[] = [];
  for (const secret of [share, blind, entropy, salt, enciphered]) {
    if (secret === undefined || secret.bytes.every((byte) => byte === 0)) continue;
    needles.push(
      secret.bytes.toString("hex"),
      secret.bytes.toString("base64"),
      secret.bytes.toString("hex").replaceAll(/(.{4})(?=.)/g, "$1 "),
    );
  }
  for (const secret of [dice, passphrase])
    if (secret !== undefined && secret.length > 0) needles.push(secret.bytes.toString("ascii"));
  for (const text of texts) for (const needle of needles) assert.ok(!text.includes(needle), "a secret is public");
  if (enciphered === undefined) return;
  const phrase = Array.from(wordIndexes(enciphered), (index) => wordBytes(index).toString("ascii"));
  const pairs = new Set(phrase.map((word, at) => `${word} ${phrase[at + 1]}`));
  for (const text of texts) {
    const words =
      text
        .toLowerCase()
        .match(/[a-z]{3,8}/g)
        ?.filter((word) => WORDS.has(word)) ?? [];
    words.forEach((word, at) => {
      assert.ok(!pairs.has(`${word} ${words[at + 1]}`), "two words of the phrase stand in public text");
    });
    assert.ok(!text.includes(formatPhrase(enciphered).bytes.toString("ascii").slice(0, 20)));
  }
}

/** The allow-list takes it. The last event gets its two counts from the transcript. */
export function assertAllowed(draft: StepDraft): void {
  const counts = draft.kind === "done" ? { events: 1, seconds: 0 } : {};
  const checked = checkEvent({ ...draft, data: { ...draft.data, ...counts } });
  assert.ok(checked.ok, `${JSON.stringify(draft)} ${JSON.stringify(checked)}`);
}

/** The transcript that the host would write of these events. */
function transcriptOf(sitting: Sitting): TranscriptEvent[] {
  const { config } = sitting.play.facts;
  const { version, program, configHash } = factsOf(config);
  const ceremonyId = sitting.play.facts.ceremonyId ?? "none";
  const { mode, network } = config;
  const opened = { what: "opened", program: program.hash, form: program.form, version, ceremonyId, mode, network };
  const first: EventDraft = {
    step: "selftest",
    actor: "machine",
    kind: "open",
    data: { ...opened, configHash, config: { ...config }, records: RECORDS_VERSION },
  };
  let head = TRANSCRIPT_GENESIS;
  return [first, ...sitting.drafts].map((draft) => {
    const appended = appendEvent(head, draft, "2026-11-22T12:00:00Z");
    head = appended.head;
    return JSON.parse(appended.line.toString("utf8")) as TranscriptEvent;
  });
}

/** Every event of the table stands there as often as it must, and the verifier finds nothing to say. */
export function assertComplete(sitting: Sitting): void {
  const { config } = sitting.play.facts;
  assert.deepEqual(sitting.outcome, { kind: "done" });
  const events = transcriptOf(sitting);
  for (const step of stepsOf(config.mode, STEPS))
    for (const entry of step.records) {
      const count = events.filter(
        ({ step: at, kind, data }) => at === step.id && kind === entry.kind && data["what"] === entry.what,
      ).length;
      assert.ok(count >= leastOf(entry, config), `${step.id}.${entry.what} stands ${count} times`);
    }
  const followed = followSteps(events, config, WRITTEN_FORMAT);
  assert.deepEqual([followed.fault, followed.over, followed.step.id], [undefined, "complete", "close"]);
  assert.equal(checkAgreement(events, config, WRITTEN_FORMAT), undefined);
}

/** The beginning of a ceremony that a refusal ended at this step: the verifier finds nothing wrong in it. */
export function assertStopped(sitting: Sitting, step: StepId): void {
  const { config } = sitting.play.facts;
  const events = transcriptOf(sitting);
  const followed = followSteps(events, config, WRITTEN_FORMAT);
  assert.deepEqual([followed.fault, followed.over, followed.step.id], [undefined, "refused", step]);
  assert.equal(checkAgreement(events, config, WRITTEN_FORMAT), undefined);
}
