import { createHash } from "node:crypto";
import { Secret } from "../../core/secret.ts";
import { DICE_ROLLS_MAX, DICE_ROLLS_MIN } from "../limits.ts";
import { ENTROPY_BYTES, SALT_BYTES } from "../seed/aezeed.ts";
import { fixedBytes, hashBytes, idBytes, type Round, roundByte, SHARE_BYTES } from "./encoding.ts";
import { hkdfSha256 } from "./hkdf.ts";

const MIX_DOMAIN = "lsc/v1";

/** What is derived from a mix. The names stand in the formula as they are here: a new use gets a new label. */
export type MixLabel = "aezeed-entropy" | "aezeed-salt" | "bundle-file-key" | "bundle-nonce" | "bundle-ephemeral";

/**
 * Both sources of a round and what binds them to the ceremony. The round's number names it and is in both commitments;
 * 5.4 leaves it out of the derivation, where a round of its own has a share and dice of its own.
 */
export interface MixInput extends Round {
  /** SHA-256 of the canonical configuration, 64 lower-case hex digits. */
  readonly configHash: string;
  /** `R`, 32 bytes from the operating system. */
  readonly share: Secret;
  /** `D`, the throws in the order they were made, ASCII digits 1 to 6. */
  readonly dice: Secret;
}

/**
 * Entropy (16 bytes) and aezeed salt (5 bytes) of a round, docs/mix.md#formula. The salt comes from the mix too: a
 * program that could choose it could write 40 bits of anything onto the plate.
 *
 * The input stays with the caller, the output is the caller's to wipe.
 */
export function mixSeed(input: MixInput): { readonly entropy: Secret; readonly salt: Secret } {
  return {
    entropy: expandLabel(input, "aezeed-entropy", ENTROPY_BYTES),
    salt: expandLabel(input, "aezeed-salt", SALT_BYTES),
  };
}

/**
 * `HKDF-Expand(HKDF-Extract(SHA256("lsc/v1" || id || configHash), len(R) || R || len(D) || D), label, length)`: any
 * value of a later step, a pure function of what an opened round shows, so that none of them has room for a leak.
 *
 * @param length in bytes, 1 to 8160.
 */
export function expandLabel(input: MixInput, label: MixLabel, length: number): Secret {
  roundByte(input.round);
  const salt = createHash("sha256")
    .update(MIX_DOMAIN, "ascii")
    .update(idBytes(input.ceremonyId))
    .update(hashBytes(input.configHash))
    .digest();
  const keyMaterial = frame(fixedBytes(input.share, SHARE_BYTES, "machine share"), diceBytes(input.dice));
  try {
    return hkdfSha256(salt, keyMaterial, Buffer.from(label, "ascii"), length);
  } finally {
    keyMaterial.wipe();
  }
}

/** Each part after its length as u16 big endian: no byte can move from the share to the dice or back. */
function frame(...parts: readonly Buffer[]): Secret {
  const bytes = Buffer.alloc(parts.reduce((total, part) => total + 2 + part.length, 0));
  let at = 0;
  for (const part of parts) {
    at = bytes.writeUInt16BE(part.length, at);
    at += part.copy(bytes, at);
  }
  return Secret.take(bytes);
}

// Not fewer throws, nor anything but throws, whatever the steps before let pass: without this a mistake elsewhere that
// loses the dice would still give a seed.
function diceBytes(dice: Secret): Buffer {
  const { bytes } = dice;
  const inRange = bytes.length >= DICE_ROLLS_MIN && bytes.length <= DICE_ROLLS_MAX;
  if (!inRange || !bytes.every((digit) => digit >= 0x31 && digit <= 0x36))
    throw new RangeError(`mix: the dice are not ${DICE_ROLLS_MIN} to ${DICE_ROLLS_MAX} digits from 1 to 6`);
  return bytes;
}
