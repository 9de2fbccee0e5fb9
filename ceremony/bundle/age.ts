import { createCipheriv, createHmac, diffieHellman } from "node:crypto";
import { Secret } from "../../core/secret.ts";
import { hkdfSha256 } from "../mix/hkdf.ts";
import { pointOf, privateKeyOf, publicKeyOf } from "../table/recipient.ts";

// The age v1 file format (age-encryption.org/v1, C2SP age.md): one X25519 recipient, one chunk, armor.

/** What other writers of age draw at random. Here all of it is derived, so that a file has no room for anything else. */
export interface AgeRandomness {
  /** 16 bytes. */
  readonly fileKey: Secret;
  /** 16 bytes. */
  readonly nonce: Secret;
  /** 32 bytes, an X25519 scalar. */
  readonly ephemeral: Secret;
}

/** "Chunks of 64 KiB": a payload of one chunk is all that is written here. */
const CHUNK_BYTES = 65_536;
const INTRO = "age-encryption.org/v1";
const ARMOR = ["-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"] as const;
const ARMOR_COLUMNS = /.{1,64}/g;

/**
 * Encrypts to one recipient: the armored file. The same arguments give the same text. All secrets stay with the caller.
 *
 * @param recipient 32 bytes, checked by `parseRecipient`
 */
export function encryptAge(plaintext: Secret, recipient: Uint8Array, random: AgeRandomness): string {
  const { fileKey, nonce, ephemeral } = random;
  // Another width would still encrypt, to a file that no reader opens.
  if (fileKey.length !== 16 || nonce.length !== 16 || ephemeral.length !== 32)
    throw new RangeError("age: a file key, nonce or ephemeral secret of another width");
  if (plaintext.length === 0 || plaintext.length > CHUNK_BYTES) throw new RangeError("age: not one chunk");
  const head = `${INTRO}\n${stanza(fileKey, recipient, ephemeral)}---`;
  const macKey = hkdfSha256(new Uint8Array(0), fileKey, ascii("header"), 32);
  const mac = createHmac("sha256", macKey.bytes).update(head).digest();
  // "payload key = HKDF(ikm = file key, salt = nonce, info = payload)"; the chunk's nonce is an 11-byte counter and a
  // byte that is 1 on the last chunk.
  const payloadKey = hkdfSha256(nonce.bytes, fileKey, ascii("payload"), 32);
  const chunk = sealed(payloadKey, Buffer.from("000000000000000000000001", "hex"), plaintext);
  macKey.wipe();
  payloadKey.wipe();
  const file = Buffer.concat([Buffer.from(`${head} ${unpadded(mac)}\n`), nonce.bytes, chunk]);
  const lines = file.toString("base64").match(ARMOR_COLUMNS) ?? [];
  return `${[ARMOR[0], ...lines, ARMOR[1]].join("\n")}\n`;
}

/** "-> X25519 share", then the file key under HKDF(ikm = shared secret, salt = share || recipient). */
function stanza(fileKey: Secret, recipient: Uint8Array, ephemeral: Secret): string {
  const privateKey = privateKeyOf(ephemeral.bytes);
  const share = pointOf(privateKey);
  const shared = Secret.take(diffieHellman({ privateKey, publicKey: publicKeyOf(recipient) }));
  const wrapKey = hkdfSha256(Buffer.concat([share, recipient]), shared, ascii(`${INTRO}/X25519`), 32);
  const body = sealed(wrapKey, Buffer.alloc(12), fileKey);
  shared.wipe();
  wrapKey.wipe();
  return `-> X25519 ${unpadded(share)}\n${unpadded(body)}\n`;
}

/** ChaCha20-Poly1305 (RFC 8439), the tag at the end. */
function sealed(key: Secret, nonce: Buffer, plaintext: Secret): Buffer {
  const cipher = createCipheriv("chacha20-poly1305", key.bytes, nonce, { authTagLength: 16 });
  return Buffer.concat([cipher.update(plaintext.bytes), cipher.final(), cipher.getAuthTag()]);
}

const ascii = (text: string): Buffer => Buffer.from(text, "ascii");
const unpadded = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");
