import { SHARE_DECISIONS_MIN, SHARE_WINDOW_MS } from "./limits.ts";
import type { Budget, PolicyConfig } from "./settings.ts";
import type { Subject } from "./subject.ts";

const DAY_MS = 86_400_000;

/** What one client has used. Changed by `spend` alone. */
export interface ClientState {
  /** Requests that it may make now, at `atMs`. */
  requests: number;
  /** Refusals that may be recorded one by one now, at `atMs`. */
  refusals: number;
  atMs: number;
  /** UTC days since the Unix epoch, and signatures in that day. */
  day: number;
  signed: number;
  /** Decisions since `shareFromMs`, and how many of them were refusals. */
  shareFromMs: number;
  judged: number;
  refused: number;
  paused: boolean;
  /** Of all that it had signed, microseconds since the Unix epoch. */
  highestNonce: bigint;
  /** Refusals that have no record yet, by rule, since `summedFromMs`. */
  readonly summed: Map<string, number>;
  summedFromMs: number;
}

export function newClient(budget: Budget, nowMs: number): ClientState {
  return {
    requests: budget.perSecond,
    refusals: budget.refusalsPerSecond,
    atMs: nowMs,
    day: budgetDay(nowMs),
    signed: 0,
    shareFromMs: nowMs,
    judged: 0,
    refused: 0,
    paused: false,
    highestNonce: 0n,
    summed: new Map(),
    summedFromMs: nowMs,
  };
}

export function budgetOf(config: PolicyConfig, client: string): Budget {
  return (Object.hasOwn(config.clients, client) ? config.clients[client] : undefined) ?? config.budget;
}

export function isPaused({ context }: Subject): boolean {
  return context.state.clients.get(context.client)?.paused ?? false;
}

export function isOverRate({ context }: Subject): boolean {
  const { state, client, config, nowMs } = context;
  const used = state.clients.get(client);
  const { perSecond } = budgetOf(config, client);
  return (used === undefined ? perSecond : refilled(used.requests, perSecond, nowMs - used.atMs)) < 1;
}

/** A clock that is set back does not give a new day: the day of the state counts on. */
export function isOverDay({ context }: Subject): boolean {
  const { state, client, config, nowMs } = context;
  const used = state.clients.get(client);
  const signed = used === undefined || budgetDay(nowMs) > used.day ? 0 : used.signed;
  return signed >= budgetOf(config, client).perDay;
}

/** Whether a refusal of now gets a record of its own. */
export function isRecorded({ context }: Subject): boolean {
  const { state, client, config, nowMs } = context;
  const used = state.clients.get(client);
  const { refusalsPerSecond } = budgetOf(config, client);
  return (used === undefined ? refusalsPerSecond : refilled(used.refusals, refusalsPerSecond, nowMs - used.atMs)) >= 1;
}

/** What one decision uses up. */
export interface Spending {
  readonly nowMs: number;
  readonly budget: Budget;
  readonly outcome: "signed" | "recorded" | "summed";
  /** The rule of a refusal. */
  readonly rule: string | undefined;
  /** Whether this refusal counts towards pausing the client; budget refusals do not. */
  readonly share: boolean;
}

export function spend(client: ClientState, { nowMs, budget, outcome, rule, share }: Spending): void {
  const passed = nowMs - client.atMs;
  client.requests = Math.max(0, refilled(client.requests, budget.perSecond, passed) - 1);
  client.refusals = refilled(client.refusals, budget.refusalsPerSecond, passed) - (outcome === "recorded" ? 1 : 0);
  // Set back, a clock gives nothing until it has caught up with what was given before.
  if (passed > 0) client.atMs = nowMs;
  if (outcome === "signed") countSignature(client, nowMs);
  if (outcome === "summed" && rule !== undefined) {
    if (client.summed.size === 0) client.summedFromMs = nowMs;
    client.summed.set(rule, (client.summed.get(rule) ?? 0) + 1);
  }
  if (share && budget.pauseAbove !== undefined) weigh(client, nowMs, budget.pauseAbove, outcome !== "signed");
}

export function countSignature(client: ClientState, nowMs: number): void {
  const day = budgetDay(nowMs);
  if (day > client.day) {
    client.day = day;
    client.signed = 0;
  }
  client.signed += 1;
}

function weigh(client: ClientState, nowMs: number, pauseAbove: number, refused: boolean): void {
  if (Math.abs(nowMs - client.shareFromMs) >= SHARE_WINDOW_MS) {
    client.shareFromMs = nowMs;
    client.judged = 0;
    client.refused = 0;
  }
  client.judged += 1;
  if (refused) client.refused += 1;
  if (client.judged >= SHARE_DECISIONS_MIN && client.refused > pauseAbove * client.judged) client.paused = true;
}

/** A bucket that holds a second's worth. */
function refilled(left: number, perSecond: number, passedMs: number): number {
  return passedMs <= 0 ? left : Math.min(perSecond, left + (perSecond * passedMs) / 1000);
}

/** UTC days since the Unix epoch. */
export function budgetDay(ms: number): number {
  return Math.floor(ms / DAY_MS);
}
