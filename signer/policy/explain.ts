import { toJsonString } from "@bufbuild/protobuf";
import { type Decision, decide, reasonOf } from "./decide.ts";
import { type FrameForm, readForm } from "./form.ts";
import { SIGNED_METHODS } from "./methods.ts";
import type { PolicyConfig } from "./settings.ts";
import type { PolicyContext, SignItem, Subject } from "./subject.ts";
import { POLICY_RULES, type PolicyRule, type RuleId } from "./table.ts";

/** What one rule says of a frame. */
export interface RuleVerdict {
  readonly id: RuleId;
  readonly outcome: /** Kept. */
    | "pass"
    | "refuse"
    /** It comes after the place where reading stopped. */
    | "not-judged"
    /** Of the other direction, or switched off. */
    | "off";
  readonly reason: string;
}

export interface Explanation {
  readonly decision: Decision;
  readonly rules: readonly RuleVerdict[];
  /** The message in protobuf's JSON form, if it could be read. */
  readonly message: string | undefined;
}

/** The verdict rule by rule. Unlike `decide` it asks on after the first refusal. */
export function explain(item: SignItem, context: PolicyContext): Explanation {
  const form = readForm(item);
  const subject: Subject = { item, context, form };
  return {
    decision: decide(item, context),
    rules: POLICY_RULES.map((rule) => verdictOn(rule, subject, form)),
    message: messageText(item, form),
  };
}

function verdictOn(rule: PolicyRule, subject: Subject, form: FrameForm): RuleVerdict {
  const { id } = rule;
  if (!applies(rule, subject)) return { id, outcome: "off", reason: rule.reason };
  if (isOfMessage(rule) && form.message === undefined) return { id, outcome: "not-judged", reason: rule.reason };
  if (rule.refuses(subject)) {
    return { id, outcome: "refuse", reason: rule.stage === "form" ? reasonOf(rule, form) : rule.reason };
  }
  return { id, outcome: isJudged(rule, form) ? "pass" : "not-judged", reason: rule.reason };
}

function applies(rule: PolicyRule, { item, context }: Subject): boolean {
  const { profile, stage } = rule;
  return (
    (profile === "both" || item.direction === "unspecified" || profile === item.direction) &&
    (stage !== "meaning" || isToldOf(rule, context.config))
  );
}

/** Whether the configuration has what a rule of meaning judges by. */
function isToldOf({ id }: PolicyRule, { meaning, advertised }: PolicyConfig): boolean {
  return id === "meaning.advertised" ? advertised !== "any" : meaning !== undefined;
}

function isOfMessage({ stage }: PolicyRule): boolean {
  return stage === "content" || stage === "meaning";
}

function isJudged({ stage, id }: PolicyRule, { broken, message }: FrameForm): boolean {
  if (stage !== "form") return true;
  if (broken === undefined) return message !== undefined || isBeforePayload(id);
  // The frame is read in the table's order. A message is read byte by byte: one fault leaves all its rules open.
  return !(isOfPayload(broken.rule) && isOfPayload(id)) && position(id) < position(broken.rule);
}

const FIRST_OF_PAYLOAD = position("form.truncated");

function isOfPayload(id: RuleId): boolean {
  return position(id) >= FIRST_OF_PAYLOAD;
}

/** Without a known method the frame is read, and its message is not. */
function isBeforePayload(id: RuleId): boolean {
  return !isOfPayload(id);
}

function position(id: RuleId): number {
  return POLICY_RULES.findIndex((rule) => rule.id === id);
}

function messageText({ method, direction }: SignItem, { message }: FrameForm): string | undefined {
  const desc = direction === "unspecified" ? undefined : SIGNED_METHODS.get(method)?.[direction];
  return desc === undefined || message === undefined ? undefined : toJsonString(desc, message, { prettySpaces: 2 });
}

/** What of the policy is off, to be said at start: one sentence each. */
export function whatIsOff({ meaning, advertised, profiles }: PolicyConfig): string[] {
  return [
    ...(meaning === undefined
      ? ["meaning is off: without accounts.json an address of another wallet is signed as readily as ours"]
      : []),
    ...(advertised === undefined ? ["policy.advertised is missing: no GetCfg success will be signed"] : []),
    ...(advertised === "any"
      ? ["policy.advertised is missing: in this rehearsal any host, limit and fee is signed"]
      : []),
    ...(profiles.includes("request") ? ["requests are signed too: this key can act as a client of another LSP"] : []),
  ];
}

/** The table for `signer policy`: id, whether it is on, reason. */
export function policyTable(config: PolicyConfig): string {
  const width = Math.max(...POLICY_RULES.map(({ id }) => id.length));
  const rows = POLICY_RULES.map((rule) => `${rule.id.padEnd(width)}  ${stateOf(rule, config)}  ${rule.reason}\n`);
  return rows.join("");
}

function stateOf(rule: PolicyRule, config: PolicyConfig): "on " | "off" {
  const { stage, profile, id } = rule;
  const { profiles, budget, clients } = config;
  if (stage === "meaning") return isToldOf(rule, config) ? "on " : "off";
  if (id === "budget.paused") {
    return [budget, ...Object.values(clients)].some(({ pauseAbove }) => pauseAbove !== undefined) ? "on " : "off";
  }
  return profile === "both" || profiles.includes(profile) ? "on " : "off";
}
