import type { AccountKey } from "../policy/addresses.ts";
import {
  type Advertised,
  type Budget,
  DEFAULT_BUDGET,
  DEFAULT_POLICY,
  meaningOf,
  type PolicyConfig,
} from "../policy/settings.ts";
import type { ClientConfig, SignerConfig } from "./config.ts";

/** The policy's settings from the configuration's keys. @param accountKey undefined without accounts.json */
export function policySettings(config: SignerConfig, accountKey: AccountKey | undefined): PolicyConfig {
  const { policy, clients } = config;
  const budget = budgetFrom(policy.budget, DEFAULT_BUDGET);
  // Told nothing at all, a rehearsal signs what the LSP says; whoever knows the wallet or has customers denies by default.
  const mayBeAnything = config.mode === "rehearsal" && accountKey === undefined;
  const own = clients.filter((client) => client.budget !== undefined);
  return {
    profiles: policy.profiles,
    nonceWindowMs: policy["nonce-window-ms"] ?? DEFAULT_POLICY.nonceWindowMs,
    budget,
    clients: Object.fromEntries(own.map((client) => [client.name, budgetFrom(client.budget, budget)])),
    meaning: accountKey === undefined ? undefined : meaningFrom(policy, accountKey),
    advertised: advertisedFrom(policy.advertised) ?? (mayBeAnything ? "any" : undefined),
  };
}

function budgetFrom(keys: ClientConfig["budget"], otherwise: Budget): Budget {
  const pauseAbove = keys?.["pause-above"] ?? otherwise.pauseAbove;
  return {
    perSecond: keys?.["per-second"] ?? otherwise.perSecond,
    perDay: keys?.["per-day"] ?? otherwise.perDay,
    refusalsPerSecond: keys?.["refusals-per-second"] ?? otherwise.refusalsPerSecond,
    ...(pauseAbove === undefined ? {} : { pauseAbove }),
  };
}

function meaningFrom(policy: SignerConfig["policy"], accountKey: AccountKey): PolicyConfig["meaning"] {
  const meaning = meaningOf(accountKey);
  const from = policy["addresses-from"];
  return {
    ...meaning,
    addressesAhead: policy["addresses-ahead"] ?? meaning.addressesAhead,
    addressesBehind: policy["addresses-behind"] ?? meaning.addressesBehind,
    addressesPerDay: policy["addresses-per-day"] ?? meaning.addressesPerDay,
    ...(from === undefined ? {} : { addressesFrom: from }),
  };
}

function advertisedFrom(keys: SignerConfig["policy"]["advertised"]): Advertised | undefined {
  if (keys === undefined) return undefined;
  return {
    nodes: keys.nodes,
    swapIntoLnMinMsat: keys["swap-into-ln-min-msat"],
    swapIntoLnMaxMsat: keys["swap-into-ln-max-msat"],
    swapFromLnMinMsat: keys["swap-from-ln-min-msat"],
    swapFromLnMaxMsat: keys["swap-from-ln-max-msat"],
    feeRate: keys["fee-rate"],
    minFeeMsat: keys["min-fee-msat"],
  };
}
