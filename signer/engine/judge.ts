import { hash } from "node:crypto";
import type { Network } from "../../core/network.ts";
import type { AuditEntry, DurableState } from "../audit/record.ts";
import { budgetOf, isRecorded } from "../policy/budget.ts";
import { decide } from "../policy/decide.ts";
import type { PolicyConfig } from "../policy/settings.ts";
import {
  applyChange,
  clientsAhead,
  openState,
  type PolicyState,
  resumeClient,
  type SavedState,
  setBackState,
  setNextAddress,
  takeSummed,
} from "../policy/state.ts";
import type { PolicyContext, SignItem } from "../policy/subject.ts";
import type { Pause } from "./pause.ts";
import type { Judge, JudgeVerdict } from "./pipeline.ts";

export interface JudgeParts {
  readonly nodeId: string;
  readonly network: Network;
  readonly config: PolicyConfig;
  /** What the log says was signed before. */
  readonly durable: DurableState;
  readonly pause: Pause;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** A client's share of refusals went over its limit. */
  readonly onClientPaused: (client: string) => void;
}

/** The policy with its state, and a person's pause before it. */
export interface ServiceJudge extends Judge {
  /** Refusals that were only counted, as the records that are due now; with `all`, those that are not due yet too. */
  summed(all?: boolean): AuditEntry[];
  /** After a person resumed: also clients that their own refusals had paused. */
  resume(): void;
  /** The lowest index that a person may set next; undefined where no addresses are judged. */
  addressFloor(): number | undefined;
  /** The highest index that was signed; -1 before the first. */
  highestAddress(): number;
  /** Clients that a wrong clock let sign ahead of the time, in milliseconds since 1970, so that theirs is refused now. */
  ahead(nowMs: number): readonly string[];
  /** A person's word is on record: nothing counts as later than this time. */
  setBack(nowMs: number): void;
  /** A person's word is on record: the window begins there. */
  setNextAddress(next: number): void;
}

/** Not a rule of the policy: the frame is not looked at. */
const PAUSED_RULE = "signer.paused";
const PAUSED_REASON = "signing is paused by a person";

/** Of records that stand for many frames. */
const NO_DIGEST = new Uint8Array(32);

export function openJudge(parts: JudgeParts): ServiceJudge {
  const { nodeId, network, config, pause, clock } = parts;
  const state = openState(config, network, clock(), savedOf(parts.durable, pause.clients()));
  const contextOf = (client: string): PolicyContext => ({ nodeId, network, nowMs: clock(), client, config, state });
  return {
    decide(client, item) {
      const context = contextOf(client);
      if (pause.since() !== undefined) return refusePaused(item, context);
      const decision = decide(item, context);
      const pausedBefore = state.clients.get(client)?.paused ?? false;
      applyChange(state, decision.next);
      if (!pausedBefore && state.clients.get(client)?.paused === true) {
        pause.pauseClient(client);
        parts.onClientPaused(client);
      }
      if (decision.kind === "sign") {
        const { nonce, addressIndex } = decision.next;
        return { kind: "sign", digest: decision.digest, nonce, addressIndex };
      }
      const { rule, reason, digest } = decision;
      return { kind: "refuse", rule, reason, entry: refusalEntry(client, item, rule, digest) };
    },
    summed: (all = false) => summedEntries(state, clock(), all),
    resume() {
      for (const client of state.clients.keys()) resumeClient(state, client);
    },
    addressFloor: () => (config.meaning === undefined ? undefined : (config.meaning.addressesFrom ?? 0)),
    highestAddress: () => state.addresses?.highest ?? -1,
    ahead: (nowMs) => clientsAhead(state, config, nowMs),
    setBack: (nowMs) => setBackState(state, nowMs),
    setNextAddress: (next) => setNextAddress(state, next),
  };
}

/** Through the same budget of records as any refusal: a paused signer that is asked on must not fill its disk. */
function refusePaused(item: SignItem, context: PolicyContext): JudgeVerdict {
  const { client, config, nowMs, state } = context;
  const recorded = isRecorded({ item, context, form: undefined });
  applyChange(state, {
    client,
    spending: {
      nowMs,
      budget: budgetOf(config, client),
      outcome: recorded ? "recorded" : "summed",
      rule: PAUSED_RULE,
      share: false,
    },
    nonce: undefined,
    addressIndex: undefined,
  });
  const digest = recorded ? hash("sha256", item.frame, "buffer") : undefined;
  return {
    kind: "refuse",
    rule: PAUSED_RULE,
    reason: PAUSED_REASON,
    entry: refusalEntry(client, item, PAUSED_RULE, digest),
  };
}

function refusalEntry(
  client: string,
  { method }: SignItem,
  rule: string,
  frameDigest: Uint8Array | undefined,
): AuditEntry | undefined {
  return frameDigest === undefined ? undefined : { client, method, frameDigest, decision: "refused", rule };
}

/** One record a client and rule, with how many it stands for. */
function summedEntries(state: PolicyState, nowMs: number, all: boolean): AuditEntry[] {
  return takeSummed(state, nowMs, all).flatMap(({ client, rules }) =>
    Object.entries(rules).map(([rule, count]) => ({
      client,
      method: "",
      frameDigest: NO_DIGEST,
      decision: "refused" as const,
      rule,
      count,
    })),
  );
}

export function savedOf(
  { address, from, day, signed, nonces = {} }: DurableState,
  paused: readonly string[],
): SavedState {
  const names = new Set([...Object.keys(signed), ...Object.keys(nonces), ...paused]);
  const clientOf = (name: string) => ({
    nonce: nonces[name] ?? "0",
    day,
    signed: signed[name] ?? 0,
    paused: paused.includes(name),
  });
  return {
    highestAddress: address,
    addressDay: day,
    addressFrom: from ?? address,
    clients: Object.fromEntries([...names].map((name) => [name, clientOf(name)])),
  };
}
