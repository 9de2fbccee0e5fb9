/**
 * Writes and signs what this machine built: `npm run attest -- --builder NAME --key FILE [--image FILE]`, in a clean
 * checkout after `iso/reproduce`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { fail, ok, type Result } from "../../ceremony/result.ts";
import { BILL, commitOf, EXECUTABLE, formatSums, IMAGE, inputSums, pinnedHash, sha256, uncommitted } from "./files.ts";
import { sign } from "./signature.ts";
import { BUILDER } from "./signers.ts";
import { hashLines } from "./words.ts";

const EXIT = { done: 0, refused: 1, usage: 2 } as const;
const USAGE = "usage: npm run attest -- --builder NAME --key FILE [--image FILE]\n";

export interface AttestOptions {
  readonly root: string;
  readonly builder: string;
  /** An SSH key of type Ed25519, private, or public if an agent or a token has the other half. */
  readonly key: string;
  /** The image that this machine built, if it did. */
  readonly image?: string;
  /** What to say of the builder's machine; asked of the machine itself if it is not given. */
  readonly tools?: string;
}

export type AttestError = {
  readonly code: "not_committed" | "not_built" | "not_the_pinned" | "attested_before" | "not_signed";
  readonly detail: string;
};

/** What the builder's machine is: for people, when two of them differ. */
function machineTools(root: string): string {
  const said = (program: string, ...args: string[]): string => {
    const { status, stdout } = spawnSync(program, args, { encoding: "utf8" });
    return status === 0 ? (stdout.trim().split("\n")[0] ?? "") : "none";
  };
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(
    existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "",
  );
  const rows = {
    commit: commitOf(root),
    system: system?.[1] ?? "unknown",
    kernel: release(),
    node: process.version,
    npm: said("npm", "--version"),
    nix: said("nix", "--version"),
    git: said("git", "--version"),
  };
  return Object.entries(rows)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
}

/** Writes the attestation's folder and signs it. Nothing that was signed before is ever written over. */
export function attest({ root, builder, key, image, tools }: AttestOptions): Result<string, AttestError> {
  const changed = uncommitted(root);
  if (changed.length > 0) return fail({ code: "not_committed", detail: changed.join(", ") });
  const missing = [EXECUTABLE, BILL].find((path) => !existsSync(join(root, path)));
  if (missing !== undefined) return fail({ code: "not_built", detail: missing });
  const outputs = [EXECUTABLE, BILL].map((path) => ({ path, hash: sha256(readFileSync(join(root, path))) }));
  if (image !== undefined) outputs.push({ path: IMAGE, hash: sha256(readFileSync(image)) });
  const built = outputs[0]?.hash ?? "";
  if (built !== pinnedHash(root)) return fail({ code: "not_the_pinned", detail: built });

  const version = readFileSync(join(root, "VERSION"), "utf8").trim();
  const name = `iso/attestations/${version}/${builder}`;
  const folder = join(root, name);
  if (existsSync(folder)) return fail({ code: "attested_before", detail: name });
  mkdirSync(folder, { recursive: true });
  const text = tools ?? machineTools(root);
  writeFileSync(join(folder, "TOOLS"), text);
  const own = { path: `${name}/TOOLS`, hash: sha256(Buffer.from(text)) };
  const file = join(folder, "SHA256SUMS");
  writeFileSync(file, formatSums([...inputSums(root), ...outputs, own]));
  if (!sign(file, key)) {
    rmSync(folder, { recursive: true });
    return fail({ code: "not_signed", detail: key });
  }
  return ok([`signed ${name}`, "", ...outputs.flatMap(({ path, hash }) => hashLines(path, hash))].join("\n"));
}

function main(): number {
  const { values } = parseArgs({
    options: { builder: { type: "string" }, key: { type: "string" }, image: { type: "string" } },
  });
  const { builder, key, image } = values;
  if (builder === undefined || key === undefined || !BUILDER.test(builder)) {
    process.stderr.write(USAGE);
    return EXIT.usage;
  }
  const from = process.env["INIT_CWD"] ?? process.cwd();
  const done = attest({
    root: join(import.meta.dirname, "../.."),
    builder,
    key: resolve(from, key),
    ...(image === undefined ? {} : { image: resolve(from, image) }),
  });
  if (!done.ok) {
    process.stderr.write(`attest: ${done.error.code}: ${done.error.detail}\n`);
    return EXIT.refused;
  }
  process.stdout.write(`${done.value}\n`);
  return EXIT.done;
}

if (import.meta.main) process.exitCode = main();
