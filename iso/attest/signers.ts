import { createHash } from "node:crypto";
import { fail, ok, type Result } from "../../core/result.ts";
import { isKeyBlob } from "./keyblob.ts";

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
    if (!BUILDER.test(name) || blob.toString("base64") !== key || !isKeyBlob(blob, type))
      return wrong("signers_malformed");
    const fingerprint = `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
    if (signers.some((signer) => signer.name === name)) return wrong("signer_twice");
    if (signers.some((signer) => signer.fingerprint === fingerprint)) return wrong("key_twice");
    signers.push({ name, fingerprint });
  }
  return ok(signers);
}
