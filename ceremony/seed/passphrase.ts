import { fail, ok, type Result } from "../../core/result.ts";
import type { Secret } from "../../core/secret.ts";
import { PASSPHRASE_MAX } from "../limits.ts";

/** lnd `aezeed.defaultPassphrase`: what an empty passphrase means, in both directions. Public, so no Secret. */
export const DEFAULT_PASSPHRASE = Buffer.from("aezeed");

export interface PassphraseRules {
  /** Whether the seed may go without a passphrase, that is: under the one that everybody knows. */
  readonly mayBeDefault: boolean;
}

export type CipherPassphraseError = {
  readonly code:
    | "passphrase_empty"
    | "passphrase_default"
    | "passphrase_not_ascii"
    | "passphrase_space"
    | "passphrase_blanks"
    | "passphrase_long";
};

const SPACE = 0x20;
const TILDE = 0x7e;

/**
 * Checks a passphrase that a new seed gets.
 *
 * aezeed takes any bytes and neither trims nor normalises: the two Unicode forms of one letter are two passphrases, and
 * so is a space at the end that no paper shows. Printable ASCII without outer spaces is what all keyboards type alike.
 * An existing seed may have anything: `decipher` does not ask here.
 */
export function checkNewPassphrase(
  passphrase: Secret,
  policy: PassphraseRules,
): Result<undefined, CipherPassphraseError> {
  const bytes = passphrase.bytes;
  if (!bytes.every((byte) => byte >= SPACE && byte <= TILDE)) return fail({ code: "passphrase_not_ascii" });
  if (bytes[0] === SPACE || bytes.at(-1) === SPACE) return fail({ code: "passphrase_space" });
  if (bytes.includes("  ")) return fail({ code: "passphrase_blanks" });
  if (bytes.length > PASSPHRASE_MAX) return fail({ code: "passphrase_long" });
  if (!policy.mayBeDefault && bytes.length === 0) return fail({ code: "passphrase_empty" });
  if (!policy.mayBeDefault && bytes.equals(DEFAULT_PASSPHRASE)) return fail({ code: "passphrase_default" });
  return ok(undefined);
}
