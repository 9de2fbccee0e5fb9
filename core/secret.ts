import { timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

/**
 * Bytes that must never be printed: the phrase, the passphrase, entropy, keys.
 *
 * A class, where a function would usually do, because only a private field keeps the bytes out of `JSON.stringify`,
 * template strings and `util.inspect` at once. The Buffer is not from Node's shared pool (`Buffer.alloc` never is), so
 * wiping it wipes the only copy that this type made.
 */
export class Secret {
  readonly #bytes: Buffer;

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Copies `source` into memory of its own. The source stays with the caller, who wipes it. */
  static copyOf(source: Uint8Array): Secret {
    const bytes = Buffer.alloc(source.length);
    bytes.set(source);
    return new Secret(bytes);
  }

  /** Copies `source` into memory of its own and overwrites the source with zeros. */
  static take(source: Uint8Array): Secret {
    const secret = Secret.copyOf(source);
    source.fill(0);
    return secret;
  }

  /** The live bytes, not a copy: gone after `wipe`. Never turn them into a string. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** Constant-time comparison; only the lengths may show in the timing. */
  equals(other: Secret): boolean {
    return this.length === other.length && timingSafeEqual(this.#bytes, other.#bytes);
  }

  /** Overwrites the bytes with zeros. May be called more than once. */
  wipe(): void {
    this.#bytes.fill(0);
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}
