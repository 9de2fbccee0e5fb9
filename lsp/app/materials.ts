import { fail, ok, type Result } from "../../core/result.ts";
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

/** The first of what is wrong with the files that the configuration names, or what they hold. */
export function loadMaterials(config: LspConfig): Result<Materials, LspStartError> {
  const { materials, faults } = readMaterials(config);
  const [first] = faults;
  return first === undefined ? ok(materials) : fail(first);
}

/** Reads every file that the configuration names, past each that is wrong, so that one look finds all. */
export function readMaterials(config: LspConfig): {
  /** Whole where there are no faults. */
  readonly materials: Materials;
  readonly faults: readonly LspStartError[];
} {
  const { tls, lnd, database, signer } = config;
  const faults: LspStartError[] = [];
  const certificates: CertificateFiles = new Map();
  const take = <Value>(result: Result<Value, LspStartError>): Value | undefined => {
    if (result.ok) return result.value;
    faults.push(result.error);
    return undefined;
  };
  const takeCertificate = (use: CertificateUse, path: string): string => {
    const pem = take(readCertificate(path)) ?? "";
    const validity = validityOf(pem);
    if (validity !== undefined) certificates.set(use, { path, validity });
    return pem;
  };
  const takePair = (use: CertificateUse, path: string, keyPath: string) => {
    const certificate = takeCertificate(use, path);
    const privateKey = take(readBytes(keyPath, "secret"))?.toString("utf8") ?? "";
    if (certificate !== "" && privateKey !== "") take(checkPair({ certificate, privateKey }, keyPath, path));
    return { certificate, privateKey };
  };
  if (tls !== undefined) takePair("listener", tls.certificate, tls["private-key"]);
  const certificate = takeCertificate("lnd", lnd.certificate);
  const macaroon = take(readMacaroon(lnd["macaroon-file"])) ?? "";
  if (lnd["password-file"] !== undefined) take(readSecret(lnd["password-file"]))?.wipe();
  const databaseUrl = take(readUrl(database["url-file"]));
  let place: SignerPlace | undefined;
  if (signer !== "lnd") {
    if ("socket" in signer) place = take(checkSocketPath(signer.socket));
    else {
      const pair = takePair("signer", signer.certificate, signer.privateKey);
      const authority = takeCertificate("signer_authority", signer.authority);
      place = { host: signer.host, port: signer.port, authority, ...pair };
    }
    take(checkWitness(signer.witness));
  }
  const ofLnd = { target: lnd.address, certificate, macaroon };
  return { materials: { lnd: ofLnd, databaseUrl, signer: place, certificates }, faults };
}

type CertificateFiles = Map<CertificateUse, { readonly path: string; readonly validity: PairValidity }>;

/** An alarm that is off without a word is worse than none: a witness that cannot be read or written ends the start. */
function checkWitness(path: string | undefined): Result<undefined, LspStartError> {
  const fault = path === undefined ? undefined : witnessFault(path);
  return fault === undefined ? ok(undefined) : refuse("signer_witness", `${path}: ${fault}`);
}

function checkSocketPath(socket: string): Result<SignerPlace, LspStartError> {
  if (Buffer.byteLength(socket) <= SOCKET_PATH_MAX) return ok({ socket });
  return refuse("config_invalid", `signer.socket: is longer than the ${SOCKET_PATH_MAX} bytes of a socket address`);
}

/** A certificate chain and the key of its first certificate. */
function checkPair(
  { certificate, privateKey }: { readonly certificate: string; readonly privateKey: string },
  keyPath: string,
  certificatePath: string,
): Result<undefined, LspStartError> {
  const pair = readPair(certificate, privateKey);
  return pair.ok ? ok(undefined) : refuse("file_form", `${keyPath}, ${certificatePath}: ${pair.error}`);
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
