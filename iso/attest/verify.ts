/**
 * Counts the builders that got the same from this tree: `npm run verify-attestations [-- --image FILE]`. Exit code 0
 * means that at least three of `iso/attestations/allowed_signers`, with three keys, signed the very same sums, that all of
 * these are of this checkout, and that nobody signed anything else. With the files of `npm run provenance` it also means
 * that the Node in what they built is the Node project's own.
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fail, ok, type Result } from "../../core/result.ts";
import { type Agreement, type Attestation, agreement, isEnough, NEEDED } from "./agreement.ts";
import { BILL, EXECUTABLE, IMAGE, inputSums, parseSums, pinnedHash, type Sum, sha256Hex } from "./files.ts";
import { readOptions } from "./options.ts";
import {
  checkProvenance,
  type Provenance,
  type ProvenanceError,
  provenanceLines,
  RELEASE_OPTIONS,
  type Release,
  refusalLine,
  releaseOf,
} from "./provenance.ts";
import { isSignedBy } from "./signature.ts";
import { parseSigners, type Signer } from "./signers.ts";
import { presence } from "./sshsig.ts";
import { TIERS, type Tier, tierOf } from "./tier.ts";
import { hashLines } from "./words.ts";

const EXIT = { done: 0, refused: 1, usage: 2 } as const;
const USAGE = `usage: npm run verify-attestations -- [--image FILE]
                                      [--sums FILE --signature FILE --keys FILE... --archive FILE]

  --image FILE        an image to compare, such as one that was read back from a stick
  the others          compare the Node in the executable too: npm run provenance -- --help
`;

const FILES = ["SHA256SUMS", "SHA256SUMS.sig", "TOOLS"];
/** Of one file of an attestation; real ones have some twenty thousand bytes. */
const FILE_BYTES_MAX = 1 << 20;
const OUTPUTS = [EXECUTABLE, BILL, IMAGE];

export type Rejection =
  | "not_allowed" // no line in allowed_signers has the folder's name
  | "files" // not exactly the three files, or one that is too large or no file
  | "malformed" // SHA256SUMS is not in the one form
  | "signature" // not of this name's key, or not in our namespace
  | "touchless" // of a token that nobody touched
  | "tools" // the line of TOOLS is missing, of another folder, or differs
  | "tier" // TOOLS does not begin with one of the tiers
  | "other_tree" // an input is missing, or is not what this checkout has
  | "not_the_pinned"; // the executable is not that of iso/payload.sha256

interface Judged {
  readonly name: string;
  readonly tools: string;
  readonly result: Result<Attestation, Rejection>;
}

export interface AttestationReport {
  readonly judged: readonly Judged[];
  readonly agreement: Agreement;
  /** Whether the image that was given is the one that the builders agree on; undefined if none was given. */
  readonly isImage: boolean | undefined;
  /** Of the Node in what they agree on; undefined if no files to judge it by were given. */
  readonly provenance: Result<Provenance, ProvenanceError> | undefined;
  readonly isGood: boolean;
}

/** The three files of a folder, unless there is anything else in it. */
function filesIn(folder: string): Map<string, Buffer> | undefined {
  if (!lstatSync(folder).isDirectory() || readdirSync(folder).sort().join() !== FILES.join()) return undefined;
  const files = new Map<string, Buffer>();
  for (const name of FILES) {
    const status = lstatSync(join(folder, name));
    if (!status.isFile() || status.size > FILE_BYTES_MAX) return undefined;
    files.set(name, readFileSync(join(folder, name)));
  }
  return files;
}

/** Whether two lists of sums are one. */
function isSame(a: readonly Sum[], b: readonly Sum[]): boolean {
  return a.length === b.length && a.every(({ path, hash }, at) => path === b[at]?.path && hash === b[at]?.hash);
}

interface Tree {
  readonly root: string;
  readonly version: string;
  readonly inputs: readonly Sum[];
  readonly pinned: string;
}

function judge(tree: Tree, name: string, signer: Signer | undefined): Result<Attestation, Rejection> {
  if (signer === undefined) return fail("not_allowed");
  const place = `iso/attestations/${tree.version}/${name}`;
  const files = filesIn(join(tree.root, place));
  const text = files?.get("SHA256SUMS");
  const tools = files?.get("TOOLS");
  if (text === undefined || tools === undefined) return fail("files");
  const allowed = join(tree.root, "iso/attestations/allowed_signers");
  if (!isSignedBy(signer, text, join(tree.root, place, "SHA256SUMS.sig"), allowed)) return fail("signature");
  const present = presence(files?.get("SHA256SUMS.sig")?.toString("latin1") ?? "");
  if (!present.ok) return fail(present.error === "touchless" ? "touchless" : "signature");
  const parsed = parseSums(text.toString("latin1"));
  if (!parsed.ok) return fail(parsed.error);
  const isOwn = ({ path }: Sum): boolean => path.startsWith("iso/attestations/");
  const own = parsed.value.filter(isOwn);
  if (!isSame(own, [{ path: `${place}/TOOLS`, hash: sha256Hex(tools) }])) return fail("tools");
  const tier = tierOf(tools.toString("latin1"));
  if (tier === undefined) return fail("tier");
  const sums = parsed.value.filter((sum) => !isOwn(sum));
  const inputs = sums.filter(({ path }) => !OUTPUTS.includes(path));
  if (!isSame(inputs, tree.inputs)) return fail("other_tree");
  const hashOf = (wanted: string): string | undefined => sums.find(({ path }) => path === wanted)?.hash;
  if (hashOf(EXECUTABLE) !== tree.pinned || hashOf(BILL) === undefined) return fail("not_the_pinned");
  return ok({ signer, tier, sums });
}

