import { hash } from "node:crypto";
import { budgetOf, isRecorded } from "./budget.ts";
import { addressIn, nonceOf } from "./content.ts";
import { type FrameForm, readForm } from "./form.ts";
import type { StateChange } from "./state.ts";
import type { PolicyContext, SignItem, Subject } from "./subject.ts";
import { POLICY_RULES, type PolicyRule, type RuleId, type RuleStage } from "./table.ts";

export type Decision = Signing | Refusing;

export interface Signing {
  readonly kind: "sign";
  /** SHA-256 of the frame as it came: what is signed, and what the log names. */
  readonly digest: Buffer;
  /** For `applyChange`, before the next decision. */
  readonly next: StateChange;
}

export interface Refusing {
  readonly kind: "refuse";
  readonly rule: RuleId;
  readonly reason: string;
  /** SHA-256 of the frame, for its record; undefined if it gets none and only counts (`takeSummed`). */
  readonly digest: Buffer | undefined;
  readonly next: StateChange;
}

const STAGES_BEFORE_READING: readonly RuleStage[] = ["budget", "ask"];
const BEFORE = POLICY_RULES.filter(({ stage }) => STAGES_BEFORE_READING.includes(stage));
const CONTENT = POLICY_RULES.filter(({ stage }) => stage === "content");
const MEANING = POLICY_RULES.filter(({ stage }) => stage === "meaning");
const BY_ID = new Map(POLICY_RULES.map((rule) => [rule.id, rule]));

/** Judges one frame. It changes nothing: `next` is for `applyChange`. */
export function decide(item: SignItem, context: PolicyContext): Decision {
  const asked: Subject = { item, context, form: undefined };
  const early = firstRefusal(BEFORE, asked);
  if (early !== undefined) return refuse(early, asked);
  const form = readForm(item);
  const subject: Subject = { item, context, form };
  const late = brokenRule(form) ?? firstRefusal(CONTENT, subject) ?? firstRefusal(MEANING, subject);
  return late === undefined ? sign(subject) : refuse(late, subject);
}

function brokenRule({ broken }: FrameForm): PolicyRule | undefined {
  return broken === undefined ? undefined : BY_ID.get(broken.rule);
}

function firstRefusal(rules: readonly PolicyRule[], subject: Subject): PolicyRule | undefined {
  for (const rule of rules) {
    if ((rule.profile === "both" || rule.profile === subject.item.direction) && rule.refuses(subject)) return rule;
  }
  return undefined;
}

function sign({ item, context, form }: Subject): Signing {
  const { client, nowMs, config, state } = context;
  const message = form?.message;
  const address = addressIn(message);
  return {
    kind: "sign",
    digest: digestOf(item),
    next: {
      client,
      spending: { nowMs, budget: budgetOf(config, client), outcome: "signed", rule: undefined, share: true },
      nonce: nonceOf(message?.ctx),
      addressIndex: address === undefined ? undefined : state.addresses?.indexOf(address),
    },
  };
}

function refuse(rule: PolicyRule, subject: Subject): Refusing {
  const { client, nowMs, config } = subject.context;
  // Refusals over the rate, and more refusals than a log should hold, are counted.
  const outcome = rule.id !== "budget.rate" && isRecorded(subject) ? "recorded" : "summed";
  return {
    kind: "refuse",
    rule: rule.id,
    reason: reasonOf(rule, subject.form),
    digest: outcome === "recorded" ? digestOf(subject.item) : undefined,
    next: {
      client,
      spending: { nowMs, budget: budgetOf(config, client), outcome, rule: rule.id, share: rule.stage !== "budget" },
      nonce: undefined,
      addressIndex: undefined,
    },
  };
}

/** With the place, where there is one: a number and a name of the contract, nothing of the frame. */
export function reasonOf({ reason }: PolicyRule, form: FrameForm | undefined): string {
  const place = form?.broken?.place;
  return place === undefined ? reason : `${reason} (byte ${place.at}, in ${place.type})`;
}

function digestOf({ frame }: SignItem): Buffer {
  return hash("sha256", frame, "buffer");
}
