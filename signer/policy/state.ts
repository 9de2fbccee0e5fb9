import type { Network } from "../../ceremony/seed/network.ts";
import { type AddressWindow, openAddresses } from "./addresses.ts";
import { budgetOf, type ClientState, countSignature, newClient, type Spending, spend } from "./budget.ts";
import { SUMMED_EVERY_MS } from "./limits.ts";
import type { PolicyConfig } from "./settings.ts";

/** What the policy remembers. Read by the rules, changed by the functions of this file alone. */
export interface PolicyState {
  /** Of all that was signed, microseconds since the Unix epoch. */
  highestNonce: bigint;
  readonly clients: Map<string, ClientState>;
  /** Undefined without accounts.json. */
  readonly addresses: AddressWindow | undefined;
}

/** What has to outlive the process, in a form for JSON. */
export interface SavedState {
  readonly highestNonce: string;
  /** -1 before the first address. */
  readonly highestAddress: number;
  readonly clients: Readonly<
    Record<string, { readonly day: number; readonly signed: number; readonly paused: boolean }>
  >;
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
  const clients = Object.entries(saved?.clients ?? {}).map(
    ([name, kept]) => [name, { ...newClient(budgetOf(config, name), nowMs), ...kept }] as const,
  );
  return {
    highestNonce: BigInt(saved?.highestNonce ?? 0),
    clients: new Map(clients),
    addresses: openWindow(config, network, saved?.highestAddress ?? -1),
  };
}

function openWindow({ meaning }: PolicyConfig, network: Network, kept: number): AddressWindow | undefined {
  if (meaning === undefined) return undefined;
  const { accountKey, addressesAhead: ahead, addressesBehind: behind, addressesFrom = 0 } = meaning;
  return openAddresses(accountKey, network, { ahead, behind, highest: Math.max(kept, addressesFrom - 1) });
}

/** At once after the decision, before the next one is taken: two of one batch must not pass on the same token. */
export function applyChange(state: PolicyState, { client, spending, nonce, addressIndex }: StateChange): void {
  let used = state.clients.get(client);
  if (used === undefined) {
    used = newClient(spending.budget, spending.nowMs);
    state.clients.set(client, used);
  }
  spend(used, spending);
  remember(state, nonce, addressIndex);
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
  remember(state, nonce, addressIndex);
}

function remember(state: PolicyState, nonce: bigint | undefined, addressIndex: number | undefined): void {
  if (nonce !== undefined && nonce > state.highestNonce) state.highestNonce = nonce;
  if (addressIndex !== undefined) state.addresses?.advance(addressIndex);
}

export function saveState({ highestNonce, clients, addresses }: PolicyState): SavedState {
  return {
    highestNonce: highestNonce.toString(),
    highestAddress: addresses?.highest ?? -1,
    clients: Object.fromEntries([...clients].map(([name, { day, signed, paused }]) => [name, { day, signed, paused }])),
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
