/** The networks that lnd knows by these names; testnet4 derives as testnet does. */
export const NETWORKS = ["mainnet", "testnet", "signet", "simnet", "regtest"] as const;
export type Network = (typeof NETWORKS)[number];

/**
 * The coin type in `m/1017'/coin'`: 0 on mainnet, 1 everywhere else, simnet too (lnd `config.go` overrides btcd's 115).
 * The on-chain scopes 49', 84' and 86' have coin type 0 on every network.
 */
export function coinType(network: Network): 0 | 1 {
  return network === "mainnet" ? 0 : 1;
}

/** A name from a command line or a file, if it is one of the five. */
export function parseNetwork(name: string): Network | undefined {
  return NETWORKS.find((network) => network === name);
}

/** What people and other programs call the five, and mean one of them. */
const OTHER_NAMES: Readonly<Record<string, Network>> = {
  testnet4: "testnet",
  testnet3: "testnet",
  test: "testnet",
  bitcoin: "mainnet",
  main: "mainnet",
  livenet: "mainnet",
  reg: "regtest",
  sim: "simnet",
};

/** What a network's name has to be, and what to give instead of this one: the end of a sentence about the option. */
export function networkRule(name: string): string {
  return `is one of ${NETWORKS.join(", ")}${networkAdvice(name)}`;
}

/** What to give instead of a name that is none of the five: the end of a sentence, empty if nothing is known of it. */
export function networkAdvice(name: string): string {
  const known = Object.hasOwn(OTHER_NAMES, name.toLowerCase()) ? OTHER_NAMES[name.toLowerCase()] : undefined;
  const network = known ?? parseNetwork(name.toLowerCase());
  if (network === undefined) return "";
  // lnd derives by the coin type alone, which is 1 on every network but mainnet.
  return name.startsWith("testnet") ? ` (${name} has testnet's keys: use testnet)` : ` (use ${network})`;
}
