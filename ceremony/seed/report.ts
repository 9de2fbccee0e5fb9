import type { Network } from "../../core/network.ts";
import { AEZEED_VERSION, type CipherSeed } from "./aezeed.ts";
import { birthdayDate, birthdayUnix } from "./birthday.ts";
import { walletIdentity } from "./derivation.ts";

/** What is public of a seed: the fields of `ceremony inspect --json` and of `node.json`, in their order. */
export interface SeedReport {
  readonly version: number;
  readonly internalVersion: number;
  readonly birthdayDays: number;
  readonly birthdayDate: string;
  readonly birthdayUnix: number;
  readonly masterFingerprint: string;
  readonly network: Network;
  readonly nodeId: string;
}

/** Reports a deciphered seed as lnd will show it on `network`. */
export function seedReport(seed: CipherSeed, network: Network): SeedReport {
  return publicReport({ ...walletIdentity(seed.entropy, network), ...seed }, network);
}

/** The same from what is public of a seed, where the seed itself is not known any more. */
export function publicReport(
  keys: Pick<SeedReport, "nodeId" | "masterFingerprint" | "birthdayDays" | "internalVersion">,
  network: Network,
): SeedReport {
  const { internalVersion, birthdayDays, masterFingerprint, nodeId } = keys;
  return {
    version: AEZEED_VERSION,
    internalVersion,
    birthdayDays,
    birthdayDate: birthdayDate(birthdayDays),
    birthdayUnix: birthdayUnix(birthdayDays),
    masterFingerprint,
    network,
    nodeId,
  };
}
