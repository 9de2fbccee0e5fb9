import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { fail, ok, type Result } from "./result.ts";

/** From when to when every certificate of a chain holds, in milliseconds since 1970. */
export interface PairValidity {
  readonly from: number;
  readonly to: number;
}

const DAY_MS = 86_400_000;
const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * A certificate chain in PEM and the private key of its first certificate. OpenSSL keeps a slot for each type of key in a
 * context, so a context takes an RSA key beside an EC certificate and fails in every handshake: the pair is asked for
 * itself (`X509_check_private_key`).
 *
 * @returns what is wrong with it, in words
 */
export function readPair(certificate: string, privateKey: string | Buffer): Result<PairValidity, string> {
  const validity = validityOf(certificate);
  if (validity === undefined) return fail("no certificate in PEM");
  try {
    const key = createPrivateKey(privateKey);
    if (!new X509Certificate(certificate).checkPrivateKey(key)) return fail("the key is not the certificate's");
  } catch {
    // OpenSSL's words for a file that is none differ from version to version, and may quote it.
    return fail("no private key in PEM");
  }
  try {
    createSecureContext({ cert: certificate, key: privateKey });
    return ok(validity);
  } catch (error) {
    return fail(error instanceof Error && "code" in error ? String(error.code) : "refused by OpenSSL");
  }
}

/** Undefined: no certificate, or one in the chain is none. */
export function validityOf(chain: string): PairValidity | undefined {
  const blocks = chain.match(BLOCK) ?? [];
  if (blocks.length === 0) return undefined;
  try {
    const all = blocks.map((block) => new X509Certificate(block));
    return {
      from: Math.max(...all.map(({ validFrom }) => Date.parse(validFrom))),
      to: Math.min(...all.map(({ validTo }) => Date.parse(validTo))),
    };
  } catch {
    // Between the two lines is something else.
    return undefined;
  }
}

/** What is wrong with its time, as a code of both programs' registries. @param now milliseconds since 1970 */
export function untimely({ from, to }: PairValidity, now: number): "tls_expired" | "tls_not_yet" | undefined {
  if (now > to) return "tls_expired";
  return now < from ? "tls_not_yet" : undefined;
}

/** Negative when it is over. */
export function daysLeft({ to }: PairValidity, now: number): number {
  return (to - now) / DAY_MS;
}
