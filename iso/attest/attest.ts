/**
 * Writes and signs what this machine built: `npm run attest -- --builder NAME --key FILE [--image FILE]
 * [--rebuilt-node FILE]`, in a clean checkout after `iso/reproduce`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join, resolve } from "node:path";
import { fail, ok, type Result } from "../../core/result.ts";
import {
  BILL,
  commitOf,
  EXECUTABLE,
  formatSums,
  IMAGE,
  inputSums,
  pinnedHash,
  sha256Hex,
  uncommitted,
} from "./files.ts";
import { readOptions } from "./options.ts";
import { billedNode } from "./provenance.ts";
import { sign } from "./signature.ts";
import { BUILDER } from "./signers.ts";
import { presence } from "./sshsig.ts";
import { tierLine } from "./tier.ts";
import { hashLines } from "./words.ts";

const EXIT = { done: 0, refused: 1, usage: 2 } as const;
const USAGE = `usage: npm run attest -- --builder NAME --key FILE [--image FILE] [--rebuilt-node FILE]

  --builder NAME         your name in iso/attestations/allowed_signers
  --key FILE             your SSH key, of type Ed25519; a token has to be touched
  --image FILE           the image that this machine built
  --rebuilt-node FILE    bin/node that you compiled from Node's sources: your tier is then node-rebuilt
`;

export interface AttestOptions {
  readonly root: string;
  readonly builder: string;
  /** An SSH key of type Ed25519, private, or public if an agent or a token has the other half. */
  readonly key: string;
  /** The image that this machine built, if it did. */
  readonly image?: string;
  /** The Node that the builder compiled, if he did. */
  readonly rebuiltNode?: string;
  /** What to say of the builder's machine; asked of the machine itself if it is not given. */
  readonly tools?: string;
}

export type AttestError = {
  readonly code:
    | "not_committed"
    | "not_built"
    | "not_the_pinned"
    | "other_node" // what was compiled is not the Node in the executable
    | "attested_before"
    | "not_signed"
    | "not_touched"; // a token signed, and nobody touched it
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
export function attest(options: AttestOptions): Result<string, AttestError> {
  const { root, builder, key, image, rebuiltNode, tools } = options;
  const changed = uncommitted(root);
  if (changed.length > 0) return fail({ code: "not_committed", detail: changed.join(", ") });
  const missing = [EXECUTABLE, BILL].find((path) => !existsSync(join(root, path)));
  if (missing !== undefined) return fail({ code: "not_built", detail: missing });
  const outputs = [EXECUTABLE, BILL].map((path) => ({ path, hash: sha256Hex(readFileSync(join(root, path))) }));
  if (image !== undefined) outputs.push({ path: IMAGE, hash: sha256Hex(readFileSync(image)) });
  const built = outputs[0]?.hash ?? "";
  if (built !== pinnedHash(root)) return fail({ code: "not_the_pinned", detail: built });
  const compiled = rebuiltNode === undefined ? undefined : sha256Hex(readFileSync(rebuiltNode));
  if (compiled !== undefined && compiled !== billedNode(readFileSync(join(root, BILL))))
    return fail({ code: "other_node", detail: compiled });

  const version = readFileSync(join(root, "VERSION"), "utf8").trim();
  const name = `iso/attestations/${version}/${builder}`;
  const folder = join(root, name);
  if (existsSync(folder)) return fail({ code: "attested_before", detail: name });
  mkdirSync(folder, { recursive: true });
  const tier = compiled === undefined ? "lock" : "node-rebuilt";
  const text = `${tierLine(tier)}${tools ?? machineTools(root)}`;
  writeFileSync(join(folder, "TOOLS"), text);
  const own = { path: `${name}/TOOLS`, hash: sha256Hex(Buffer.from(text)) };
  const file = join(folder, "SHA256SUMS");
  writeFileSync(file, formatSums([...inputSums(root), ...outputs, own]));
  if (!sign(file, key)) {
    rmSync(folder, { recursive: true });
    return fail({ code: "not_signed", detail: key });
  }
  const present = presence(readFileSync(`${file}.sig`, "latin1"));
  if (!present.ok) {
    rmSync(folder, { recursive: true });
    return fail({ code: present.error === "touchless" ? "not_touched" : "not_signed", detail: key });
  }
  return ok(
    [`signed ${name}, tier ${tier}`, "", ...outputs.flatMap(({ path, hash }) => hashLines(path, hash))].join("\n"),
  );
}

function main(): number {
  const string = { type: "string" } as const;
  const values = readOptions({
    ...{ builder: string, key: string, image: string, "rebuilt-node": string },
    help: { type: "boolean" },
  });
  if (values?.help === true) {
    process.stdout.write(USAGE);
    return EXIT.done;
  }
  if (values?.builder === undefined || values.key === undefined || !BUILDER.test(values.builder)) {
    process.stderr.write(USAGE);
    return EXIT.usage;
  }
  const { builder, key, image, "rebuilt-node": rebuiltNode } = values;
  const at = (path: string): string => resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
  const done = attest({
    root: join(import.meta.dirname, "../.."),
    builder,
    key: at(key),
    ...(image === undefined ? {} : { image: at(image) }),
    ...(rebuiltNode === undefined ? {} : { rebuiltNode: at(rebuiltNode) }),
  });
  if (!done.ok) {
    process.stderr.write(`attest: ${done.error.code}: ${done.error.detail}\n`);
    return EXIT.refused;
  }
  process.stdout.write(`${done.value}\n`);
  return EXIT.done;
}

if (import.meta.main) process.exitCode = main();
