import type { LspErrorCode } from "../errors.ts";
import type { ServerRefusal } from "./fault.ts";

interface Advised {
  readonly code: LspErrorCode;
  readonly about: string;
  readonly refusal?: ServerRefusal | undefined;
}

/**
 * What to do about an error, for whoever has to do it now. Undefined where the error's own sentence says it all.
 *
 * @param error what its refusal says is followed whether it is proven or not, because looking costs nothing
 */
export function adviceFor(error: Advised): string | undefined {
  if (error.code === "client_tls") return adviceForTls(error.about);
  const own = ADVICE[error.code];
  if (own !== undefined) return own;
  return error.refusal === undefined ? undefined : adviceForRefusal(error.refusal);
}

const TAMPERED =
  "either --node-id is not this LSP's, or somebody stands between: believe nothing that it says, pay to no address of it";

const ADVICE: Partial<Record<LspErrorCode, string>> = {
  client_plaintext: "leave --plaintext away, and name the LSP's certificate with --cert",
  client_key: "the code is lnd's: is it up and unlocked, and may the macaroon do GetInfo and SignMessage?",
  client_unreachable:
    "is `lsp run` up, does its `listen` have this address, is the port open? its log says why it ended",
  client_not_done: "ask again; the LSP is being stopped or has too much to do, or the key takes too long",
  client_deadline: "the LSP's /readyz says what it waits for: signer, lnd or database",
  client_disconnected: "the LSP's log says whether it was stopped; ask again",
  client_http: "something else than the LSP listens there, or a proxy that does not pass gRPC on",
  client_unsigned: TAMPERED,
  client_signature: TAMPERED,
  client_other_node: TAMPERED,
  client_nonce_time:
    "compare both clocks (`timedatectl`): the LSP's is wrong, or this one, or the answer is an old one",
  client_address_network: "pay nothing there; is --network the network of this LSP?",
};

/** By the words of Node and OpenSSL, which `about` holds. */
function adviceForTls(why: string): string {
  if (why === "ERR_TLS_CERT_ALTNAME_INVALID") return "the certificate is for another name: --server-name NAME";
  if (why === "CERT_HAS_EXPIRED") return "the LSP needs a new certificate; it reads its files again on SIGHUP";
  if (/SELF_SIGNED|UNABLE_TO|UNTRUSTED/.test(why)) return "name the LSP's certificate, or its authority's: --cert FILE";
  return "`openssl s_client -alpn h2 -connect HOST:PORT` shows what answers there";
}

const BY_STATUS: Readonly<Record<string, string>> = {
  INVALID_ARGUMENT: "something between the client and the LSP changes requests, or their versions differ",
  DEADLINE_EXCEEDED: "the LSP's /readyz says what it waits for: signer, lnd or database",
  RESOURCE_EXHAUSTED: "too many requests of this address or this key: ask again in a second",
  UNIMPLEMENTED: "this LSP does not do that, or not yet",
  INTERNAL: "the LSP's log says why",
  UNAVAILABLE: "the LSP's /readyz says what is down: signer, lnd or database; it recovers by itself, ask again",
};

/** A Map: what it is asked for may be the other side's text, such as "constructor". */
const BY_FAILURE: ReadonlyMap<string, string> = new Map([
  ["VERIFICATION_FAILED at ctx.nonce", "this machine's clock went back, or something else asks with the same key"],
  ["VERIFICATION_FAILED at the signature", "something between the client and the LSP changes requests"],
  ["PARSING_FAILED at privacy", "the LSP's version is another one"],
  ["REFUND_ON_CHAIN_ADDRESS_IS_NOT_VALID", "--refund-address is no address of the LSP's network"],
  ["REFUND_ON_CHAIN_ADDRESS_IS_NOT_SEGWIT", "--refund-address has to be native segwit: bc1…, tb1… or bcrt1…"],
  ["redacted", "the LSP's log says why"],
]);

function adviceForRefusal(refusal: ServerRefusal): string | undefined {
  if (refusal.kind === "status") return BY_STATUS[refusal.name];
  return wordsOf(refusal)
    .map((word) => BY_FAILURE.get(word))
    .find((advice) => advice !== undefined);
}

/** Field numbers of requests, by name (docs/contract.md#failures). */
const FIELDS: Readonly<Record<string, string>> = {
  "": "the signature",
  "1.1": "ctx.nonce",
  "1.2": "ctx.ln_pub_key",
  "3": "the third field",
  "4": "privacy",
};

/** What a refusal says, in a few words each. */
export function wordsOf(refusal: ServerRefusal): string[] {
  if (refusal.kind === "status") return [[refusal.name, refusal.message].filter((text) => text !== "").join(": ")];
  const generic = refusal.generic.map(({ path, kind }) => {
    const at = path.join(".");
    return `${kind} at ${FIELDS[at] ?? `field ${at}`}`;
  });
  return [...generic, ...refusal.specific, ...refusal.internal];
}
