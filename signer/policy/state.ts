import type { Network } from "../../core/network.ts";
import { type AddressWindow, openAddresses } from "./addresses.ts";
import { budgetDay, budgetOf, type ClientState, countSignature, newClient, type Spending, spend } from "./budget.ts";
import { SUMMED_EVERY_MS } from "./limits.ts";
import type { PolicyConfig } from "./settings.ts";

/** What the policy remembers. Read by the rules, changed by the functions of this file alone. */
export interface PolicyState {
  readonly clients: Map<string, ClientState>;
  /** Undefined without accounts.json. */
  readonly addresses: AddressWindow | undefined;
  /** The UTC day in which the highest address moved last, and where it was when that day began. */
  addressDay: number;
  addressFrom: number;
}

/** What has to outlive the process, in a form for JSON. */
export interface SavedState {
  /** -1 before the first address. */
  readonly highestAddress: number;
  readonly addressDay: number;
  readonly addressFrom: number;
  readonly clients: Readonly<Record<string, SavedClient>>;
}

export interface SavedClient {
  /** Decimal; "0" before the first. */
  readonly nonce: string;
  readonly day: number;
  readonly signed: number;
  readonly paused: boolean;
}

/** What a decision changes, once it is taken. */
export interface StateChange {
  readonly client: string;
  readonly spending: Spending;
  readonly nonce: bigint | undefined;
  readonly addressIndex: number | undefined;
}

/** Takes about 40 microseconds for each address of the window. */
export function openState(config: PolicyConfig, network: Network, nowMs: number, saved?: SavedState): PolicyState {
  const clients = Object.entries(saved?.clients ?? {}).map(([name, { nonce, ...kept }]) => {
    const client = newClient(budgetOf(config, name), nowMs);
    return [name, { ...client, ...kept, highestNonce: BigInt(nonce) }] as const;
  });
  const addresses = openWindow(config, network, saved?.highestAddress ?? -1);
  return {
    clients: new Map(clients),
    addresses,
    addressDay: saved?.addressDay ?? budgetDay(nowMs),
    addressFrom: Math.max(saved?.addressFrom ?? -1, firstAddress(config) - 1),
  };
}

/** The lowest index that is still to come, by configuration. */
function firstAddress({ meaning }: PolicyConfig): number {
  return meaning?.addressesFrom ?? 0;
}

function openWindow(config: PolicyConfig, network: Network, kept: number): AddressWindow | undefined {
  const { meaning } = config;
  if (meaning === undefined) return undefined;
  const { accountKey, addressesAhead: ahead, addressesBehind: behind } = meaning;
  return openAddresses(accountKey, network, { ahead, behind, highest: Math.max(kept, firstAddress(config) - 1) });
}

/** At once after the decision, before the next one is taken: two of one batch must not pass on the same token. */
export function applyChange(state: PolicyState, { client, spending, nonce, addressIndex }: StateChange): void {
  let used = state.clients.get(client);
  if (used === undefined) {
    used = newClient(spending.budget, spending.nowMs);
    state.clients.set(client, used);
  }
  spend(used, spending);
  remember(state, used, spending.nowMs, nonce, addressIndex);
}

/** One record of the audit log, at start: what was signed after the state was last saved. */
export interface SignedRecord {
  readonly client: string;
  readonly atMs: number;
  readonly nonce: bigint | undefined;
  readonly addressIndex: number | undefined;
}

/** In the order of the log. */
export function replaySigned(state: PolicyState, config: PolicyConfig, record: SignedRecord): void {
  const { client, atMs, nonce, addressIndex } = record;
  let used = state.clients.get(client);
  if (used === undefined) {
    used = newClient(budgetOf(config, client), atMs);
    state.clients.set(client, used);
  }
  countSignature(used, atMs);
  remember(state, used, atMs, nonce, addressIndex);
}

function remember(
  state: PolicyState,
  client: ClientState,
  atMs: number,
  nonce: bigint | undefined,
  addressIndex: number | undefined,
): void {
  if (nonce !== undefined && nonce > client.highestNonce) client.highestNonce = nonce;
  if (addressIndex === undefined || state.addresses === undefined || addressIndex <= state.addresses.highest) return;
  // Set back, a clock does not give a new day of steps.
  if (budgetDay(atMs) > state.addressDay) {
    state.addressDay = budgetDay(atMs);
    state.addressFrom = state.addresses.highest;
  }
  state.addresses.advance(addressIndex);
}

/** A person says which address comes next: what lnd says, where somebody has walked past it. The day begins anew. */
export function setNextAddress(state: PolicyState, next: number): void {
  state.addresses?.restart(next - 1);
  state.addressFrom = next - 1;
}

/**
 * Clients that a wrong clock let sign so far ahead that nothing of now passes, or in a day that has not come: their
 * order, or their day, waits for that time.
 */
export function clientsAhead({ clients, addressDay }: PolicyState, config: PolicyConfig, nowMs: number): string[] {
  const latest = BigInt(nowMs + config.nonceWindowMs) * 1_000n;
  const today = budgetDay(nowMs);
  const ahead = ({ highestNonce, day, atMs }: ClientState): boolean =>
    highestNonce > latest || day > today || atMs > nowMs + config.nonceWindowMs || addressDay > today;
  return [...clients].filter(([, client]) => ahead(client)).map(([name]) => name);
}

/** A person says that the clock was wrong and is right: nothing counts as later than now. No day is given anew. */
export function setBackState(state: PolicyState, nowMs: number): void {
  const nonce = BigInt(nowMs) * 1_000n;
  const today = budgetDay(nowMs);
  for (const client of state.clients.values()) {
    if (client.highestNonce > nonce) client.highestNonce = nonce;
    client.day = Math.min(client.day, today);
    client.atMs = Math.min(client.atMs, nowMs);
  }
  state.addressDay = Math.min(state.addressDay, today);
}

export function saveState({ clients, addresses, addressDay, addressFrom }: PolicyState): SavedState {
  const kept = [...clients].map(
    ([name, { highestNonce, day, signed, paused }]) =>
      [name, { nonce: highestNonce.toString(), day, signed, paused }] as const,
  );
  return {
    highestAddress: addresses?.highest ?? -1,
    addressDay,
    addressFrom,
    clients: Object.fromEntries(kept),
  };
}

/** After a pause for too many refusals. */
export function resumeClient(state: PolicyState, client: string): void {
  const used = state.clients.get(client);
  if (used === undefined) return;
  used.paused = false;
  used.judged = 0;
  used.refused = 0;
}

/** Refusals that got no record of their own. */
export interface SummedRefusals {
  readonly client: string;
  readonly fromMs: number;
  readonly count: number;
  readonly rules: Readonly<Record<string, number>>;
}

/** What is due as one record a client and second; with `all`, at the end, what is left too. Forgets what it returns. */
export function takeSummed(state: PolicyState, nowMs: number, all = false): SummedRefusals[] {
  const due: SummedRefusals[] = [];
  for (const [client, used] of state.clients) {
    const passed = Math.abs(nowMs - used.summedFromMs);
    if (used.summed.size === 0 || (!all && passed < SUMMED_EVERY_MS)) continue;
    const count = [...used.summed.values()].reduce((sum, one) => sum + one, 0);
    due.push({ client, fromMs: used.summedFromMs, count, rules: Object.fromEntries(used.summed) });
    used.summed.clear();
  }
  return due;
}
