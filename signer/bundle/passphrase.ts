import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { type Identity, type Recipient, Stanza } from "age-encryption";
import type { Secret } from "../../core/secret.ts";

// age's scrypt stanza (C2SP age.md), as a recipient and an identity of age-encryption: its own take the passphrase as a
// string, which nobody can overwrite, and run scrypt in JavaScript, on the only thread (2^18 on two shared cores: 1.3 s here, 2.3 s there).

const LABEL = "age-encryption.org/v1/scrypt";
const SALT_BYTES = 16;
/** What age itself writes: a second, and 256 MiB. */
const LOG_N = 18;
/** Files of others may ask for more; 2^20 is 1 GiB, and no more is worth a machine that signs. */
const LOG_N_MAX = 20;
const WRAPPED_BYTES = 32;
const NONCE = Buffer.alloc(12);

export class PassphraseRecipient implements Recipient {
  readonly #passphrase: Secret;

  constructor(passphrase: Secret) {
    this.#passphrase = passphrase;
  }

  async wrapFileKey(fileKey: Uint8Array): Promise<Stanza[]> {
    const salt = randomBytes(SALT_BYTES);
    const key = await wrapKey(this.#passphrase, salt, LOG_N);
    const cipher = createCipheriv("chacha20-poly1305", key, NONCE, { authTagLength: 16 });
    const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
    key.fill(0);
    return [new Stanza(["scrypt", unpadded(salt), String(LOG_N)], body)];
  }
}

export class PassphraseIdentity implements Identity {
  readonly #passphrase: Secret;

  constructor(passphrase: Secret) {
    this.#passphrase = passphrase;
  }

  /** Null for another passphrase. "An scrypt stanza must be the only stanza in the header." */
  async unwrapFileKey(stanzas: Stanza[]): Promise<Uint8Array | null> {
    const [stanza, ...others] = stanzas;
    const [type, saltText = "", work = "", ...rest] = stanza?.args ?? [];
    if (stanza === undefined || others.length > 0 || type !== "scrypt" || rest.length > 0) return null;
    const salt = Buffer.from(saltText, "base64");
    const logN = Number(work);
    if (unpadded(salt) !== saltText || salt.length !== SALT_BYTES || stanza.body.length !== WRAPPED_BYTES) return null;
    if (!/^[1-9]\d?$/.test(work) || logN > LOG_N_MAX) return null;
    const key = await wrapKey(this.#passphrase, salt, logN);
    const decipher = createDecipheriv("chacha20-poly1305", key, NONCE, { authTagLength: 16 });
    decipher.setAuthTag(stanza.body.subarray(-16));
    key.fill(0);
    const fileKey = decipher.update(stanza.body.subarray(0, -16));
    try {
      decipher.final();
      return new Uint8Array(fileKey);
    } catch {
      // The tag does not fit: another passphrase.
      fileKey.fill(0);
      return null;
    }
  }
}

function wrapKey(passphrase: Secret, salt: Buffer, logN: number): Promise<Buffer> {
  const options = { N: 2 ** logN, r: 8, p: 1, maxmem: 2 ** logN * 1024 + 2 ** 24 };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.bytes, Buffer.concat([Buffer.from(LABEL), salt]), 32, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

const unpadded = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");
