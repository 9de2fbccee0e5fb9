import { createHash } from "node:crypto";
import type { Secret } from "../../core/secret.ts";
import { ENTROPY_BYTES, SALT_BYTES } from "../seed/aezeed.ts";
import { BLIND_BYTES, fixedBytes, idBytes, type Round, roundByte, SHARE_BYTES } from "./encoding.ts";

// docs/mix.md#formula fixes the bytes. Neither domain string is the beginning of the other, so no input
// of one commitment is an input of the other, whatever the ids are.
const SHARE_DOMAIN = "lsc/commit/v1";
const OUTPUT_DOMAIN = "lsc/out/v1";

/**
 * `C = SHA256("lsc/commit/v1" || id || round || R || blind)`, shown and written down before any die is thrown: the
 * machine can no longer choose its share by the dice.
 *
 * @param input the share `R` and the blind, 32 bytes each. They stay with the caller.
 * @returns 64 lower-case hex digits, public. The blind keeps them from telling anything of the share.
 */
export function commitShare(input: Round & { readonly share: Secret; readonly blind: Secret }): string {
  return commitment(SHARE_DOMAIN, input, [
    fixedBytes(input.share, SHARE_BYTES, "machine share"),
    fixedBytes(input.blind, BLIND_BYTES, "blind"),
  ]);
}

/**
 * `K = SHA256("lsc/out/v1" || id || round || entropy || salt || blind)`, the commitment to what the mix gave: of several
 * rounds it is written down beside the node id before a die chooses the round that is kept.
 *
 * @param input entropy of 16 bytes, aezeed salt of 5, and the blind of `commitShare`. They stay with the caller.
 * @returns 64 lower-case hex digits, public.
 */
export function commitOutput(
  input: Round & { readonly entropy: Secret; readonly salt: Secret; readonly blind: Secret },
): string {
  return commitment(OUTPUT_DOMAIN, input, [
    fixedBytes(input.entropy, ENTROPY_BYTES, "entropy"),
    fixedBytes(input.salt, SALT_BYTES, "salt"),
    fixedBytes(input.blind, BLIND_BYTES, "blind"),
  ]);
}

function commitment(domain: string, round: Round, parts: readonly Buffer[]): string {
  const hash = createHash("sha256")
    .update(domain, "ascii")
    .update(idBytes(round.ceremonyId))
    .update(roundByte(round.round));
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
