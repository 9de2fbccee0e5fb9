import type { Secret } from "../../core/secret.ts";

// How each input of the mix becomes bytes. Only the ceremony id has no fixed width in the preimages of the hashes, so
// each of them has exactly one reading. A wrong width is a mistake of the program, never of a person: it throws.

/** One round of one ceremony: what every commitment is about. */
export interface Round {
  /** The id that the people gave the ceremony. */
  readonly ceremonyId: string;
  /** 1 to 255; this version has round 1 only. */
  readonly round: number;
}

export const SHARE_BYTES = 32;
export const BLIND_BYTES = 32;

/** The UTF-8 bytes of the id, without a length before or a zero after them. */
export function idBytes(ceremonyId: string): Buffer {
  // A lone surrogate has no UTF-8 form: Node would write U+FFFD and two ids would give the same bytes.
  if (ceremonyId === "" || !ceremonyId.isWellFormed()) throw new RangeError("mix: the ceremony id is not a text");
  return Buffer.from(ceremonyId, "utf8");
}

/** The round number as one byte. */
export function roundByte(round: number): Buffer {
  if (!Number.isInteger(round) || round < 1 || round > 255) throw new RangeError("mix: the round is not 1 to 255");
  return Buffer.of(round);
}

/** The 32 bytes that 64 lower-case hex digits stand for. */
export function hashBytes(hex: string): Buffer {
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new RangeError("mix: the hash is not 64 lower-case hex digits");
  return Buffer.from(hex, "hex");
}

/** The live bytes of a secret that must have this width. */
export function fixedBytes(secret: Secret, width: number, name: string): Buffer {
  if (secret.length !== width) throw new RangeError(`mix: the ${name} is not ${width} bytes`);
  return secret.bytes;
}
