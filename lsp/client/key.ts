import { hash } from "node:crypto";
import native from "secp256k1/bindings.js";
import { fail, ok, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";
import { openKey } from "../../signer/key/key.ts";
import { type LspStartError, readSecret, refuse } from "../files.ts";
import { type ClientError, fault } from "./fault.ts";

/** The key that requests are signed with: the customer's node, or one that was made for asking only. */
export interface RequestKey {
  /** 33 bytes. It is who the LSP takes the customer for. */
  readonly publicKey: Uint8Array;
  /** DER over the SHA-256 of the whole frame. Never rejects. */
  sign(frame: Uint8Array): Promise<Result<Uint8Array, ClientError>>;
}

/**
 * The private key in a file: 64 hex digits, for nobody else to read.
 *
 * It is for a key of its own, not for a node's: that one stays in lnd, which signs with `lndKey`.
 */
export function readKeyFile(path: string): Result<RequestKey, LspStartError> {
  const text = readSecret(path);
  if (!text.ok) return text;
  const secret = parseHex(text.value);
  text.value.wipe();
  const key = secret === undefined ? undefined : requestKeyOf(secret);
  if (key === undefined) secret?.wipe();
  return key === undefined ? refuse("file_form", `${path}: one private key, 64 hex digits`) : ok(key);
}

/** The key of these 32 bytes, which stay in the Secret; undefined if they are no key. */
export function requestKeyOf(secret: Secret): RequestKey | undefined {
  if (secret.length !== 32 || !native.privateKeyVerify(secret.bytes)) return undefined;
  const publicKey = native.publicKeyCreate(secret.bytes, true);
  const key = openKey(secret, Buffer.from(publicKey).toString("hex"));
  if (!key.ok) return undefined;
  return {
    publicKey,
    sign: (frame) => Promise.resolve(ok(key.value.sign(hash("sha256", frame, "buffer")))),
  };
}

/** What of lnd is needed here (lsp/node). */
export interface SigningNode {
  info(): Promise<Result<{ readonly nodeId: string }, { readonly code: string }>>;
  /** DER, family 6 index 0. */
  signMessage(bytes: Uint8Array): Promise<Result<Uint8Array, { readonly code: string }>>;
}

/** The identity key of an lnd, which signs itself. Its macaroon needs GetInfo and SignMessage. */
export async function lndKey(node: SigningNode): Promise<Result<RequestKey, ClientError>> {
  const info = await node.info();
  if (!info.ok) return fail(fault("client_key", info.error.code));
  return ok({
    publicKey: Buffer.from(info.value.nodeId, "hex"),
    async sign(frame) {
      const signature = await node.signMessage(frame);
      return signature.ok ? signature : fail(fault("client_key", signature.error.code));
    },
  });
}

/** Without a string between, which could not be overwritten. */
function parseHex(text: Secret): Secret | undefined {
  if (text.length !== 64) return undefined;
  const bytes = Buffer.alloc(32);
  for (const [at, character] of text.bytes.entries()) {
    const digit = digitOf(character);
    if (digit === undefined) {
      bytes.fill(0);
      return undefined;
    }
    const byte = at >> 1;
    bytes[byte] = ((bytes[byte] ?? 0) << 4) | digit;
  }
  return Secret.take(bytes);
}

/** Of an ASCII code: 0-9, a-f, A-F. */
function digitOf(character: number): number | undefined {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const letter = character | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}
