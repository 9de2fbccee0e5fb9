import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { type CheckpointRecord, eventLine } from "./record.ts";

/** Signs checkpoints, and nothing else: another key than the node's, so that neither can stand in for the other. */
export interface AuditKey {
  /** Ed25519, 32 bytes, hex. */
  readonly publicKey: string;
  sign(message: Uint8Array): Buffer;
}

/** Before the line in what is signed: the audit key's signature means a checkpoint and can mean nothing else. */
const DOMAIN = "btc-lsp signer audit checkpoint v1\n";

/** The line of a checkpoint, signed if there is a key. */
export function checkpointLine(record: Omit<CheckpointRecord, "key" | "signature">, key: AuditKey | undefined): string {
  if (key === undefined) return eventLine(record);
  const unsigned = { ...record, key: key.publicKey };
  return eventLine({ ...unsigned, signature: key.sign(signedBytes(unsigned)).toString("hex") });
}

/** True if the checkpoint carries a signature of this public key (hex) that holds. */
export function checkpointHolds(record: CheckpointRecord, publicKey: string): boolean {
  const { signature, ...unsigned } = record;
  if (signature === undefined || record.key !== publicKey) return false;
  return verify(null, signedBytes(unsigned), publicKeyOf(publicKey), Buffer.from(signature, "hex"));
}

/** A new key as a PEM file's text (PKCS #8). */
export function newAuditKey(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();
}

/** The key of a PEM file; undefined if it holds none. */
export function parseAuditKey(pem: string): AuditKey | undefined {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return undefined;
  }
  if (key.asymmetricKeyType !== "ed25519") return undefined;
  const x = createPublicKey(key).export({ format: "jwk" }).x ?? "";
  return {
    publicKey: Buffer.from(x, "base64url").toString("hex"),
    sign: (message) => sign(null, message, key),
  };
}

function signedBytes(unsigned: CheckpointRecord): Buffer {
  return Buffer.from(`${DOMAIN}${eventLine(unsigned)}`, "latin1");
}

let last: { readonly hex: string; readonly key: KeyObject } | undefined;

/** A log has one key and thousands of checkpoints: the object is made once. */
function publicKeyOf(hex: string): KeyObject {
  if (last?.hex !== hex) {
    const x = Buffer.from(hex, "hex").toString("base64url");
    last = { hex, key: createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } }) };
  }
  return last.key;
}
