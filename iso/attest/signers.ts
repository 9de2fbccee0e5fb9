import { createHash } from "node:crypto";
import { fail, ok, type Result } from "../../ceremony/result.ts";

/** Stands in every signature: one that was made for something else is none here. */
export const NAMESPACE = "btc-lsp-attestation";

/** A builder, and the one key that speaks for it. */
export interface Signer {
  readonly name: string;
  /** As `ssh-keygen -l` prints it: `SHA256:` and base64. */
  readonly fingerprint: string;
}

/** The name of a builder is a folder's name too. */
export const BUILDER = /^[a-z][a-z0-9-]{0,30}$/;

/** Keys of today, on a disk or in a token. RSA and ECDSA have parameters that an auditor would have to judge. */
const TYPES = ["ssh-ed25519", "sk-ssh-ed25519@openssh.com"];

/** A line of `allowed_signers` in the one form that is taken here; `ssh-keygen` takes many more. */
const LINE = new RegExp(`^(\\S+) namespaces="${NAMESPACE}" (\\S+) ([A-Za-z0-9+/]+={0,2})(?: \\S.*)?$`);

export interface SignersError {
  readonly code: "signers_malformed" | "signer_twice" | "key_twice";
  /** Counted from 1. */
  readonly line: number;
}

/**
 * Reads the list of who may attest. It is stricter than OpenSSH: no patterns, no lists of names, no authorities, no
 * options, each name and each key once. So three names are three keys, and nobody is two of three.
 */
export function parseSigners(text: string): Result<readonly Signer[], SignersError> {
  const signers: Signer[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const wrong = (code: SignersError["code"]): Result<never, SignersError> => fail({ code, line: at + 1 });
    const [, name = "", type = "", key = ""] = LINE.exec(line) ?? [];
    const blob = Buffer.from(key, "base64");
    if (!BUILDER.test(name) || !TYPES.includes(type) || blob.toString("base64") !== key || !isKey(blob, type))
      return wrong("signers_malformed");
    const fingerprint = `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
    if (signers.some((signer) => signer.name === name)) return wrong("signer_twice");
    if (signers.some((signer) => signer.fingerprint === fingerprint)) return wrong("key_twice");
    signers.push({ name, fingerprint });
  }
  return ok(signers);
}

/** The strings of RFC 4251 that a key is made of; undefined if it is not whole strings. */
function stringsOf(blob: Buffer): Buffer[] | undefined {
  const strings: Buffer[] = [];
  let at = 0;
  while (at + 4 <= blob.length) {
    const end = at + 4 + blob.readUInt32BE(at);
    strings.push(blob.subarray(at + 4, end));
    at = end;
  }
  return at === blob.length ? strings : undefined;
}

/** RFC 8709: the type, then 32 bytes; a token's key has the name of what it is for as a third (OpenSSH's PROTOCOL.u2f). */
function isKey(blob: Buffer, type: string): boolean {
  const [name, point, ...more] = stringsOf(blob) ?? [];
  return name?.toString("latin1") === type && point?.length === 32 && more.length === (type.startsWith("sk-") ? 1 : 0);
}
