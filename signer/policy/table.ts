import { FRAME_BYTES_MAX } from "../../proto/frame.ts";
import { isOverDay, isOverRate, isPaused } from "./budget.ts";
import * as content from "./content.ts";
import type { FormRuleId } from "./form.ts";
import * as meaning from "./meaning.ts";
import { SIGNED_METHODS } from "./methods.ts";
import type { Profile, Subject } from "./subject.ts";

/** One rule. What breaks none of them is signed; nothing else is. */
export interface PolicyRule {
  readonly id: RuleId;
  /** What a client is told. */
  readonly reason: string;
  readonly stage: RuleStage;
  /** The direction that it is about. */
  readonly profile: Profile | "both";
  /** True: it refuses. */
  readonly refuses: (subject: Subject) => boolean;
}

/** In this order; `budget` and `ask` before the frame is read. */
export type RuleStage = "budget" | "ask" | "form" | "content" | "meaning";

type OtherRuleId = (typeof OTHER_RULES)[number]["id"];
export type RuleId = FormRuleId | OtherRuleId;

const FORM_REASONS: Record<FormRuleId, string> = {
  "form.size": `the frame is longer than ${FRAME_BYTES_MAX} bytes`,
  "form.domain": "it reads as an invoice, a signed message, a login phrase or a tagged hash",
  "form.hash-length": "a frame of 32 bytes could be a hash that another domain hashes again",
  "form.flag": "the flag is neither 0 nor 1",
  "form.length": "the frame is shorter than it says",
  "form.one-frame": "something follows the frame",
  "form.empty": "empty frame: its signature would be valid for every method",
  "form.message-size": "the payload is longer than the message of this method may be",
  "form.gzip-member": "the payload is not one whole gzip member",
  "form.gzip-trailing": "something follows the gzip member",
  "form.gzip-size": "the payload inflates to more than the message of this method may be",
  "form.truncated": "a field reaches past the end of its message",
  "form.varint": "a number is written longer than it has to be",
  "form.range": "a number is too large for its field",
  "form.unknown-field": "the message of this method has no such field",
  "form.wire-type": "a field is written as another kind than it is",
  "form.duplicate-field": "a field that is there once is written twice",
  "form.repeated": "a list has more elements than it may",
  "form.field-order": "fields are not in ascending order",
  "form.oneof": "two members of one `oneof` are set",
  "form.default-value": "a default value is written out",
  "form.enum": "an enumeration has no such value",
  "form.text": "a text is not UTF-8, or begins with a byte-order mark",
  "form.encoding": "decoded and encoded again it gives other bytes",
};

const OTHER_RULES = [
  {
    id: "budget.paused",
    reason: "the client is paused: too many of its requests were refused",
    stage: "budget",
    profile: "both",
    refuses: isPaused,
  },
  {
    id: "budget.rate",
    reason: "more requests a second than the client may make",
    stage: "budget",
    profile: "both",
    refuses: isOverRate,
  },
  {
    id: "budget.day",
    reason: "the client has all the signatures of its day",
    stage: "budget",
    profile: "both",
    refuses: isOverDay,
  },
  {
    id: "ask.direction",
    reason: "neither response nor request is asked for",
    stage: "ask",
    profile: "both",
    refuses: ({ item }) => item.direction !== "response" && item.direction !== "request",
  },
  {
    id: "ask.profile",
    reason: "this direction is switched off",
    stage: "ask",
    profile: "both",
    refuses: ({ item, context }) =>
      item.direction !== "unspecified" && !context.config.profiles.includes(item.direction),
  },
  {
    id: "ask.method",
    reason: "the contract has no such method",
    stage: "ask",
    profile: "both",
    refuses: ({ item }) => !SIGNED_METHODS.has(item.method),
  },
  {
    id: "content.ctx",
    reason: "without nonce and key a signature could be replayed for ever",
    stage: "content",
    profile: "both",
    refuses: content.lacksCtx,
  },
  {
    id: "content.key",
    reason: "the key in ctx is not this signer's",
    stage: "content",
    profile: "both",
    refuses: content.namesAnotherKey,
  },
  {
    id: "content.nonce-clock",
    reason: "the nonce is too far from the signer's clock",
    stage: "content",
    profile: "both",
    refuses: content.isFarFromClock,
  },
  {
    id: "content.nonce-order",
    reason: "the nonce is older than what this client had signed before",
    stage: "content",
    profile: "both",
    refuses: content.isOlderThanSigned,
  },
  {
    id: "content.result",
    reason: "the answer has neither success nor failure",
    stage: "content",
    profile: "response",
    refuses: content.saysNothing,
  },
  {
    id: "content.failure-text",
    reason: "a failure has a text that is not in the table of texts",
    stage: "content",
    profile: "response",
    refuses: content.speaksFreely,
  },
  {
    id: "content.failure-place",
    reason: "a failure names a field that the request of this method does not have",
    stage: "content",
    profile: "response",
    refuses: content.namesNoField,
  },
  {
    id: "content.invoice",
    reason: "an invoice cannot be judged, and reads as an address elsewhere",
    stage: "content",
    profile: "response",
    refuses: content.offersInvoice,
  },
  {
    id: "content.address",
    reason: "the address is no native segwit key address of this network",
    stage: "content",
    profile: "response",
    refuses: content.hasWrongAddress,
  },
  {
    id: "content.node",
    reason: "a node in the answer is not this node, or none is in it",
    stage: "content",
    profile: "response",
    refuses: content.namesAnotherNode,
  },
  {
    id: "content.fund-money",
    reason: "the least deposit is above the one that GetCfg says",
    stage: "content",
    profile: "response",
    refuses: content.asksTooMuch,
  },
  {
    id: "meaning.address",
    reason: "the address is none that this wallet hands out now",
    stage: "meaning",
    profile: "response",
    refuses: meaning.hasForeignAddress,
  },
  {
    id: "meaning.address-steps",
    reason: "the highest address has moved as far as it may in a day",
    stage: "meaning",
    profile: "response",
    refuses: meaning.movesTooFar,
  },
  {
    id: "meaning.advertised",
    reason: "hosts, limits or fees are not the configured ones",
    stage: "meaning",
    profile: "response",
    refuses: meaning.advertisesOther,
  },
] as const satisfies readonly (Omit<PolicyRule, "id"> & { readonly id: string })[];

const FORM_RULES: readonly PolicyRule[] = Object.entries(FORM_REASONS).map(([id, reason]) => ({
  // The keys of a Record are its type's; Object.entries forgets it.
  id: id as FormRuleId,
  reason,
  stage: "form",
  profile: "both",
  refuses: ({ form }) => form?.broken?.rule === id,
}));

const ofStage = (stage: RuleStage): readonly PolicyRule[] => OTHER_RULES.filter((rule) => rule.stage === stage);

/** All rules, in the order in which they are asked. The first that refuses is the one that is named. */
export const POLICY_RULES: readonly PolicyRule[] = [
  ...ofStage("budget"),
  ...ofStage("ask"),
  ...FORM_RULES,
  ...ofStage("content"),
  ...ofStage("meaning"),
];
