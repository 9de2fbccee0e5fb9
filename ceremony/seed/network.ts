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
