import { isLoopback } from "../../core/hosts.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { type ClientError, fault } from "./fault.ts";

/** Where the LSP is and how the way there is secured. */
export interface LspPlace {
  readonly host: string;
  readonly port: number;
  /** What stands in the `:authority` header. */
  readonly authority: string;
  readonly tls: TlsTrust | undefined;
}

/** Which TLS certificates are trusted. Answers are verified by signature regardless. */
export interface TlsTrust {
  /** PEM: the LSP's own certificate or its authority's. Without it, the authorities that Node comes with. */
  readonly certificate?: string;
  /** The name in the certificate, where it is not the address' host. */
  readonly serverName?: string;
}

/**
 * Takes `HOST:PORT` apart; an IPv6 address stands in brackets. `plaintext-loopback` is refused for an address that is
 * not of this machine: the answer would be signed all the same, but who asks what would be everybody's to read, and a
 * request's signature could be taken and used first.
 */
export function parsePlace(address: string, tls: TlsTrust | "plaintext-loopback"): Result<LspPlace, ClientError> {
  const [, bracketed, plain, digits = ""] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(address) ?? [];
  const [host, port] = [bracketed ?? plain, Number(digits)];
  if (host === undefined || port < 1 || port > 65_535) return fail(fault("client_address", address));
  if (tls === "plaintext-loopback" && !isThisMachine(host)) return fail(fault("client_plaintext", address));
  return ok({ host, port, authority: address, tls: tls === "plaintext-loopback" ? undefined : tls });
}

/** A name may resolve to anything; `localhost` is this machine by RFC 6761 6.3. */
function isThisMachine(host: string): boolean {
  return host === "localhost" || isLoopback(host);
}
