import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { ok, type Result } from "../ceremony/result.ts";
import type { SignerPlace } from "../signer/channel.ts";
import { type LspConfig, readConfig } from "./config.ts";
import { readBytes, readSecret, readText, refuse, type StartError } from "./files.ts";

/** What a configuration's files hold, read and judged. Secrets are in memory from here on, and never in an error. */
export interface Materials {
  readonly lnd: { readonly target: string; readonly certificate: string; readonly macaroon: string };
  /** Undefined: a folder. */
  readonly databaseUrl: string | undefined;
  /** Undefined: lnd signs. */
  readonly signer: SignerPlace | undefined;
}

export function loadConfig(path: string): Result<LspConfig, StartError> {
  const text = readText(path);
  if (!text.ok) return text;
  const config = readConfig(text.value);
  return config.ok ? config : refuse(config.error.code, config.error.faults.join("; "));
}

/** Reads every file that the configuration names, so that a mistake in any of them is found before anything is opened. */
export function loadMaterials(config: LspConfig): Result<Materials, StartError> {
  const { tls, lnd } = config;
  if (tls !== undefined) {
    const pair = checkPair(tls.certificate, tls["private-key"]);
    if (!pair.ok) return pair;
  }
  const certificate = readCertificate(lnd.certificate);
  if (!certificate.ok) return certificate;
  const macaroon = readMacaroon(lnd["macaroon-file"]);
  if (!macaroon.ok) return macaroon;
  if (lnd["password-file"] !== undefined) {
    const password = readSecret(lnd["password-file"]);
    if (!password.ok) return password;
    password.value.wipe();
  }
  const databaseUrl = readUrl(config.database["url-file"]);
  if (!databaseUrl.ok) return databaseUrl;
  const signer = readPlace(config.signer);
  if (!signer.ok) return signer;
  return ok({
    lnd: { target: lnd.address, certificate: certificate.value, macaroon: macaroon.value },
    databaseUrl: databaseUrl.value,
    signer: signer.value,
  });
}

function readPlace(signer: LspConfig["signer"]): Result<SignerPlace | undefined, StartError> {
  if (signer === "lnd") return ok(undefined);
  if ("socket" in signer) return ok({ socket: signer.socket });
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
): Result<{ certificate: string; privateKey: string }, StartError> {
  const certificate = readCertificate(certificatePath);
  if (!certificate.ok) return certificate;
  const key = readBytes(keyPath, "secret");
  if (!key.ok) return key;
  const privateKey = key.value.toString("utf8");
  try {
    createSecureContext({ cert: certificate.value, key: privateKey });
  } catch {
    return refuse("file_form", `${keyPath}: not the key of ${certificatePath}`);
  }
  return ok({ certificate: certificate.value, privateKey });
}

function readCertificate(path: string): Result<string, StartError> {
  const text = readText(path);
  if (!text.ok) return text;
  try {
    // The first of a chain; the others are read by TLS.
    new X509Certificate(text.value);
    return text;
  } catch {
    return refuse("file_form", `${path}: no certificate in PEM`);
  }
}

/** Hex, from the bytes that `lncli bakemacaroon --save_to` writes or from the hex that it prints. */
function readMacaroon(path: string): Result<string, StartError> {
  // All bytes of the file: one in 128 macaroons ends with a byte that would be a line's end in a text.
  const bytes = readBytes(path, "secret");
  if (!bytes.ok) return bytes;
  const text = bytes.value.toString("latin1").trimEnd();
  const hex = /^(?:[0-9a-f]{2})+$/i.test(text) ? text.toLowerCase() : bytes.value.toString("hex");
  // The version of the format that lnd writes (gopkg.in/macaroon.v2).
  return hex.startsWith("02") ? ok(hex) : refuse("file_form", `${path}: no macaroon`);
}

function readUrl(path: string | undefined): Result<string | undefined, StartError> {
  if (path === undefined) return ok(undefined);
  const secret = readSecret(path);
  if (!secret.ok) return secret;
  const text = secret.value.bytes.toString("utf8");
  return /^postgres(?:ql)?:\/\/\S+$/.test(text) ? ok(text) : refuse("file_form", `${path}: no postgresql:// URL`);
}
