import { chmodSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { fail, ok, type Result } from "../ceremony/result.ts";
import type { Secret } from "../ceremony/seed/secret.ts";
import { readSmallFile } from "./bundle/files.ts";
import { isLocked, openIdentity } from "./bundle/identity.ts";
import { openBundle } from "./bundle/open.ts";
import type { BundlePayload } from "./bundle/payload.ts";
import { obtainPassphrase, type PassphraseIo } from "./bundle/prompt.ts";
import { OPTIONS, readConfig, type SignerConfig } from "./config.ts";
import { CONFIG_BYTES_MAX } from "./limits.ts";
import { type AccountKey, readAccountKey } from "./policy/addresses.ts";
import { codeOf } from "./service/sockets.ts";
import type { TlsOptions } from "./service/tls.ts";

/** A code of the registry, and what it is about. */
export interface StartError {
  readonly code: string;
  readonly about: string;
}

export type Options = Readonly<Record<string, string | boolean | string[] | undefined>>;

const refuse = (code: string, about = ""): { readonly ok: false; readonly error: StartError } => fail({ code, about });

/** The configuration from `--config` and the other options. */
export function loadConfig(options: Options): Result<SignerConfig, StartError> {
  const file = options["config"];
  const text = typeof file === "string" ? readText(file) : ok(undefined);
  if (!text.ok) return text;
  const given: Record<string, string | boolean | undefined> = {};
  for (const name of OPTIONS) {
    const value = options[name];
    if (!Array.isArray(value)) given[name] = value;
  }
  const config = readConfig(text.value, given);
  return config.ok ? config : refuse(config.error.code, config.error.faults.join("; "));
}

export function readText(path: string): Result<string, StartError> {
  try {
    if (statSync(path).size > CONFIG_BYTES_MAX) return refuse("file_unreadable", `${path}: too large`);
    return ok(readFileSync(path, "utf8"));
  } catch (error) {
    return refuse("file_unreadable", `${path}: ${codeOf(error)}`);
  }
}

/** The key from the bundle. The identity and its passphrase are wiped before this returns; the payload is the caller's. */
export async function openKeyFile(config: SignerConfig, io: PassphraseIo): Promise<Result<BundlePayload, StartError>> {
  const file = readSmallFile(config["identity-file"], "secret");
  if (!file.ok) return refuse(file.error.code, config["identity-file"]);
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
    return refuse(bundle.error.code, config.bundle);
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

/** Makes the data folder, or finds that nobody else can look into it. */
export function prepareData(folder: string): Result<undefined, StartError> {
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) chmodSync(folder, 0o700);
    const { mode, uid } = statSync(folder);
    return (mode & 0o077) === 0 && uid === process.geteuid?.() ? ok(undefined) : refuse("data_folder", folder);
  } catch (error) {
    return refuse("data_folder", `${folder}: ${codeOf(error)}`);
  }
}

export function loadAccounts({ accounts, network }: SignerConfig): Result<AccountKey | undefined, StartError> {
  if (accounts === undefined) return ok(undefined);
  const text = readText(accounts);
  if (!text.ok) return text;
  const key = readAccountKey(text.value, network);
  return key.ok ? key : refuse(key.error.code, accounts);
}

/** The files of the TLS listener; the private key only if nobody else may read it. */
export function loadTls({ tls }: SignerConfig): Result<TlsOptions | undefined, StartError> {
  if (tls === undefined) return ok(undefined);
  const certificate = readText(tls.certificate);
  if (!certificate.ok) return certificate;
  const authority = readText(tls.authority);
  if (!authority.ok) return authority;
  const privateKey = readSmallFile(tls["private-key"], "secret");
  if (!privateKey.ok) return refuse(privateKey.error.code, tls["private-key"]);
  const { host, port } = tls;
  return ok({
    host,
    port,
    certificate: certificate.value,
    authority: authority.value,
    privateKey: privateKey.value,
  });
}
