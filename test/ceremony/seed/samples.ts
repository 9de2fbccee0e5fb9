import assert from "node:assert/strict";
import fc from "fast-check";
import { type CipherSeed, encipher } from "../../../ceremony/seed/aezeed.ts";
import type { Result } from "../../../core/result.ts";
import { Secret } from "../../../core/secret.ts";

/** scrypt's N in lnd's own unit tests: fast, and as good for everything that is not scrypt. */
export const FAST = { scryptN: 16 } as const;

/** A phrase that lnd's `GenSeed` could have made: internal version 1, no passphrase (chantools' itest). */
export const SAMPLE_WORDS =
  "about wolf boost other battle asthma refuse wedding few purchase track one " +
  "smooth tunnel immune glass infant tag manual multiply diagram orient wrist agent";

export function textSecret(value: string): Secret {
  return Secret.copyOf(Buffer.from(value));
}

export function hexSecret(value: string): Secret {
  return Secret.copyOf(Buffer.from(value, "hex"));
}

export function toHex(secret: Secret): string {
  return secret.bytes.toString("hex");
}

/** The value of a result that must be one. */
export function okValue<T, E>(result: Result<T, E>): T {
  if (!result.ok) assert.fail(`unexpected error ${JSON.stringify(result.error)}`);
  return result.value;
}

/** The error of a result that must be one. */
export function error<T, E>(result: Result<T, E>): E {
  if (result.ok) assert.fail("there is no error");
  return result.error;
}

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** Any seed that fits the format. */
export const seeds: fc.Arbitrary<CipherSeed> = fc
  .record({
    internalVersion: fc.integer({ min: 0, max: 255 }),
    birthdayDays: fc.integer({ min: 0, max: 65_535 }),
    entropy: bytes(16),
    salt: bytes(5),
  })
  .map((seed) => ({ ...seed, entropy: Secret.copyOf(seed.entropy), salt: Secret.copyOf(seed.salt) }));

/** Any 33 bytes that are a whole phrase. */
export const phrases: fc.Arbitrary<Secret> = seeds.map((seed) => encipher(seed, textSecret(""), FAST));

/** Anything that the ceremony takes as a passphrase, the empty one too. */
export const passphrases: fc.Arbitrary<string> = fc
  .string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 64 })
  .map((typed) => typed.trim().replaceAll(/ +/g, " "));
