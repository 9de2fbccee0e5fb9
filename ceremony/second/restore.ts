import { CipherSeed } from "aezeed";
import type { Network } from "../../core/network.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { deriveAccounts, deriveIdentity, type SecondIdentity } from "./derivation.ts";

/** What the second implementation makes of 24 words. Not the seed: nothing in here is secret. */
export interface Restored extends SecondIdentity {
  readonly internalVersion: number;
  readonly birthdayDays: number;
  /** The moment of the birthday as this implementation computes it, in unix seconds. */
  readonly birthdayUnix: number;
  /** The 259 extended public keys, in the order of `watchOnlyAccounts`. */
  readonly accounts: readonly string[];
}

export type RestoreError = {
  readonly code: "unknown_word" | "bad_version" | "bad_checksum" | "wrong_passphrase" | "unknown_internal_version";
};

/** The messages of npm `aezeed` 0.0.5, which has no codes. */
const CODES: Readonly<Record<string, RestoreError["code"]>> = {
  "Invalid Mnemonic": "unknown_word",
  "Invalid cipherSeedVersion": "bad_version",
  "CRC checksum mismatch": "bad_checksum",
  "Invalid Password": "wrong_passphrase",
};

/** lnd `keychain.IsKnownVersion`: 0 and 1, looked at when the wallet is made. npm `aezeed` looks at no version. */
const INTERNAL_VERSIONS = [0, 1];

/**
 * Restores a seed with npm `aezeed` and the second derivation: the oracle of the tests, and the other voice in the test
 * restore of a ceremony.
 *
 * @param words 24 list words, lower case, one space between: the package takes nothing else. They are a string because
 *   it takes no bytes; this is the one place where a phrase becomes one, in a process that ends right after.
 * @param passphrase as typed. Empty means lnd's default here too, where the package would take it as it is.
 */
export function restoreAgain(words: string, passphrase: string, network: Network): Result<Restored, RestoreError> {
  let seed: CipherSeed;
  try {
    seed = passphrase === "" ? CipherSeed.fromMnemonic(words) : CipherSeed.fromMnemonic(words, passphrase);
  } catch (error) {
    const code = error instanceof Error ? CODES[error.message] : undefined;
    if (code === undefined) throw error;
    return fail({ code });
  }
  if (!INTERNAL_VERSIONS.includes(seed.internalVersion)) return fail({ code: "unknown_internal_version" });
  const { internalVersion, birthday, birthDate, entropy } = seed;
  const identity = deriveIdentity(entropy, network);
  const accounts = deriveAccounts(entropy, network);
  entropy.fill(0);
  return ok({
    internalVersion,
    birthdayDays: birthday,
    birthdayUnix: birthDate.getTime() / 1000,
    ...identity,
    accounts,
  });
}
