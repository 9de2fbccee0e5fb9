import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fail, ok, type Result } from "../../core/result.ts";

/** A file and its SHA-256 in lower-case hex. */
export interface Sum {
  readonly hash: string;
  /** Relative to the top of the checkout, with `/`. */
  readonly path: string;
}

/** What executable and image are made of, all that Git keeps of it. */
const INPUTS = [
  ".npmrc",
  "VERSION",
  "ceremony",
  "core",
  "deploy/release",
  "iso",
  "package-lock.json",
  "package.json",
  "tsconfig.json",
];

/** The attestations themselves: one more must not make another tree of it. */
const NOT_INPUTS = ":(exclude)iso/attestations";

/** What a build leaves. The image is there only where Nix was. */
export const EXECUTABLE = "dist/ceremony";
export const BILL = "dist/ceremony.cdx.json";
export const IMAGE = "dist/ceremony.iso";

/** Names that `sha256sum` writes as they are; it puts a backslash before a line with any other. */
const PLAIN_PATH = /^(?!\/)(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9._/@+-]+$/;
const LINE = /^([0-9a-f]{64}) {2}(.+)$/;

const byPath = (a: Sum, b: Sum): number => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));

export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A list as `sha256sum` writes it, sorted by the bytes of its paths. */
export function formatSums(sums: readonly Sum[]): string {
  return [...sums]
    .sort(byPath)
    .map(({ hash, path }) => `${hash}  ${path}\n`)
    .join("");
}

/** Reads back what `formatSums` writes, and nothing else: one list of sums has one text. */
export function parseSums(text: string): Result<readonly Sum[], "malformed"> {
  const sums: Sum[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    const [, hash, path] = LINE.exec(line) ?? [];
    if (hash === undefined || path === undefined || !PLAIN_PATH.test(path)) return fail("malformed");
    sums.push({ hash, path });
  }
  const isOne = new Set(sums.map(({ path }) => path)).size === sums.length;
  return isOne && sums.length > 0 && formatSums(sums) === text ? ok(sums) : fail("malformed");
}

function git(root: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
}

/** Sums of the tracked files that executable and image are made of, as they lie in the checkout. Throws without Git. */
export function inputSums(root: string): readonly Sum[] {
  const names = git(root, "ls-files", "-z", "--", ...INPUTS, NOT_INPUTS)
    .split("\0")
    .slice(0, -1);
  return names.map((path) => ({ path, hash: sha256Hex(readFileSync(join(root, path))) })).sort(byPath);
}

/** What in the checkout is not what Git has: changed, missing, or unknown to it among the inputs. */
export function uncommitted(root: string): readonly string[] {
  return git(root, "status", "--porcelain", "--", ...INPUTS, NOT_INPUTS)
    .split("\n")
    .filter((line) => line !== "");
}

export function commitOf(root: string): string {
  return git(root, "rev-parse", "HEAD").trim();
}

/** The hash that the whole project holds the executable to. */
export function pinnedHash(root: string): string {
  return readFileSync(join(root, "iso/payload.sha256"), "utf8").slice(0, 64);
}