export interface AttestationOptions {
  /** An image to compare, such as one that was read back from a stick. */
  readonly image?: string;
  /** What the Node in the executable is compared with. */
  readonly release?: Release;
}

/** Judges every folder of `iso/attestations/VERSION`. Fails as a whole if the list of signers is not in the one form. */
export function verifyAttestations(root: string, options: AttestationOptions = {}): Result<AttestationReport, string> {
  const { image, release } = options;
  const version = readFileSync(join(root, "VERSION"), "utf8").trim();
  const signers = parseSigners(readFileSync(join(root, "iso/attestations/allowed_signers"), "utf8"));
  if (!signers.ok) return fail(`allowed_signers, line ${signers.error.line}: ${signers.error.code}`);
  const folder = join(root, "iso/attestations", version);
  const tree = { root, version, inputs: inputSums(root), pinned: pinnedHash(root) };
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const judged = names.map((name): Judged => {
    const result = judge(
      tree,
      name,
      signers.value.find((signer) => signer.name === name),
    );
    return { name, result, tools: result.ok ? readFileSync(join(folder, name, "TOOLS"), "utf8") : "" };
  });
  const good = judged.flatMap(({ result }) => (result.ok ? [result.value] : []));
  const found = agreement(good);
  const agreed = (wanted: string) => good[0]?.sums.find(({ path }) => path === wanted)?.hash;
  const isImage = image === undefined ? undefined : sha256Hex(readFileSync(image)) === agreed(IMAGE);
  const provenance = release === undefined ? undefined : checkProvenance(root, release, agreed(BILL));
  const isGood = isEnough(found) && good.length === judged.length && isImage !== false && (provenance?.ok ?? true);
  return ok({ judged, agreement: found, isImage, provenance, isGood });
}

/** The report for people. */
export function reportLines({ judged, agreement: found, isImage, provenance, isGood }: AttestationReport): string[] {
  const lines: string[] = [];
  for (const { name, result, tools } of judged) {
    if (!result.ok) lines.push(`REJECTED  ${printable(name).join(" ")}: ${result.error}`);
    else lines.push(`good      ${name}  ${result.value.signer.fingerprint}`);
    for (const row of printable(tools)) lines.push(`            ${row}`);
  }
  for (const { path, said } of found.differences) {
    lines.push(`DIFFERENT ${path}`);
    for (const { name, hash } of said) lines.push(`            ${hash ?? "nothing".padEnd(64)}  ${name}`);
  }
  const first = judged.find(({ result }) => result.ok)?.result;
  if (isGood && first?.ok === true) {
    lines.push("");
    for (const path of OUTPUTS) {
      const sum = first.value.sums.find((one) => one.path === path);
      if (sum !== undefined) lines.push(...hashLines(path, sum.hash));
      else lines.push(`nobody attested ${path}`, "");
    }
  }
  if (provenance !== undefined)
    lines.push(...(provenance.ok ? provenanceLines(provenance.value) : [`NODE: ${refusalLine(provenance.error)}`]));
  lines.push(...tierLines(judged.flatMap(({ result }) => (result.ok ? [result.value.tier] : []))));
  if (isImage !== undefined) lines.push(isImage ? "the image is the one that they built" : "THE IMAGE IS ANOTHER ONE");
  lines.push(
    `${found.names} builders with ${found.keys} keys, ${NEEDED} are needed: ${isGood ? "they agree" : "NOT ENOUGH"}`,
  );
  return lines;
}

/** How many say what of the Node that they built with. */
function tierLines(found: readonly Tier[]): string[] {
  return Object.entries(TIERS).map(
    ([tier, what]) => `${found.filter((one) => one === tier).length} of tier ${tier}: ${what}`,
  );
}

/** What another builder wrote may hold anything: nothing of it may move the cursor. */
function printable(text: string): string[] {
  return text
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replaceAll(/[^ -~]/g, "?").slice(0, 100));
}

function main(): number {
  const values = readOptions({ ...RELEASE_OPTIONS, image: { type: "string" }, help: { type: "boolean" } });
  const release = values === undefined ? "usage" : releaseOf(values);
  if (values === undefined || release === "usage") {
    process.stderr.write(USAGE);
    return EXIT.usage;
  }
  if (values.help === true) {
    process.stdout.write(USAGE);
    return EXIT.done;
  }
  const { image } = values;
  const report = verifyAttestations(join(import.meta.dirname, "../.."), {
    ...(image === undefined ? {} : { image: resolve(process.env["INIT_CWD"] ?? process.cwd(), image) }),
    ...(release === undefined ? {} : { release }),
  });
  if (!report.ok) {
    process.stderr.write(`verify-attestations: ${report.error}\n`);
    return EXIT.refused;
  }
  process.stdout.write(`${reportLines(report.value).join("\n")}\n`);
  return report.value.isGood ? EXIT.done : EXIT.refused;
}

if (import.meta.main) process.exitCode = main();
