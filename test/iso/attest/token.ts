import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export const TOKEN_TYPE = "sk-ssh-ed25519@openssh.com";
const APPLICATION = "ssh:";

/** The bits of a token's flags: WebAuthn, 6.1. */
export const FLAGS = { none: 0x00, touched: 0x01, verified: 0x04 } as const;

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest();
const string = (bytes: Buffer | string): Buffer => {
  const content = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
};

/** A FIDO token in software: it signs as OpenSSH's PROTOCOL.u2f says, with the flags that it is told. */
export interface Token {
  /** Type and key, as they stand in a `.pub` file. */
  readonly line: string;
  readonly blob: Buffer;
  /** An armoured signature of PROTOCOL.sshsig over a text. */
  sign(text: Buffer, namespace: string, flags: number): string;
}

export function newToken(): Token {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const blob = Buffer.concat([string(TOKEN_TYPE), string(point), string(APPLICATION)]);
  return {
    line: `${TOKEN_TYPE} ${blob.toString("base64")}`,
    blob,
    sign: (text, namespace, flags) => armoured(signed(privateKey, blob, text, namespace, flags)),
  };
}

function signed(key: KeyObject, blob: Buffer, text: Buffer, namespace: string, flags: number): Buffer {
  const head = [string(namespace), string(""), string("sha512")];
  const digest = createHash("sha512").update(text).digest();
  const message = Buffer.concat([Buffer.from("SSHSIG"), ...head, string(digest)]);
  // Flags, then a counter of four bytes.
  const told = Buffer.from([flags, 0, 0, 0, 7]);
  const bytes = sign(undefined, Buffer.concat([sha256(Buffer.from(APPLICATION)), told, sha256(message)]), key);
  const signature = Buffer.concat([string(TOKEN_TYPE), string(bytes), told]);
  return Buffer.concat([Buffer.from("SSHSIG\0\0\0\x01", "latin1"), string(blob), ...head, string(signature)]);
}

/** Lines of 70 characters, as ssh-keygen writes them. */
export function armoured(blob: Buffer): string {
  const lines = blob.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN SSH SIGNATURE-----", ...lines, "-----END SSH SIGNATURE-----", ""].join("\n");
}
