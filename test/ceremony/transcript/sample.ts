import { createHash } from "node:crypto";
import { INTERNAL_VERSION } from "../../../ceremony/seed/aezeed.ts";
import { STEPS, stepsOf } from "../../../ceremony/steps/ceremonies.ts";
import type { Actor, Step, TableEntry } from "../../../ceremony/steps/row.ts";
import { type Config, configHash, type Mode } from "../../../ceremony/table/config.ts";
import type { FieldRule } from "../../../ceremony/table/fields.ts";
import { ROOM_ITEMS } from "../../../ceremony/table/lists.ts";
import {
  appendEvent,
  type EventDraft,
  TRANSCRIPT_GENESIS,
  timestamp,
  transcriptLineHash,
} from "../../../ceremony/transcript/chain.ts";
import { WRITTEN_FORMAT } from "../../../ceremony/transcript/format.ts";
import { leastOf } from "../../../ceremony/transcript/order.ts";
import type { JsonObject, JsonValue } from "../../../core/canonical.ts";
import { RECIPIENT } from "../../signer/bundle/samples.ts";

/** Complete, valid transcripts made from the table of steps: what the table changes, they change with it. */

const STARTED = Date.UTC(2026, 10, 22, 10, 0, 0) / 1000;
const DATE = "2026-11-22";
/** 2026-11-21, the day before. */
const BIRTHDAY = { birthdayDays: 6531, birthdayDate: "2026-11-21" };
const PEOPLE: Readonly<Record<string, string>> = {
  leader: "AB",
  operator: "AB",
  officer1: "CD",
  officer2: "EF",
  witness: "GH",
};

export function sampleConfig(mode: Mode): Config {
  return {
    mode,
    network: mode === "rehearsal" ? "regtest" : "mainnet",
    out: "/media/stick",
    rolls: 64,
    passphrase: "typed",
    plates: 2,
    recipient: RECIPIENT,
  };
}

const hash = (name: string): string => createHash("sha256").update(name).digest("hex");

/** A value that a rule allows. */
function sampleValue(rule: FieldRule, name: string): JsonValue {
  switch (rule.type) {
    case "hex":
      return hash(name)
        .repeat(2)
        .slice(0, 2 * rule.bytes);
    case "int":
      return rule.min;
    case "bool":
      return true;
    case "one":
      return rule.of[0] ?? "";
    case "config":
      return { ...sampleConfig("rehearsal") };
    case "text": {
      const value = ["1.2.3", DATE, "AB", RECIPIENT, "node_1", "node-1", ""].find((text) => rule.pattern.test(text));
      if (value === undefined) throw new Error(`no sample for ${name}`);
      return value;
    }
  }
}

/** What the lines have to agree on, by `step.what`. */
function agreed(step: string, entry: TableEntry, index: number, actor: Actor, config: Config): JsonObject {
  const name = `${step}.${entry.what}`;
  const { mode, network, rolls, passphrase, plates } = config;
  const fixed: Readonly<Record<string, JsonObject>> = {
    "selftest.opened": {
      program: hash("program"),
      mode,
      network,
      configHash: configHash(config),
      config: { ...config },
    },
    "identity.program": { hash: hash("program") },
    "identity.compared": { form: index === 0 ? "words" : "hex", row: index + 1 },
    "people.role": { role: actor, initials: PEOPLE[actor] ?? "" },
    "people.configuration": { configHash: configHash(config) },
    "people.room": { item: ROOM_ITEMS[index] ?? "" },
    "share.written": { first: 3, second: 30 },
    "dice.thrown": { count: rolls },
    "mix.mixed": BIRTHDAY,
    "passphrase.passphrase": { policy: passphrase },
    "words.engraved": { plates },
    "readback.plate": { plate: index + 1 },
    "restore.restored": {
      by: index === 0 ? "first" : "second",
      birthdayDays: BIRTHDAY.birthdayDays,
      internalVersion: INTERNAL_VERSION,
    },
    "compare.equal": { birthdayDays: BIRTHDAY.birthdayDays },
    "bundle.recipient": { recipient: config.recipient ?? "none" },
    "result.written": index === 0 ? { file: "node.json" } : { file: "accounts.json", sha256: hash("accounts") },
  };
  return fixed[name] ?? {};
}

/** One valid event of an entry. */
export function sampleDraft(step: Step, entry: TableEntry, index: number, config: Config): EventDraft {
  const actor = entry.by[entry.by.length > 1 ? index % entry.by.length : 0] ?? "machine";
  const fields = Object.entries(entry.fields).map(([name, rule]) => [name, sampleValue(rule, name)] as const);
  const data = { what: entry.what, ...Object.fromEntries(fields), ...agreed(step.id, entry, index, actor, config) };
  return { step: step.id, actor, kind: entry.kind, data };
}

/** The events of a whole ceremony, each as often as it must stand. */
export function sampleDrafts(mode: Mode, config = sampleConfig(mode)): EventDraft[] {
  return stepsOf(mode, STEPS).flatMap((step) =>
    step.records.flatMap((entry) =>
      Array.from({ length: leastOf(entry, config) }, (_, index) => sampleDraft(step, entry, index, config)),
    ),
  );
}

/** Chains events, half a minute apart. */
export function chained(drafts: readonly EventDraft[], format = WRITTEN_FORMAT): { lines: Buffer[]; head: string } {
  let head = TRANSCRIPT_GENESIS;
  const lines = drafts.map((draft, index) => {
    const next = appendEvent(head, draft, timestamp(STARTED + 30 * index), format);
    head = next.head;
    return next.line;
  });
  return { lines, head: head.prev };
}

/** A complete, valid transcript. */
export function sampleTranscript(mode: Mode): { bytes: Buffer; lines: Buffer[]; head: string } {
  const { lines, head } = chained(sampleDrafts(mode));
  return { bytes: Buffer.concat(lines), lines, head };
}

/** Chains lines anew, whatever is in them: what a forger does, and what `appendEvent` would refuse. */
export function rechained(lines: readonly Buffer[]): { bytes: Buffer; head: string } {
  let prev = TRANSCRIPT_GENESIS.prev;
  const all = lines.map((line, index) => {
    const text = line
      .toString()
      .trimEnd()
      .replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`)
      .replace(/"seq":\d+/, `"seq":${index + 1}`);
    prev = transcriptLineHash(text);
    return Buffer.from(`${text}\n`);
  });
  return { bytes: Buffer.concat(all), head: prev };
}
