import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { readSmallFile, type SecretFileError } from "../../core/files.ts";
import type { BundlePayload } from "../../core/payload.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import type { Secret } from "../../core/secret.ts";
import { errnoOfSocket } from "../../core/sockets.ts";
import { type PairValidity, readPair, validityOf } from "../../core/tlspair.ts";
import { isLocked, openIdentity } from "../bundle/identity.ts";
import { openBundle } from "../bundle/open.ts";
import { obtainPassphrase, type PassphraseIo } from "../bundle/prompt.ts";
import { CONFIG_BYTES_MAX } from "../limits.ts";
import { type AccountKey, readAccountKey } from "../policy/addresses.ts";
import type { TlsOptions } from "../transport/tls.ts";
import { RUN_OPTIONS, readSignerConfig, type SignerConfig } from "./config.ts";

/** A code of the registry, and what it is about. */
export interface SignerStartError {
  readonly code: string;
  readonly about: string;
}

export type SignerOptionsGiven = Readonly<Record<string, string | boolean | string[] | undefined>>;

const refuse = (code: string, about = ""): { readonly ok: false; readonly error: SignerStartError } =>
  fail({ code, about });

/** The configuration from `--config` and the other options. */
export function loadSignerConfig(options: SignerOptionsGiven): Result<SignerConfig, SignerStartError> {
  const file = options["config"];
  const text = typeof file === "string" ? readSignerText(file) : ok(undefined);
  if (!text.ok) return text;
  const given: Record<string, string | boolean | undefined> = {};
  for (const name of RUN_OPTIONS) {
    const value = options[name];
    if (!Array.isArray(value)) given[name] = value;
  }
  const config = readSignerConfig(text.value, given);
  return config.ok ? config : refuse(config.error.code, config.error.faults.join("; "));
}

export function readSignerText(path: string): Result<string, SignerStartError> {
  try {
    if (statSync(path).size > CONFIG_BYTES_MAX) return refuse("file_unreadable", `${path}: too large`);
    return ok(readFileSync(path, "utf8"));
  } catch (error) {
    return refuse("file_unreadable", `${path}: ${errnoOfSocket(error)}`);
  }
}

/** Whether the identity file is under a passphrase; false where it cannot be read, which `openKeyFile` says. */
export function identityIsLocked(config: SignerConfig): boolean {
  const file = readSmallFile(config["identity-file"], "secret");
  if (!file.ok) return false;
  const locked = isLocked(file.value);
  file.value.fill(0);
  return locked;
}

/** The key from the bundle. The identity and its passphrase are wiped before this returns; the payload is the caller's. */
export async function openKeyFile(
  config: SignerConfig,
  io: PassphraseIo,
): Promise<Result<BundlePayload, SignerStartError>> {
  const file = readSmallFile(config["identity-file"], "secret");
  if (!file.ok) return refuseFile(file.error, config["identity-file"]);
  let passphrase: Secret | undefined;
  if (isLocked(file.value)) {
    const fd = config["passphrase-fd"];
    const obtained = await obtainPassphrase(
      { isNew: false, halves: config.halves, ...(fd === undefined ? {} : { fd }) },
      io,
    );
    if (!obtained.ok) return refuse(obtained.error.code);
    passphrase = obtained.value;
  }
  const identity = await openIdentity(file.value, passphrase);
  passphrase?.wipe();
  file.value.fill(0);
  if (!identity.ok) return refuse(identity.error.code, config["identity-file"]);
  const bundle = readSmallFile(config.bundle, "public");
  if (!bundle.ok) {
    identity.value.wipe();
    return refuseFile(bundle.error, config.bundle);
  }
  const { network, mode } = config;
  const payload = await openBundle({ bundle: bundle.value, identity: identity.value, network, mode });
  identity.value.wipe();
  if (payload.ok) return payload;
  return refuse(
    payload.error.code,
    "found" in payload.error ? `the bundle is for ${payload.error.found}` : config.bundle,
  );
}

function refuseFile(
  { code, why }: SecretFileError,
  path: string,
): { readonly ok: false; readonly error: SignerStartError } {
  return refuse(code, why === undefined ? path : `${path}: ${why}`);
}

/** Makes the data folder, or finds that nobody else can look into it. */
export function prepareData(folder: string): Result<undefined, SignerStartError> {
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) chmodSync(folder, 0o700);
    return judgeFolder(folder);
  } catch (error) {
    return refuse("data_folder", `${folder}: ${errnoOfSocket(error)}`);
  }
}

/** As `prepareData`, without making it: a folder that is not there has to be one that can be made. */
export function checkData(folder: string): Result<undefined, SignerStartError> {
  try {
    if (existsSync(folder)) return judgeFolder(folder);
    let above = resolve(folder);
    while (!existsSync(above)) above = dirname(above);
    accessSync(above, constants.W_OK | constants.X_OK);
    return ok(undefined);
  } catch (error) {
    return refuse("data_folder", `${folder}: ${errnoOfSocket(error)}`);
  }
}

function judgeFolder(folder: string): Result<undefined, SignerStartError> {
  const { mode, uid } = statSync(folder);
  if ((mode & 0o077) === 0 && uid === process.geteuid?.()) return ok(undefined);
  return refuse("data_folder", `${folder}: mode ${(mode & 0o7777).toString(8)}, owner ${uid}`);
}

/** The ceremony's accounts.json: the key that addresses come from, and the text, whose hash a start records. */
export interface Accounts {
  readonly key: AccountKey;
  readonly json: string;
}

export function loadAccounts({ accounts, network }: SignerConfig): Result<Accounts | undefined, SignerStartError> {
  if (accounts === undefined) return ok(undefined);
  const text = readSignerText(accounts);
  if (!text.ok) return text;
  const key = readAccountKey(text.value, network);
  return key.ok ? ok({ key: key.value, json: text.value }) : refuse(key.error.code, accounts);
}

/** The files of the TLS listener; the private key only if nobody else may read it, and only of this certificate. */
export function loadTls({
  tls,
}: SignerConfig): Result<(TlsOptions & { readonly validity: PairValidity }) | undefined, SignerStartError> {
  if (tls === undefined) return ok(undefined);
  const certificate = readSignerText(tls.certificate);
  if (!certificate.ok) return certificate;
  const authority = readSignerText(tls.authority);
  if (!authority.ok) return authority;
  if (validityOf(authority.value) === undefined)
    return refuse("tls_material", `${tls.authority}: no certificate in PEM`);
  const privateKey = readSmallFile(tls["private-key"], "secret");
  if (!privateKey.ok) return refuseFile(privateKey.error, tls["private-key"]);
  const pair = readPair(certificate.value, privateKey.value);
  if (!pair.ok) return refuse("tls_material", `${tls.certificate}, ${tls["private-key"]}: ${pair.error}`);
  const { host, port } = tls;
  return ok({
    host,
    port,
    certificate: certificate.value,
    authority: authority.value,
    privateKey: privateKey.value,
    validity: pair.value,
  });
}
