import { ok, type Result } from "../../core/result.ts";
import { SOCKET_PATH_MAX } from "../../core/sockets.ts";
import { type PairValidity, readPair, validityOf } from "../../core/tlspair.ts";
import type { SignerPlace } from "../../signer/client/channel.ts";
import { witnessFault } from "../../signer/client/witness.ts";
import { type LspStartError, readBytes, readSecret, readStartText, refuse } from "../files.ts";
import { judgeReach } from "../store/reach.ts";
import { urlFault } from "../store/url.ts";
import { type LspConfig, readLspConfig } from "./config.ts";

/** What a configuration's files hold, read and judged. Secrets are in memory from here on, and never in an error. */
export interface Materials {
  readonly lnd: LndMaterials;
  /** Undefined: a folder. */
  readonly databaseUrl: string | undefined;
  /** Undefined: lnd signs. */
  readonly signer: SignerPlace | undefined;
  /** When the certificates are over, by what they are for. */
  readonly certificates: ReadonlyMap<CertificateUse, { readonly path: string; readonly validity: PairValidity }>;
}

export type CertificateUse = "listener" | "lnd" | "signer" | "signer_authority";

/** What lnd has to be asked with; both files may become others while the LSP runs. */
export interface LndMaterials {
  readonly target: string;
  readonly certificate: string;
  readonly macaroon: string;
}

export function loadLnd(lnd: LspConfig["lnd"]): Result<LndMaterials, LspStartError> {
  const certificate = readCertificate(lnd.certificate);
  if (!certificate.ok) return certificate;
  const macaroon = readMacaroon(lnd["macaroon-file"]);
  if (!macaroon.ok) return macaroon;
  return ok({ target: lnd.address, certificate: certificate.value, macaroon: macaroon.value });
}

export function loadConfig(path: string): Result<LspConfig, LspStartError> {
  const text = readStartText(path);
  if (!text.ok) return text;
  const config = readLspConfig(text.value);
  return config.ok ? config : refuse(config.error.code, config.error.faults.join("; "));
}

/** Reads every file that the configuration names, so that a mistake in any of them is found before anything is opened. */
export function loadMaterials(config: LspConfig): Result<Materials, LspStartError> {
  const { tls, lnd } = config;
  const certificates: CertificateFiles = new Map();
  const note = (use: CertificateUse, path: string, pem: string): void => {
    const validity = validityOf(pem);
    if (validity !== undefined) certificates.set(use, { path, validity });
  };
  if (tls !== undefined) {
    const pair = checkPair(tls.certificate, tls["private-key"]);
    if (!pair.ok) return pair;
    note("listener", tls.certificate, pair.value.certificate);
  }
  const ofLnd = loadLnd(lnd);
  if (!ofLnd.ok) return ofLnd;
  note("lnd", lnd.certificate, ofLnd.value.certificate);
  if (lnd["password-file"] !== undefined) {
    const password = readSecret(lnd["password-file"]);
    if (!password.ok) return password;
    password.value.wipe();
  }
  const databaseUrl = readUrl(config.database["url-file"]);
  if (!databaseUrl.ok) return databaseUrl;
  const signer = readPlace(config.signer);
  if (!signer.ok) return signer;
  if (config.signer !== "lnd") {
    const witness = checkWitness(config.signer.witness);
    if (!witness.ok) return witness;
    if (signer.value !== undefined && "certificate" in signer.value && !("socket" in config.signer)) {
      note("signer", config.signer.certificate, signer.value.certificate);
      note("signer_authority", config.signer.authority, signer.value.authority);
    }
  }
  return ok({ lnd: ofLnd.value, databaseUrl: databaseUrl.value, signer: signer.value, certificates });
}

type CertificateFiles = Map<CertificateUse, { readonly path: string; readonly validity: PairValidity }>;

/** An alarm that is off without a word is worse than none: a witness that cannot be read or written ends the start. */
function checkWitness(path: string | undefined): Result<undefined, LspStartError> {
  const fault = path === undefined ? undefined : witnessFault(path);
  return fault === undefined ? ok(undefined) : refuse("signer_witness", `${path}: ${fault}`);
}

function readPlace(signer: LspConfig["signer"]): Result<SignerPlace | undefined, LspStartError> {
  if (signer === "lnd") return ok(undefined);
  if ("socket" in signer) {
    if (Buffer.byteLength(signer.socket) <= SOCKET_PATH_MAX) return ok({ socket: signer.socket });
    return refuse("config_invalid", `signer.socket: is longer than the ${SOCKET_PATH_MAX} bytes of a socket address`);
  }
  const pair = checkPair(signer.certificate, signer.privateKey);
  if (!pair.ok) return pair;
  const authority = readCertificate(signer.authority);
  if (!authority.ok) return authority;
  const { host, port } = signer;
  return ok({ host, port, authority: authority.value, ...pair.value });
}

/** A certificate chain and the key of its first certificate. */
function checkPair(
  certificatePath: string,
  keyPath: string,
): Result<{ certificate: string; privateKey: string }, LspStartError> {
  const certificate = readCertificate(certificatePath);
  if (!certificate.ok) return certificate;
  const key = readBytes(keyPath, "secret");
  if (!key.ok) return key;
  const privateKey = key.value.toString("utf8");
  const pair = readPair(certificate.value, privateKey);
  if (!pair.ok) return refuse("file_form", `${keyPath}, ${certificatePath}: ${pair.error}`);
  return ok({ certificate: certificate.value, privateKey });
}

function readCertificate(path: string): Result<string, LspStartError> {
  const text = readStartText(path);
  if (!text.ok) return text;
  return validityOf(text.value) === undefined ? refuse("file_form", `${path}: no certificate in PEM`) : text;
}

/** Hex, from the bytes that `lncli bakemacaroon --save_to` writes or from the hex that it prints. */
function readMacaroon(path: string): Result<string, LspStartError> {
  // All bytes of the file: one in 128 macaroons ends with a byte that would be a line's end in a text.
  const bytes = readBytes(path, "secret");
  if (!bytes.ok) return bytes;
  const text = bytes.value.toString("latin1").trimEnd();
  const hex = /^(?:[0-9a-f]{2})+$/i.test(text) ? text.toLowerCase() : bytes.value.toString("hex");
  // The version of the format that lnd writes (gopkg.in/macaroon.v2).
  return hex.startsWith("02") ? ok(hex) : refuse("file_form", `${path}: no macaroon`);
}

export function readUrl(path: string | undefined): Result<string | undefined, LspStartError> {
  if (path === undefined) return ok(undefined);
  const secret = readSecret(path);
  if (!secret.ok) return secret;
  const text = secret.value.bytes.toString("utf8");
  const fault = urlFault(text);
  if (fault !== undefined) return refuse("store_url", `${path}: ${fault}`);
  const judged = judgeReach(text);
  return judged.ok ? ok(text) : refuse(judged.error.code, `${path}: ${judged.error.detail}`);
}
